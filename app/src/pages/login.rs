//! Signing in and out.

use serde::Serialize;
use slog::warn;

use super::frame;
use crate::auth::session;
use crate::context::Context;
use crate::error::Result;
use crate::log::chain;
use crate::password::Verdict;
use crate::reply::{self, Reply};
use crate::store::users::{self, User};

#[derive(Serialize)]
struct Login<'a> {
    error: Option<&'static str>,
    username: &'a str,
}

/// `GET /login`: the form.
pub async fn form(context: Context) -> Result<Reply> {
    if context.viewer_if_claimed().await?.is_some() {
        return reply::redirect("/");
    }
    page(&context, None, "")
}

/// `POST /login`: signs in.
pub async fn login(mut context: Context) -> Result<Reply> {
    let mut form = context.form()?;
    let (name, password) = (form.take("username"), form.take("password"));
    let found = users::find_with_hash(&mut context.session().await?, &name).await?;
    let (user, hash) = found.unzip();
    let hasher = &context.app.hasher;
    let verdict = hasher.verify(password.clone(), hash.clone()).await?;
    let usage = &context.app.metrics.usage;
    usage.signed_in(verdict != Verdict::Wrong);
    let Some((user, hash)) = user.zip(hash) else {
        return page(&context, Some("Invalid username"), &name);
    };
    if verdict == Verdict::Wrong {
        return page(&context, Some("Invalid password"), &name);
    }
    if verdict == Verdict::Outdated
        && let Err(error) = renew_hash(&context, &user, password, &hash).await
    {
        warn!(context.app.logger, "a password's hash could not be renewed";
            "error.message" => chain(&error));
    }
    let mut reply = reply::redirect("/")?;
    session::start(&context.app.signer, &mut reply, user)?;
    context.add_flash(&mut reply, "You were logged in")?;
    Ok(reply)
}

/// `GET /logout`: signs out.
pub async fn logout(context: Context) -> Result<Reply> {
    let mut reply = reply::redirect("/public")?;
    session::end(&mut reply);
    context.add_flash(&mut reply, "You were logged out")?;
    Ok(reply)
}

fn page(context: &Context, error: Option<&'static str>, username: &str) -> Result<Reply> {
    let login = Login { error, username };
    frame::show(context, ("login", "Sign In"), None, login)
}

/// Stores the password at today's cost.
async fn renew_hash(context: &Context, user: &User, password: String, old: &str) -> Result<()> {
    let new = context.app.hasher.hash(password).await?;
    let mut session = context.session().await?;
    Ok(users::replace_hash(&mut session, user.id, old, &new).await?)
}
