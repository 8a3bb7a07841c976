//! The frequent writes, many in one statement: messages, follows and `latest`.
//!
//! One statement is one commit: a change and its `latest` are stored both or neither, and all calls of a batch share the commit.

use super::latest::{self, record_latest};
use crate::database::{Result, Session};

/// The write of one call.
#[derive(Clone, Debug)]
pub struct Write {
    pub change: Change,
    /// The `?latest=` of the call.
    pub latest: Option<i64>,
}

#[derive(Clone, Debug)]
pub enum Change {
    /// A new message by the user of this name.
    Post {
        author: String,
        content: String,
    },
    Follow(FollowChange),
    /// Only `latest`.
    None,
}

/// A user follows another or no longer does. It is idempotent.
#[derive(Clone, Debug)]
pub struct FollowChange {
    pub follower: String,
    pub target: String,
    /// `false`: unfollow.
    pub follow: bool,
}

/// `n` is the position of a call in the batch, for its result. Rows of `follows` are locked in order, so that two processes
/// can't deadlock.
const STORE: &str = concat!(
    "
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
    ), recorded AS (",
    record_latest!("$8"),
    ")
    SELECT n, author_id IS NOT NULL FROM message
    UNION ALL
    SELECT n, follower_id IS NOT NULL AND followed_id IS NOT NULL FROM pair"
);

/// Stores all of them, or none if the database fails; `false` for each with an unknown user. The last `latest` wins.
pub async fn store(session: &mut Session, writes: &[Write]) -> Result<Vec<bool>> {
    let latest = writes.iter().rev().find_map(|write| write.latest);
    let mut posts = (Vec::new(), Vec::new(), Vec::new());
    let mut pairs = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (n, write) in (0_i64..).zip(writes) {
        match &write.change {
            Change::Post { author, content } => {
                posts.0.push(n);
                posts.1.push(author.as_str());
                posts.2.push(content.as_str());
            }
            Change::Follow(change) => {
                pairs.0.push(n);
                pairs.1.push(change.follower.as_str());
                pairs.2.push(change.target.as_str());
                pairs.3.push(change.follow);
            }
            Change::None => {}
        }
    }
    let mut known = vec![true; writes.len()];
    if posts.0.is_empty() && pairs.0.is_empty() {
        if let Some(value) = latest {
            latest::record(session, value).await?;
        }
        return Ok(known);
    }
    let rows = session
        .query(
            STORE,
            &[
                &posts.0, &posts.1, &posts.2, &pairs.0, &pairs.1, &pairs.2, &pairs.3, &latest,
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
