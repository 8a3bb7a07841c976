//! `/msgs`: messages of all users and of one.

use serde::{Deserialize, Serialize};

use crate::context::{Context, Text};
use crate::error::{Error, Result};
use crate::posting;
use crate::reply::{self, Reply};
use crate::store::messages::Message;

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
    let newest = context.app.shared.newest(context.count()).await?;
    if let Some(json) = newest.json.get() {
        return Ok(reply::json_text(json.clone()));
    }
    let messages = newest.entries.iter().map(|entry| &entry.message);
    let json = reply::json_of(&shown(messages))?;
    // Somebody else may have been faster; what is there is the same.
    let _ = newest.json.set(json.clone());
    Ok(reply::json_text(json))
}

/// `GET /msgs/{user}`: the newest messages of one.
pub async fn of_user(context: Context) -> Result<Reply> {
    let author = context.user()?;
    let shared = &context.app.shared;
    let messages = shared.messages_of(author, context.count()).await?;
    let messages = messages.ok_or_else(Error::unknown_user)?;
    reply::json(&shown(&messages))
}

/// `POST /msgs/{user}`: a new message of that user.
pub async fn post(mut context: Context) -> Result<Reply> {
    let posted: Posted = context.json()?;
    let text = posted.content.into_string();
    posting::check(&text)?;
    let author = context.user()?;
    if !context.app.shared.add_message(author, text).await? {
        return Err(Error::unknown_user());
    }
    context.app.metrics.counts.messages.inc();
    context.app.live.posted();
    Ok(reply::no_content())
}

fn shown<'m>(messages: impl IntoIterator<Item = &'m Message>) -> Vec<Shown<'m>> {
    let shown = messages.into_iter().map(|message| Shown {
        content: &message.content,
        pub_date: message.published_at,
        user: &message.author,
    });
    shown.collect()
}
