//! Following and unfollowing, by links on users' pages.

use crate::actions;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::render::path;
use crate::reply::{self, Reply};
use crate::store::writes::FollowChange;

/// `GET /{user}/follow`
pub async fn follow(context: Context) -> Result<Reply> {
    change(&context, true, "You are now following").await
}

/// `GET /{user}/unfollow`
pub async fn unfollow(context: Context) -> Result<Reply> {
    change(&context, false, "You are no longer following").await
}

/// Stores the change, then redirects to the user's page with a flash.
async fn change(context: &Context, follow: bool, done: &str) -> Result<Reply> {
    let viewer = context.required_viewer().await?;
    let name = context.user()?;
    let change = FollowChange {
        follower: viewer.name,
        target: name.clone(),
        follow,
    };
    if !actions::change_follow(context, change).await? {
        return Err(Error::unknown_user());
    }
    let mut reply = reply::redirect(&path::user(&name))?;
    context.add_flash(&mut reply, format!("{done} \"{name}\""))?;
    Ok(reply)
}
