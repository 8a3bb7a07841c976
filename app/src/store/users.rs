//! Users: their names are unique and never change.

use super::latest::record_latest;
use crate::database::{Result, Session};

#[derive(Clone, Debug)]
pub struct User {
    pub id: i64,
    pub name: String,
}

/// Whether the name is taken.
pub async fn exists(session: &mut Session, name: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM users WHERE name = $1";
    Ok(session.query_opt(sql, &[&name]).await?.is_some())
}

/// The user of that name.
pub async fn find(session: &mut Session, name: &str) -> Result<Option<User>> {
    let sql = "SELECT id, name FROM users WHERE name = $1";
    let row = session.query_opt(sql, &[&name]).await?;
    Ok(row.map(|row| User {
        id: row.get(0),
        name: row.get(1),
    }))
}

/// Adds a user of this name, e-mail and hash, and stores `latest`; `false` if the name is taken.
pub async fn add(
    session: &mut Session,
    (name, email, password_hash): (&str, &str, &str),
    latest: Option<i64>,
) -> Result<bool> {
    let sql = concat!(
        "WITH added AS (
            INSERT INTO users (name, email, password_hash) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO NOTHING
            RETURNING id
        ), recorded AS (",
        record_latest!("$4"),
        ") SELECT id FROM added"
    );
    let added = session
        .query_opt(sql, &[&name, &email, &password_hash, &latest])
        .await?;
    Ok(added.is_some())
}

/// The user of that name, with the hash of the password.
pub async fn find_with_hash(session: &mut Session, name: &str) -> Result<Option<(User, String)>> {
    let sql = "SELECT id, name, password_hash FROM users WHERE name = $1";
    let row = session.query_opt(sql, &[&name]).await?;
    Ok(row.map(|row| {
        let user = User {
            id: row.get(0),
            name: row.get(1),
        };
        (user, row.get(2))
    }))
}

/// Whether this user still exists. Both values must match: a restored database can give an id to another user.
pub async fn confirm(session: &mut Session, id: i64, name: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM users WHERE id = $1 AND name = $2";
    Ok(session.query_opt(sql, &[&id, &name]).await?.is_some())
}

/// Stores a new hash of the same password, unless the old one was replaced in the meantime.
pub async fn replace_hash(session: &mut Session, id: i64, old: &str, new: &str) -> Result<()> {
    let sql = "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    session.execute(sql, &[&id, &old, &new]).await?;
    Ok(())
}
