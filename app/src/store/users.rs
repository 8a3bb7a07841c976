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

/// Adds a user of this name, e-mail and hash, and stores the simulator's progress that came with it;
/// `false` when the name was taken in the meantime.
///
/// # Errors
/// When the database fails.
pub async fn add(
    session: &mut Session,
    (name, email, password_hash): (&str, &str, &str),
    latest: Option<i64>,
) -> Result<bool> {
    let sql = "
        WITH added AS (
            INSERT INTO users (name, email, password_hash) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO NOTHING
            RETURNING id
        ), progress AS (
            INSERT INTO latest (slot, position, value)
            SELECT pg_backend_pid() % 64, nextval('latest_position'), $4::bigint
            WHERE $4::bigint IS NOT NULL
            ON CONFLICT (slot) DO UPDATE SET position = excluded.position, value = excluded.value
            WHERE latest.position < excluded.position
        )
        SELECT id FROM added";
    let added = session
        .query_opt(sql, &[&name, &email, &password_hash, &latest])
        .await?;
    Ok(added.is_some())
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
