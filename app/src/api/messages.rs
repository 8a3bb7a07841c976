//! `/msgs`: messages of all users and of one.

use serde::{Deserialize, Serialize};

use crate::context::{Context, Text};
use crate::error::{Error, Result};
use crate::posting;
use crate::reply::{self, Reply};
use crate::store::newest::Line;
use crate::store::writes::{Act, Write};

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
    let json = reply::json_joined(newest.lines.iter().map(|line| json_of(line)))?;
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
    let text = posted.content.into_string();
    posting::check(&text)?;
    let author = context.user()?;
    let write = Write {
        act: Act::Post {
            author,
            content: text,
        },
        latest: context.take_progress(),
    };
    if !context.app.shared.write(write).await? {
        return Err(Error::unknown_user());
    }
    context.app.metrics.counts.messages.inc();
    context.app.live.posted();
    Ok(reply::no_content())
}

/// A message's JSON, made once.
fn json_of(line: &Line) -> Result<&[u8]> {
    if let Some(json) = line.json.get() {
        return Ok(json);
    }
    let message = &line.entry.message;
    let json = reply::json_of(&Shown {
        content: &message.content,
        pub_date: message.published_at,
        user: &message.author,
    })?;
    Ok(line.json.get_or_init(|| json))
}
