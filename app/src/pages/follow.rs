//! Following and no longer following, by links on users' pages.

use super::path;
use crate::auth::{flash, session};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::reply::{self, Reply};
use crate::store::follows::Change;
use crate::store::writes::{Act, Write};

/// `GET /{user}/follow`
pub async fn follow(context: Context) -> Result<Reply> {
    change(&context, true, "You are now following").await
}

/// `GET /{user}/unfollow`
pub async fn unfollow(context: Context) -> Result<Reply> {
    change(&context, false, "You are no longer following").await
}

/// Changes it, then goes to the user's page, which says what was done.
async fn change(context: &Context, follow: bool, done: &str) -> Result<Reply> {
    let mut session = context.session().await?;
    let viewer = session::required(context, &mut session).await?;
    drop(session);
    let name = context.user()?;
    let change = Change {
        follower: viewer.name.clone(),
        target: name.clone(),
        follow,
    };
    let write = Write {
        act: Act::Follow(change),
        latest: None,
    };
    if !context.app.shared.write(write).await? {
        return Err(Error::unknown_user());
    }
    context.app.metrics.counts.follow_changed(follow);
    context.app.live.following.changed(&viewer.name);
    let mut reply = reply::redirect(&path::user(&name))?;
    flash::add(context, &mut reply, format!("{done} \"{name}\""))?;
    Ok(reply)
}
