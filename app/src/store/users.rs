//! Users: their names are unique and never change.

use crate::database::{Result, Session};

/// A user as the pages show one.
#[derive(Clone, Debug)]
pub struct User {
    /// The row.
    pub id: i64,
    /// As registered, case and all.
    pub name: String,
}

/// Whether the name is taken.
///
/// # Errors
/// When the database fails.
pub async fn exists(session: &mut Session, name: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM users WHERE name = $1";
    Ok(session.query_opt(sql, &[&name]).await?.is_some())
}

/// The user of that name.
///
/// # Errors
/// When the database fails.
pub async fn find(session: &mut Session, name: &str) -> Result<Option<User>> {
    let sql = "SELECT id, name FROM users WHERE name = $1";
    let row = session.query_opt(sql, &[&name]).await?;
    Ok(row.map(|row| User {
        id: row.get(0),
        name: row.get(1),
    }))
}

/// Adds a user; `false` when the name was taken in the meantime.
///
/// # Errors
/// When the database fails.
pub async fn add(
    session: &mut Session,
    name: &str,
    email: &str,
    password_hash: &str,
) -> Result<bool> {
    let sql = "
        INSERT INTO users (name, email, password_hash) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO NOTHING";
    let added = session
        .execute(sql, &[&name, &email, &password_hash])
        .await?;
    Ok(added == 1)
}

/// The user of that name, with the hash of the password.
///
/// # Errors
/// When the database fails.
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

/// Whether that user still exists. Both must be the same: a restored database may give an id to
/// somebody else.
///
/// # Errors
/// When the database fails.
pub async fn confirm(session: &mut Session, id: i64, name: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM users WHERE id = $1 AND name = $2";
    Ok(session.query_opt(sql, &[&id, &name]).await?.is_some())
}

/// Stores a new hash of the same password, unless the old one is gone.
///
/// # Errors
/// When the database fails.
pub async fn replace_hash(session: &mut Session, id: i64, old: &str, new: &str) -> Result<()> {
    let sql = "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    session.execute(sql, &[&id, &old, &new]).await?;
    Ok(())
}
