//! Follows: pairs of a follower and a followed user.

use crate::database::{Result, Session};

/// The names that each of these users follows, at most the given number; `None` for an unknown user.
pub async fn of(
    session: &mut Session,
    users: &[(String, i64)],
) -> Result<Vec<Option<Vec<String>>>> {
    let sql = "
        SELECT follower.id IS NOT NULL, ARRAY(
            SELECT users.name FROM follows JOIN users ON users.id = follows.followed_id
            WHERE follows.follower_id = follower.id
            ORDER BY follows.followed_id LIMIT follower.count
        )
        FROM (
            SELECT n, count, (SELECT id FROM users WHERE users.name = input.name) AS id
            FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS input (name, count, n)
            OFFSET 0
        ) follower
        ORDER BY follower.n";
    let (names, counts): (Vec<&str>, Vec<i64>) = users
        .iter()
        .map(|(name, count)| (name.as_str(), count))
        .unzip();
    let rows = session.query(sql, &[&names, &counts]).await?;
    let known = |row: &tokio_postgres::Row| row.get::<_, bool>(0).then(|| row.get(1));
    Ok(rows.iter().map(known).collect())
}

/// Whether one user follows another.
pub async fn exists(session: &mut Session, follower: i64, target: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM follows WHERE follower_id = $1 AND followed_id = $2";
    let row = session.query_opt(sql, &[&follower, &target]).await?;
    Ok(row.is_some())
}
