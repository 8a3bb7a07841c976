//! The contents of the database at the start.

use anyhow::Result;
use tokio_postgres::Client;

/// The number of users by default; they are named `u1`, `u2` and so on.
pub const USERS: u32 = 10_000;

/// Each user follows this number of the next ones.
const FOLLOWS: u32 = 5;

/// Fills a migrated, empty database.
pub async fn fill(client: &Client, users: u32, messages: u32) -> Result<()> {
    let sql = format!(
        "INSERT INTO users (name, email, password_hash)
            SELECT 'u' || n, 'u' || n || '@example.com', '' FROM generate_series(1, {users}) n;
        INSERT INTO messages (author_id, content, published_at)
            SELECT users.id, 'Message ' || n || ': what I had to say about this on that day.',
                now() - make_interval(secs => {messages} - n)
            FROM generate_series(1, {messages}) n
            JOIN users ON users.name = 'u' || 1 + n::bigint * 7919 % {users}
            ORDER BY n;
        INSERT INTO follows (follower_id, followed_id)
            SELECT a.id, b.id FROM generate_series(1, {users}) n, generate_series(1, {FOLLOWS}) m
            JOIN users a ON true JOIN users b ON true
            WHERE a.name = 'u' || n AND b.name = 'u' || 1 + (n + m * 37) % {users};"
    );
    client.batch_execute(&sql).await?;
    client.batch_execute("VACUUM ANALYZE").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}
