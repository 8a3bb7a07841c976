//! Following and no longer following, by links on users' pages.

use super::path;
use crate::auth::{flash, session};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::reply::{self, Reply};
use crate::store::follows;

/// `GET /{user}/follow`
pub async fn follow(context: Context) -> Result<Reply> {
    let mut session = context.session().await?;
    let viewer = session::required(&context, &mut session).await?;
    let name = context.user()?;
    let known = follows::add(&mut session, &viewer.name, &name).await?;
    drop(session);
    back(&context, known, &name, "You are now following")
}

/// `GET /{user}/unfollow`
pub async fn unfollow(context: Context) -> Result<Reply> {
    let mut session = context.session().await?;
    let viewer = session::required(&context, &mut session).await?;
    let name = context.user()?;
    let known = follows::remove(&mut session, &viewer.name, &name).await?;
    drop(session);
    back(&context, known, &name, "You are no longer following")
}

/// To the user's page, which says what was done.
fn back(context: &Context, known: bool, name: &str, done: &str) -> Result<Reply> {
    if !known {
        return Err(Error::unknown_user());
    }
    let mut reply = reply::redirect(&path::user(name))?;
    flash::add(context, &mut reply, format!("{done} \"{name}\""))?;
    Ok(reply)
}
