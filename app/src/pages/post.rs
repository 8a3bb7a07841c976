//! Posting a message.

use crate::actions;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::reply::{self, Reply};

/// `POST /add_message`: the field `text`. An empty text is not stored.
pub async fn add_message(mut context: Context) -> Result<Reply> {
    let form = context.form();
    let viewer = context.required_viewer().await?;
    let text = form?.take("text");
    let mut reply = reply::redirect("/")?;
    if text.trim().is_empty() {
        return Ok(reply);
    }
    if !actions::post_message(&context, viewer.name, text).await? {
        return Err(Error::Unauthorized);
    }
    context.add_flash(&mut reply, "Your message was recorded")?;
    Ok(reply)
}
