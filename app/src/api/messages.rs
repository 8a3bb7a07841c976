//! `/msgs`: messages of all users and of one.

use serde::{Deserialize, Serialize};

use crate::context::{Context, Text};
use crate::error::{Error, Result};
use crate::posting;
use crate::reply::{self, Reply};
use crate::store::messages::{self, Message};

#[derive(Serialize)]
struct Shown {
    content: String,
    pub_date: i64,
    user: String,
}

#[derive(Deserialize)]
struct Posted {
    content: Text,
}

/// `GET /msgs`: the newest messages of all users.
pub async fn of_all(context: Context) -> Result<Reply> {
    let mut session = context.session().await?;
    let messages = messages::newest(&mut session, context.count()).await?;
    drop(session);
    reply::json(&shown(messages))
}

/// `GET /msgs/{user}`: the newest messages of one.
pub async fn of_user(context: Context) -> Result<Reply> {
    let author = context.user()?;
    let mut session = context.session().await?;
    let messages = messages::newest_of(&mut session, &author, context.count()).await?;
    drop(session);
    reply::json(&shown(messages.ok_or_else(Error::unknown_user)?))
}

/// `POST /msgs/{user}`: a new message of that user.
pub async fn post(mut context: Context) -> Result<Reply> {
    let posted: Posted = context.json()?;
    let text = posted.content.into_string();
    posting::check(&text)?;
    let author = context.user()?;
    let mut session = context.session().await?;
    if !messages::add(&mut session, &author, &text).await? {
        return Err(Error::unknown_user());
    }
    context.app.live.posted();
    Ok(reply::no_content())
}

fn shown(messages: Vec<Message>) -> Vec<Shown> {
    let shown = messages.into_iter().map(|message| Shown {
        content: message.content,
        pub_date: message.published_at,
        user: message.author,
    });
    shown.collect()
}
