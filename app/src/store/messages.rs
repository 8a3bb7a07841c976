//! Messages, newest first; flagged ones are never read.

use std::cmp::Reverse;
use std::mem;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio_postgres::Row;

use crate::database::{Result, Session};

/// A message as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Grows with time; the next page contains the messages below the last one shown.
    pub id: i64,
    /// Every character as it was sent.
    pub content: String,
    /// Seconds since 1970 in UTC.
    pub published_at: i64,
    /// The author's name.
    pub author: String,
    /// The author's e-mail, for the avatar.
    pub email: String,
}

/// The newest messages of one user, in the row that the database has returned.
pub struct OfOne {
    author: String,
    row: Row,
}

impl OfOne {
    pub fn author(&self) -> &str {
        &self.author
    }

    /// The text of each and its time in seconds since 1970 in UTC, newest first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        let texts: Option<Vec<&str>> = self.row.get(2);
        let times: Option<Vec<SystemTime>> = self.row.get(3);
        let times = times.unwrap_or_default().into_iter().map(seconds);
        texts.unwrap_or_default().into_iter().zip(times)
    }
}

/// The newest messages of each of these users, at most the given number; `None` for an unknown user.
pub async fn newest_of(
    session: &mut Session,
    users: Vec<(String, i64)>,
) -> Result<Vec<Option<OfOne>>> {
    // Short and long texts are in an index each, by the condition of `messages_short_by_author`. Short ones are read from the
    // index alone.
    let sql = "
        SELECT author.n, author.id IS NOT NULL, newest.texts, newest.times
        FROM (
            SELECT n, count, (SELECT id FROM users WHERE users.name = input.name) AS id
            FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS input (name, count, n)
            OFFSET 0
        ) author
        CROSS JOIN LATERAL (
            SELECT array_agg(content) AS texts, array_agg(published_at) AS times
            FROM (
                (
                    SELECT id, content, published_at FROM messages
                    WHERE author_id = author.id AND NOT flagged AND octet_length(content) <= 1000
                    ORDER BY id DESC LIMIT author.count
                ) UNION ALL (
                    SELECT id, content, published_at FROM messages
                    WHERE author_id = author.id AND NOT flagged AND octet_length(content) > 1000
                    ORDER BY id DESC LIMIT author.count
                )
                ORDER BY id DESC LIMIT author.count
            ) ordered
        ) newest";
    let (names, counts): (Vec<&str>, Vec<i64>) = users
        .iter()
        .map(|(name, count)| (name.as_str(), count))
        .unzip();
    let rows = session.query(sql, &[&names, &counts]).await?;
    let mut lists: Vec<Option<OfOne>> = users.iter().map(|_| None).collect();
    let mut authors: Vec<_> = users.into_iter().map(|(author, _)| author).collect();
    for row in rows.into_iter().filter(|row| row.get(1)) {
        let place = usize::try_from(row.get::<_, i64>(0) - 1).unwrap_or(usize::MAX);
        if let (Some(list), Some(author)) = (lists.get_mut(place), authors.get_mut(place)) {
            let author = mem::take(author);
            *list = Some(OfOne { author, row });
        }
    }
    Ok(lists)
}

/// A page of the messages of all users that are older than `before`.
pub async fn page(session: &mut Session, before: i64, count: i64) -> Result<Vec<Message>> {
    let sql = "
        SELECT messages.id, users.email, messages.content, messages.published_at, users.name
        FROM messages JOIN users ON users.id = messages.author_id
        WHERE NOT messages.flagged AND messages.id < $1
        ORDER BY messages.id DESC LIMIT $2";
    let rows = session.query(sql, &[&before, &count]).await?;
    Ok(rows.iter().map(message).collect())
}

/// The newest messages above number `floor`, newest first, at most `count`.
pub async fn newer_than(session: &mut Session, floor: i64, count: i64) -> Result<Vec<Message>> {
    let sql = "
        SELECT messages.id, users.email, messages.content, messages.published_at, users.name
        FROM messages JOIN users ON users.id = messages.author_id
        WHERE NOT messages.flagged AND messages.id > $1
        ORDER BY messages.id DESC LIMIT $2";
    let rows = session.query(sql, &[&floor, &count]).await?;
    Ok(rows.iter().map(message).collect())
}

/// A page of one user's messages that are older than `before`.
pub async fn page_of(
    session: &mut Session,
    author_id: i64,
    before: i64,
    count: i64,
) -> Result<Vec<Message>> {
    let sql = "
        SELECT messages.id, users.email, messages.content, messages.published_at, users.name
        FROM messages JOIN users ON users.id = messages.author_id
        WHERE messages.author_id = $1 AND NOT messages.flagged AND messages.id < $2
        ORDER BY messages.id DESC LIMIT $3";
    let rows = session.query(sql, &[&author_id, &before, &count]).await?;
    Ok(rows.iter().map(message).collect())
}

/// A reader of a timeline, as named by the session's claim.
#[derive(Clone, Debug)]
pub struct Reader {
    pub id: i64,
    pub name: String,
    /// The timeline's page contains messages below this number.
    pub before: i64,
}

/// For each reader a page of the messages of that user and of all that the user follows; `None` if the user no longer exists.
pub async fn timelines(
    session: &mut Session,
    readers: &[Reader],
    count: i64,
) -> Result<Vec<Option<Vec<Message>>>> {
    // First the numbers of each author's newest messages, then the newest of these, and only then the messages. The cost does
    // not grow with the number of messages, and candidates are read from the index alone.
    let sql = "
        SELECT reader.n, page.id, page.email, page.content, page.published_at, page.name
        FROM (
            SELECT n, before, (SELECT id FROM users WHERE id = claim AND name = reader_name) AS id
            FROM unnest($1::bigint[], $2::text[], $3::bigint[])
                WITH ORDINALITY AS input (claim, reader_name, before, n)
            OFFSET 0
        ) reader
        LEFT JOIN LATERAL (
            SELECT messages.id, email, content, published_at, name
            FROM (
                SELECT candidate.id
                FROM (
                    SELECT reader.id
                    UNION ALL
                    SELECT followed_id FROM follows
                    WHERE follower_id = reader.id AND followed_id <> reader.id
                ) author
                CROSS JOIN LATERAL (
                    SELECT id FROM messages
                    WHERE author_id = author.id AND NOT flagged AND id < reader.before
                    ORDER BY id DESC LIMIT $4
                ) candidate
                ORDER BY candidate.id DESC LIMIT $4
            ) newest
            JOIN messages ON messages.id = newest.id
            JOIN users ON users.id = messages.author_id
        ) page ON true
        WHERE reader.id IS NOT NULL";
    let ids: Vec<i64> = readers.iter().map(|reader| reader.id).collect();
    let names: Vec<&str> = readers.iter().map(|reader| reader.name.as_str()).collect();
    let before: Vec<i64> = readers.iter().map(|reader| reader.before).collect();
    let rows = session.query(sql, &[&ids, &names, &before, &count]).await?;
    let mut pages: Vec<Option<Vec<Message>>> = readers.iter().map(|_| None).collect();
    for row in &rows {
        let place = usize::try_from(row.get::<_, i64>(0) - 1).unwrap_or(usize::MAX);
        let Some(page) = pages.get_mut(place) else {
            continue;
        };
        let page = page.get_or_insert_default();
        // One row with nulls is the result for a reader with an empty timeline.
        if row.get::<_, Option<i64>>(1).is_some() {
            page.push(message_from(row, 1));
        }
    }
    for page in pages.iter_mut().flatten() {
        page.sort_unstable_by_key(|message| Reverse(message.id));
    }
    Ok(pages)
}

fn seconds(time: SystemTime) -> i64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
}

fn message(row: &Row) -> Message {
    message_from(row, 0)
}

/// From these columns on: number, e-mail, text, time, author.
pub(super) fn message_from(row: &Row, first: usize) -> Message {
    Message {
        id: row.get(first),
        email: row.get(first + 1),
        content: row.get(first + 2),
        published_at: seconds(row.get(first + 3)),
        author: row.get(first + 4),
    }
}
