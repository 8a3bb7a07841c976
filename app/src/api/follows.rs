//! `/fllws/{user}`: whom a user follows.

use serde::{Deserialize, Serialize};

use crate::context::{Context, Text};
use crate::error::{Error, Result};
use crate::reply::{self, Reply};
use crate::store::follows;
use crate::store::writes::{Act, Write};

#[derive(Serialize)]
struct Follows {
    follows: Vec<String>,
}

#[derive(Deserialize)]
struct Change {
    follow: Option<Text>,
    unfollow: Option<Text>,
}

/// `GET /fllws/{user}`: the names.
pub async fn of_user(context: Context) -> Result<Reply> {
    let follower = context.user()?;
    let shared = &context.app.shared;
    let follows = shared.follows_of(follower, context.count()).await?;
    let follows = follows.ok_or_else(Error::unknown_user)?;
    reply::json(&Follows { follows })
}

/// `POST /fllws/{user}`: one more or one less; repeating either changes nothing.
pub async fn change(mut context: Context) -> Result<Reply> {
    let change: Change = context.json()?;
    let follower = context.user()?;
    let (target, follow) = match (change.follow, change.unfollow) {
        (Some(name), None) => (name.into_string(), true),
        (None, Some(name)) => (name.into_string(), false),
        _ => {
            let text = "The JSON must have either the key follow or the key unfollow";
            return Err(Error::bad_request(text));
        }
    };
    let change = follows::Change {
        follower: follower.clone(),
        target,
        follow,
    };
    let write = Write {
        act: Act::Follow(change),
        latest: context.take_progress(),
    };
    if !context.app.shared.write(write).await? {
        return Err(Error::unknown_user());
    }
    context.app.metrics.counts.follow_changed(follow);
    context.app.live.following.changed(&follower);
    Ok(reply::no_content())
}
