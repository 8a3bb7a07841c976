//! Writing a message.

use crate::auth::{flash, session};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::posting;
use crate::reply::{self, Reply};
use crate::store::writes::{Act, Write};

/// `POST /add_message`: the field `text`. Without a text nothing is said.
pub async fn add_message(mut context: Context) -> Result<Reply> {
    let form = context.form();
    let mut session = context.session().await?;
    let viewer = session::required(&context, &mut session).await?;
    drop(session);
    let text = form?.take("text");
    let mut reply = reply::redirect("/")?;
    if text.trim().is_empty() {
        return Ok(reply);
    }
    posting::check(&text)?;
    let write = Write {
        act: Act::Post {
            author: viewer.name,
            content: text,
        },
        latest: None,
    };
    if !context.app.shared.write(write).await? {
        return Err(Error::Unauthorized);
    }
    context.app.metrics.counts.messages.inc();
    context.app.live.posted();
    flash::add(&context, &mut reply, "Your message was recorded")?;
    Ok(reply)
}
