//! Messages, newest first; flagged ones are never read.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio_postgres::Row;

use crate::database::{Result, Session};

/// A message without its author's e-mail.
#[derive(Clone, Debug)]
pub struct Message {
    /// Every character as it was sent.
    pub content: String,
    /// Seconds since 1970 in UTC.
    pub published_at: i64,
    /// The author's name.
    pub author: String,
}

/// A message on a page.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Grows with time; pages continue below the last one shown.
    pub id: i64,
    /// What is shown.
    pub message: Message,
    /// The author's e-mail, for the avatar.
    pub email: String,
}

/// Stores a message; `false` when the author is unknown.
///
/// # Errors
/// When the database fails.
pub async fn add(session: &mut Session, author: &str, content: &str) -> Result<bool> {
    let sql = "
        INSERT INTO messages (author_id, content)
        SELECT id, $2 FROM users WHERE name = $1";
    Ok(session.execute(sql, &[&author, &content]).await? == 1)
}

/// The newest messages of all users.
///
/// # Errors
/// When the database fails.
pub async fn newest(session: &mut Session, count: i64) -> Result<Vec<Message>> {
    let sql = "
        SELECT messages.content, messages.published_at, users.name
        FROM messages JOIN users ON users.id = messages.author_id
        WHERE NOT messages.flagged
        ORDER BY messages.id DESC LIMIT $1";
    let rows = session.query(sql, &[&count]).await?;
    Ok(rows.iter().map(|row| message(row, 0)).collect())
}

/// The newest messages of one user; `None` when unknown.
///
/// # Errors
/// When the database fails.
pub async fn newest_of(
    session: &mut Session,
    author: &str,
    count: i64,
) -> Result<Option<Vec<Message>>> {
    // One row with nulls stands for a user without messages.
    let sql = "
        SELECT latest.content, latest.published_at, users.name
        FROM users
        LEFT JOIN LATERAL (
            SELECT id, content, published_at FROM messages
            WHERE author_id = users.id AND NOT flagged
            ORDER BY id DESC LIMIT $2
        ) latest ON true
        WHERE users.name = $1
        ORDER BY latest.id DESC";
    let rows = session.query(sql, &[&author, &count]).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let written = rows.iter().filter(|row| has_message(row));
    Ok(Some(written.map(|row| message(row, 0)).collect()))
}

/// A page of the messages of all users that are older than `before`.
///
/// # Errors
/// When the database fails.
pub async fn page(session: &mut Session, before: i64, count: i64) -> Result<Vec<Entry>> {
    let sql = "
        SELECT messages.id, users.email, messages.content, messages.published_at, users.name
        FROM messages JOIN users ON users.id = messages.author_id
        WHERE NOT messages.flagged AND messages.id < $1
        ORDER BY messages.id DESC LIMIT $2";
    let rows = session.query(sql, &[&before, &count]).await?;
    Ok(rows.iter().map(entry).collect())
}

/// A page of one user's messages that are older than `before`.
///
/// # Errors
/// When the database fails.
pub async fn page_of(
    session: &mut Session,
    author_id: i64,
    before: i64,
    count: i64,
) -> Result<Vec<Entry>> {
    let sql = "
        SELECT messages.id, users.email, messages.content, messages.published_at, users.name
        FROM messages JOIN users ON users.id = messages.author_id
        WHERE messages.author_id = $1 AND NOT messages.flagged AND messages.id < $2
        ORDER BY messages.id DESC LIMIT $3";
    let rows = session.query(sql, &[&author_id, &before, &count]).await?;
    Ok(rows.iter().map(entry).collect())
}

/// A page of the messages of one user and of all whom that user follows, older than `before`.
///
/// # Errors
/// When the database fails.
pub async fn page_for(
    session: &mut Session,
    reader_id: i64,
    before: i64,
    count: i64,
) -> Result<Vec<Entry>> {
    // A few of each author's newest, then the newest of these: the cost doesn't grow with messages.
    let sql = "
        SELECT latest.id, users.email, latest.content, latest.published_at, users.name
        FROM (
            SELECT $1::bigint AS id
            UNION
            SELECT followed_id FROM follows WHERE follower_id = $1
        ) author
        CROSS JOIN LATERAL (
            SELECT id, content, published_at FROM messages
            WHERE author_id = author.id AND NOT flagged AND id < $2
            ORDER BY id DESC LIMIT $3
        ) latest
        JOIN users ON users.id = author.id
        ORDER BY latest.id DESC LIMIT $3";
    let rows = session.query(sql, &[&reader_id, &before, &count]).await?;
    Ok(rows.iter().map(entry).collect())
}

fn has_message(row: &Row) -> bool {
    row.get::<_, Option<&str>>(0).is_some()
}

fn message(row: &Row, first: usize) -> Message {
    let published_at: SystemTime = row.get(first + 1);
    let since_epoch = published_at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Message {
        content: row.get(first),
        published_at: i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX),
        author: row.get(first + 2),
    }
}

fn entry(row: &Row) -> Entry {
    Entry {
        id: row.get(0),
        email: row.get(1),
        message: message(row, 2),
    }
}
