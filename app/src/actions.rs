//! What users do, on the pages and over the API alike: each call stores, counts and announces it.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::store::writes::{Change, FollowChange, Write};

/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 4000;

/// Stores a new message; `false` if the author is unknown.
///
/// # Errors
/// 400 if the message is too long, 503 if the database is away.
pub async fn post_message(context: &Context, author: String, text: String) -> Result<bool> {
    if text.chars().count() > LONGEST_MESSAGE {
        let reason = format!("The message is longer than {LONGEST_MESSAGE} characters");
        return Err(Error::bad_request(reason));
    }
    let app = &context.app;
    let write = Write {
        change: Change::Post {
            author,
            content: text,
        },
        latest: context.take_latest(),
    };
    let stored = app.batched.write(write).await?;
    if stored {
        app.metrics.usage.messages.inc();
        app.live.announce();
    }
    Ok(stored)
}

/// Stores that a user follows another or no longer does; `false` if one of them is unknown.
///
/// # Errors
/// 503 if the database is away.
pub async fn change_follow(context: &Context, change: FollowChange) -> Result<bool> {
    let app = &context.app;
    let (follower, follow) = (change.follower.clone(), change.follow);
    let write = Write {
        change: Change::Follow(change),
        latest: context.take_latest(),
    };
    let stored = app.batched.write(write).await?;
    if stored {
        app.metrics.usage.follow_changed(follow);
        app.live.follow_changes.announce(&follower);
    }
    Ok(stored)
}
