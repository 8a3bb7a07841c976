//! Who follows whom.

use crate::database::{Result, Session};

/// Lets `follower` follow `target`, also when that is so already; `false` when either is unknown.
///
/// # Errors
/// When the database fails.
pub async fn add(session: &mut Session, follower: &str, target: &str) -> Result<bool> {
    let sql = "
        WITH pair AS (
            SELECT a.id AS follower_id, b.id AS followed_id
            FROM users a, users b WHERE a.name = $1 AND b.name = $2
        ), added AS (
            INSERT INTO follows (follower_id, followed_id)
            SELECT follower_id, followed_id FROM pair
            ON CONFLICT DO NOTHING
        )
        SELECT 1 FROM pair";
    let row = session.query_opt(sql, &[&follower, &target]).await?;
    Ok(row.is_some())
}

/// Ends that, also when it was not so; `false` when either is unknown.
///
/// # Errors
/// When the database fails.
pub async fn remove(session: &mut Session, follower: &str, target: &str) -> Result<bool> {
    let sql = "
        WITH pair AS (
            SELECT a.id AS follower_id, b.id AS followed_id
            FROM users a, users b WHERE a.name = $1 AND b.name = $2
        ), removed AS (
            DELETE FROM follows USING pair
            WHERE follows.follower_id = pair.follower_id
              AND follows.followed_id = pair.followed_id
        )
        SELECT 1 FROM pair";
    let row = session.query_opt(sql, &[&follower, &target]).await?;
    Ok(row.is_some())
}

/// Names that `follower` follows, at most `count`; `None` when unknown.
///
/// # Errors
/// When the database fails.
pub async fn of(session: &mut Session, follower: &str, count: i64) -> Result<Option<Vec<String>>> {
    // One row with a null stands for a user who follows nobody.
    let sql = "
        SELECT followed.name
        FROM users follower
        LEFT JOIN LATERAL (
            SELECT users.name FROM follows JOIN users ON users.id = follows.followed_id
            WHERE follows.follower_id = follower.id
            ORDER BY follows.followed_id LIMIT $2
        ) followed ON true
        WHERE follower.name = $1";
    let rows = session.query(sql, &[&follower, &count]).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(rows.iter().filter_map(|row| row.get(0)).collect()))
}

/// Whether one user follows another.
///
/// # Errors
/// When the database fails.
pub async fn exists(session: &mut Session, follower: i64, target: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM follows WHERE follower_id = $1 AND followed_id = $2";
    let row = session.query_opt(sql, &[&follower, &target]).await?;
    Ok(row.is_some())
}
