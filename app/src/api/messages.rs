//! `/msgs`: messages of all users and of one.

use serde::{Deserialize, Serialize};

use crate::actions;
use crate::context::{Context, Text};
use crate::error::{Error, Result};
use crate::reply::{self, Reply};
use crate::store::newest::CachedMessage;

#[derive(Serialize)]
struct Shown<'m> {
    content: &'m str,
    pub_date: i64,
    user: &'m str,
}

#[derive(Deserialize)]
struct Posted {
    content: Text,
}

/// `GET /msgs`: the newest messages of all users.
pub async fn of_all(context: Context) -> Result<Reply> {
    let newest = context.app.batched.newest(context.count()).await?;
    if let Some(json) = newest.json.get() {
        return Ok(reply::json_text(json.clone()));
    }
    let json = reply::json_joined(newest.messages.iter().map(|message| json_of(message)))?;
    // Another request may have been faster; its value is the same.
    let _ = newest.json.set(json.clone());
    Ok(reply::json_text(json))
}

/// `GET /msgs/{user}`: the newest messages of one.
pub async fn of_user(context: Context) -> Result<Reply> {
    let author = context.user()?;
    let batched = &context.app.batched;
    let messages = batched.messages_of(author, context.count()).await?;
    let messages = messages.ok_or_else(Error::unknown_user)?;
    let author = messages.author();
    let shown = messages.iter().map(|(content, pub_date)| Shown {
        content,
        pub_date,
        user: author,
    });
    reply::json_list(shown)
}

/// `POST /msgs/{user}`: a new message of that user.
pub async fn post(mut context: Context) -> Result<Reply> {
    let posted: Posted = context.json()?;
    let author = context.user()?;
    let text = posted.content.into_string();
    if !actions::post_message(&context, author, text).await? {
        return Err(Error::unknown_user());
    }
    Ok(reply::no_content())
}

/// A message's JSON, made once.
fn json_of(cached: &CachedMessage) -> Result<&[u8]> {
    if let Some(json) = cached.json.get() {
        return Ok(json);
    }
    let json = reply::json_of(&Shown {
        content: &cached.message.content,
        pub_date: cached.message.published_at,
        user: &cached.message.author,
    })?;
    Ok(cached.json.get_or_init(|| json))
}
