//! `/fllws/{user}`: whom a user follows.

use serde::{Deserialize, Serialize};

use crate::context::{Context, Text};
use crate::error::{Error, Result};
use crate::reply::{self, Reply};
use crate::store::follows;

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
    let mut session = context.session().await?;
    let follows = follows::of(&mut session, &follower, context.count()).await?;
    drop(session);
    let follows = follows.ok_or_else(Error::unknown_user)?;
    reply::json(&Follows { follows })
}

/// `POST /fllws/{user}`: one more or one less; repeating either changes nothing.
pub async fn change(mut context: Context) -> Result<Reply> {
    let change: Change = context.json()?;
    let follower = context.user()?;
    let mut session = context.session().await?;
    let known = match (change.follow, change.unfollow) {
        (Some(name), None) => follows::add(&mut session, &follower, &name.into_string()).await?,
        (None, Some(name)) => follows::remove(&mut session, &follower, &name.into_string()).await?,
        _ => {
            let text = "The JSON must have either the key follow or the key unfollow";
            return Err(Error::bad_request(text));
        }
    };
    if !known {
        return Err(Error::unknown_user());
    }
    Ok(reply::no_content())
}
