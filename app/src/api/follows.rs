//! `/fllws/{user}`: the users that a user follows.

use serde::{Deserialize, Serialize};

use crate::actions;
use crate::context::{Context, Text};
use crate::error::{Error, Result};
use crate::reply::{self, Reply};
use crate::store::writes::FollowChange;

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
    let batched = &context.app.batched;
    let follows = batched.follows_of(follower, context.count()).await?;
    let follows = follows.ok_or_else(Error::unknown_user)?;
    reply::json(&Follows { follows })
}

/// `POST /fllws/{user}`: follows or unfollows one user. It is idempotent.
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
    let change = FollowChange {
        follower,
        target,
        follow,
    };
    if !actions::change_follow(&context, change).await? {
        return Err(Error::unknown_user());
    }
    Ok(reply::no_content())
}
