//! Who is signed in: a signed cookie, confirmed by the database.

use std::time::Duration;

use argon2::password_hash::rand_core::{OsRng, RngCore};
use hyper::HeaderMap;
use serde::{Deserialize, Serialize};

use super::cookies;
use super::signer::Signer;
use crate::database::{self, Session};
use crate::error::{Error, Result};
use crate::reply::Reply;
use crate::store::users::{self, User};

const COOKIE: &str = "session";

/// How long a sign-in lasts.
const LIFETIME: Duration = Duration::from_hours(14 * 24);

/// The user that the cookie names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claim {
    pub id: i64,
    /// Contained here too, so that pages which need no database can show it.
    pub name: String,
    /// Makes the cookies of two sign-ins different.
    nonce: u64,
}

/// The claim of a request's cookie. It was true when the cookie was made, which is enough to show the name; a
/// change needs [`confirm`].
pub fn claim(signer: &Signer, headers: &HeaderMap) -> Option<Claim> {
    signer.verify(COOKIE, cookies::read(headers, COOKIE)?)
}

/// The user of a claim, if that user still exists.
pub async fn confirm(claim: &Claim, session: &mut Session) -> database::Result<Option<User>> {
    let exists = users::confirm(session, claim.id, &claim.name).await?;
    Ok(exists.then_some(User {
        id: claim.id,
        name: claim.name.clone(),
    }))
}

/// Signs a user in with the reply.
pub fn start(signer: &Signer, reply: &mut Reply, user: User) -> Result<()> {
    let claim = Claim {
        id: user.id,
        name: user.name,
        nonce: OsRng.next_u64(),
    };
    let value = signer.sign(COOKIE, &claim, LIFETIME);
    cookies::set(reply, COOKIE, &value.map_err(Error::internal)?, LIFETIME);
    Ok(())
}

/// Signs out with the reply.
pub fn end(reply: &mut Reply) {
    cookies::remove(reply, COOKIE);
}
