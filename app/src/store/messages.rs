//! Messages, newest first; flagged ones are never read.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio_postgres::Row;

use crate::database::{Result, Session};

/// A message without its author's e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Every character as it was sent.
    pub content: String,
    /// Seconds since 1970 in UTC.
    pub published_at: i64,
    /// The author's name.
    pub author: String,
}

/// A message on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Grows with time; pages continue below the last one shown.
    pub id: i64,
    /// What is shown.
    pub message: Message,
    /// The author's e-mail, for the avatar.
    pub email: String,
}

/// Stores messages, each an author's name and the text; `false` for each whose author is unknown.
///
/// # Errors
/// When the database fails; then none is stored.
pub async fn add(session: &mut Session, messages: &[(String, String)]) -> Result<Vec<bool>> {
    let sql = "
        WITH input AS MATERIALIZED (
            SELECT n, content, (SELECT id FROM users WHERE name = author) AS author_id
            FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS message (author, content, n)
        ), added AS (
            INSERT INTO messages (author_id, content)
            SELECT author_id, content FROM input WHERE author_id IS NOT NULL ORDER BY n
        )
        SELECT author_id IS NOT NULL FROM input ORDER BY n";
    let (authors, contents): (Vec<&str>, Vec<&str>) = messages
        .iter()
        .map(|(author, content)| (author.as_str(), content.as_str()))
        .unzip();
    let rows = session.query(sql, &[&authors, &contents]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The newest messages of each of these users, for each so many; `None` for each who is unknown.
///
/// # Errors
/// When the database fails.
pub async fn newest_of(
    session: &mut Session,
    users: &[(String, i64)],
) -> Result<Vec<Option<Vec<Message>>>> {
    // One row with nulls stands for a user without messages, or without an id for nobody.
    let sql = "
        SELECT author.n, author.id IS NOT NULL, latest.content, latest.published_at
        FROM (
            SELECT n, count, (SELECT id FROM users WHERE users.name = input.name) AS id
            FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS input (name, count, n)
            OFFSET 0
        ) author
        LEFT JOIN LATERAL (
            SELECT id, content, published_at FROM messages
            WHERE author_id = author.id AND NOT flagged
            ORDER BY id DESC LIMIT author.count
        ) latest ON true
        ORDER BY author.n, latest.id DESC";
    let (names, counts): (Vec<&str>, Vec<i64>) = users
        .iter()
        .map(|(name, count)| (name.as_str(), count))
        .unzip();
    let rows = session.query(sql, &[&names, &counts]).await?;
    let mut lists: Vec<Option<Vec<Message>>> = vec![None; users.len()];
    for row in &rows {
        let place = usize::try_from(row.get::<_, i64>(0) - 1).unwrap_or(usize::MAX);
        let (Some(list), Some((author, _)), true) =
            (lists.get_mut(place), users.get(place), row.get(1))
        else {
            continue;
        };
        let list = list.get_or_insert_default();
        if let Some(content) = row.get::<_, Option<String>>(2) {
            list.push(Message {
                content,
                published_at: seconds(row.get(3)),
                author: author.clone(),
            });
        }
    }
    Ok(lists)
}

/// Those of all users that are older than $1, at most $2: rows for [`entry`].
pub(super) const PAGE: &str = "
    SELECT messages.id, users.email, messages.content, messages.published_at, users.name
    FROM messages JOIN users ON users.id = messages.author_id
    WHERE NOT messages.flagged AND messages.id < $1
    ORDER BY messages.id DESC LIMIT $2";

/// A page of the messages of all users that are older than `before`.
///
/// # Errors
/// When the database fails.
pub async fn page(session: &mut Session, before: i64, count: i64) -> Result<Vec<Entry>> {
    let rows = session.query(PAGE, &[&before, &count]).await?;
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

fn seconds(time: SystemTime) -> i64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
}

pub(super) fn entry(row: &Row) -> Entry {
    Entry {
        id: row.get(0),
        email: row.get(1),
        message: Message {
            content: row.get(2),
            published_at: seconds(row.get(3)),
            author: row.get(4),
        },
    }
}
