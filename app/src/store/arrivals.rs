//! Messages as they arrive, for open timelines.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::database::{Result, Session};
use crate::store::messages::{Entry, Message};

/// The newest messages above number `floor`, newest first, `count` at most.
///
/// # Errors
/// When the database fails.
pub async fn above(session: &mut Session, floor: i64, count: i64) -> Result<Vec<Entry>> {
    let sql = "
        SELECT messages.id, users.email, messages.content, messages.published_at, users.name
        FROM messages JOIN users ON users.id = messages.author_id
        WHERE NOT messages.flagged AND messages.id > $1
        ORDER BY messages.id DESC LIMIT $2";
    let rows = session.query(sql, &[&floor, &count]).await?;
    let entries = rows.iter().map(|row| {
        let published_at: SystemTime = row.get(3);
        let since_epoch = published_at.duration_since(UNIX_EPOCH).unwrap_or_default();
        Entry {
            id: row.get(0),
            email: row.get(1),
            message: Message {
                content: row.get(2),
                published_at: i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX),
                author: row.get(4),
            },
        }
    });
    Ok(entries.collect())
}
