//! What changes often, many changes in one statement: messages, follows and the simulator's progress.
//!
//! One statement is one commit, so a change and the progress that came with it are stored both or
//! neither, and all who wait share the commit.

use super::follows::Change;
use super::latest;
use crate::database::{Result, Session};

/// A call that stores something.
#[derive(Clone, Debug)]
pub struct Write {
    /// What it changes.
    pub act: Act,
    /// The simulator's progress that came with it.
    pub latest: Option<i64>,
}

/// What is changed.
#[derive(Clone, Debug)]
pub enum Act {
    /// A new message.
    Post {
        /// The author's name.
        author: String,
        /// The text.
        content: String,
    },
    /// Following begins or ends.
    Follow(Change),
    /// Nothing but the progress.
    Nothing,
}

/// Numbers of calls stand with what they ask for, so that answers find back. Rows of `follows` are
/// taken in order, so that two processes don't wait for each other crosswise.
const STORE: &str = "
    WITH message AS MATERIALIZED (
        SELECT n, content, (SELECT id FROM users WHERE name = author) AS author_id
        FROM unnest($1::bigint[], $2::text[], $3::text[]) AS input (n, author, content)
    ), posted AS (
        INSERT INTO messages (author_id, content)
        SELECT author_id, content FROM message WHERE author_id IS NOT NULL ORDER BY n
    ), pair AS MATERIALIZED (
        SELECT n, follow,
            (SELECT id FROM users WHERE name = follower) AS follower_id,
            (SELECT id FROM users WHERE name = target) AS followed_id
        FROM unnest($4::bigint[], $5::text[], $6::text[], $7::boolean[])
            AS input (n, follower, target, follow)
    ), begun AS (
        INSERT INTO follows (follower_id, followed_id)
        SELECT follower_id, followed_id FROM pair
        WHERE follow AND follower_id IS NOT NULL AND followed_id IS NOT NULL
        ORDER BY follower_id, followed_id
        ON CONFLICT DO NOTHING
    ), ended AS (
        DELETE FROM follows USING (
            SELECT follower_id, followed_id FROM pair WHERE NOT follow
            ORDER BY follower_id, followed_id
        ) gone
        WHERE follows.follower_id = gone.follower_id AND follows.followed_id = gone.followed_id
    ), progress AS (
        INSERT INTO latest (slot, position, value)
        SELECT pg_backend_pid() % 64, nextval('latest_position'), $8::bigint
        WHERE $8::bigint IS NOT NULL
        ON CONFLICT (slot) DO UPDATE SET position = excluded.position, value = excluded.value
        WHERE latest.position < excluded.position
    )
    SELECT n, author_id IS NOT NULL FROM message
    UNION ALL
    SELECT n, follower_id IS NOT NULL AND followed_id IS NOT NULL FROM pair";

/// Stores them all; `false` for each of which a user is unknown. The last progress wins.
///
/// # Errors
/// When the database fails; then nothing is stored.
pub async fn store(session: &mut Session, writes: &[Write]) -> Result<Vec<bool>> {
    let progress = writes.iter().rev().find_map(|write| write.latest);
    let mut posts = (Vec::new(), Vec::new(), Vec::new());
    let mut pairs = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (n, write) in (0_i64..).zip(writes) {
        match &write.act {
            Act::Post { author, content } => {
                posts.0.push(n);
                posts.1.push(author.as_str());
                posts.2.push(content.as_str());
            }
            Act::Follow(change) => {
                pairs.0.push(n);
                pairs.1.push(change.follower.as_str());
                pairs.2.push(change.target.as_str());
                pairs.3.push(change.follow);
            }
            Act::Nothing => {}
        }
    }
    let mut known = vec![true; writes.len()];
    if posts.0.is_empty() && pairs.0.is_empty() {
        if let Some(value) = progress {
            latest::record(session, value).await?;
        }
        return Ok(known);
    }
    let rows = session
        .query(
            STORE,
            &[
                &posts.0, &posts.1, &posts.2, &pairs.0, &pairs.1, &pairs.2, &pairs.3, &progress,
            ],
        )
        .await?;
    for row in &rows {
        let place = usize::try_from(row.get::<_, i64>(0)).ok();
        if let Some(known) = place.and_then(|place| known.get_mut(place)) {
            *known = row.get(1);
        }
    }
    Ok(known)
}
