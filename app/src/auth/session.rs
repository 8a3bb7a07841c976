//! Who is signed in: a sealed cookie, confirmed by the database.

use std::time::Duration;

use argon2::password_hash::rand_core::{OsRng, RngCore};
use hyper::HeaderMap;
use serde::{Deserialize, Serialize};

use super::cookies;
use super::seal::Sealer;
use crate::context::Context;
use crate::database::Session;
use crate::error::{Error, Result};
use crate::reply::Reply;
use crate::store::users::{self, User};

const COOKIE: &str = "session";

/// How long a sign-in lasts.
const LIFETIME: Duration = Duration::from_hours(14 * 24);

/// Who the cookie says is signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claim {
    /// The user's number.
    pub id: i64,
    /// Kept here too, so that pages which need no database can show it.
    pub name: String,
    /// Makes each sign-in's cookie another.
    nonce: u64,
}

/// Who a request's cookie says is signed in: true when the cookie was made, and enough to show the
/// name, but nothing is to be done for it without [`viewer`].
#[must_use]
pub fn claim(sealer: &Sealer, headers: &HeaderMap) -> Option<Claim> {
    sealer.open(COOKIE, cookies::read(headers, COOKIE)?)
}

/// The user who is signed in, if that user still exists.
///
/// # Errors
/// When the database fails.
pub async fn viewer(context: &Context, session: &mut Session) -> Result<Option<User>> {
    match context.claim() {
        Some(claim) => confirm(claim, session).await,
        None => Ok(None),
    }
}

/// The user of a claim, if that user still exists.
///
/// # Errors
/// When the database fails.
pub async fn confirm(claim: &Claim, session: &mut Session) -> Result<Option<User>> {
    let exists = users::confirm(session, claim.id, &claim.name).await?;
    Ok(exists.then_some(User {
        id: claim.id,
        name: claim.name.clone(),
    }))
}

/// The same where a database connection is not needed otherwise.
///
/// # Errors
/// When the database fails.
pub async fn viewer_if_claimed(context: &Context) -> Result<Option<User>> {
    match context.claim() {
        Some(claim) => confirm(claim, &mut context.session().await?).await,
        None => Ok(None),
    }
}

/// The same for what needs a user.
///
/// # Errors
/// 401 when nobody is signed in.
pub async fn required(context: &Context, session: &mut Session) -> Result<User> {
    let viewer = viewer(context, session).await?;
    viewer.ok_or(Error::Unauthorized)
}

/// Signs a user in with the answer.
///
/// # Errors
/// When there is no such cookie: a defect.
pub fn start(context: &Context, reply: &mut Reply, user: User) -> Result<()> {
    let claim = Claim {
        id: user.id,
        name: user.name,
        nonce: OsRng.next_u64(),
    };
    let sealed = context.app.sealer.seal(COOKIE, &claim, LIFETIME);
    cookies::set(reply, COOKIE, &sealed.map_err(Error::internal)?, LIFETIME);
    Ok(())
}

/// Signs out with the answer.
pub fn end(reply: &mut Reply) {
    cookies::remove(reply, COOKIE);
}
