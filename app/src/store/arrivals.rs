//! Messages as they arrive, for open timelines.

use crate::database::{Result, Session};
use crate::store::messages::{self, Entry};

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
    Ok(rows.iter().map(messages::entry).collect())
}
