//! `/latest`: the number of the simulator's last request.

use serde::Serialize;

use crate::context::Context;
use crate::error::Result;
use crate::reply::{self, Reply};
use crate::store;

#[derive(Serialize)]
struct Latest {
    latest: i64,
}

/// `GET /latest`: the number that was stored last, -1 before any.
pub async fn show(context: Context) -> Result<Reply> {
    let mut session = context.session().await?;
    let latest = store::latest::read(&mut session).await?.unwrap_or(-1);
    reply::json(&Latest { latest })
}
