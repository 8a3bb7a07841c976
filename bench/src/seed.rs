//! What is in the database before the first measurement.

use anyhow::Result;
use tokio_postgres::Client;

/// Users are named `u1` to `u10000`, where nothing else is said.
pub const USERS: u32 = 10_000;

/// Each user follows so many of the next ones.
const FOLLOWS: u32 = 5;

/// Fills the migrated, empty database with so many users, who have written so many messages.
///
/// # Errors
/// When the database fails.
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
