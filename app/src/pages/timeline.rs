//! Timelines: of all users and of one, newest first, 30 messages a page.

use askama::Template;
use jiff::Timestamp;
use md5::{Digest, Md5};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::reply::{self, Reply};
use crate::store::messages::{self, Entry};
use crate::store::users;
use crate::version::version;

const PER_PAGE: usize = 30;

/// One more than is shown tells whether there are older ones.
pub const READ: i64 = 31;

/// What stays as it is in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[derive(Template)]
#[template(path = "timeline.html")]
struct Timeline {
    title: String,
    messages: Vec<Line>,
    older: Option<i64>,
    version: &'static str,
}

/// One message of a list.
#[derive(Template)]
#[template(path = "message.html")]
struct Line {
    id: i64,
    avatar: String,
    author: String,
    author_path: String,
    content: String,
    published: String,
}

/// `GET /`: everybody's timeline.
pub async fn home(_: Context) -> Result<Reply> {
    Ok(reply::redirect("/public"))
}

/// `GET /public`: the messages of all users.
pub async fn public(context: Context) -> Result<Reply> {
    let mut session = context.session().await?;
    let entries = messages::page(&mut session, before(&context), READ).await?;
    drop(session);
    reply::html(&timeline("Public Timeline".to_owned(), entries))
}

/// `GET /{user}`: the messages of one.
pub async fn user(context: Context) -> Result<Reply> {
    let name = context.user()?;
    let mut session = context.session().await?;
    let user = users::find(&mut session, &name).await?;
    let user = user.ok_or_else(Error::unknown_user)?;
    let entries = messages::page_of(&mut session, user.id, before(&context), READ).await?;
    drop(session);
    reply::html(&timeline(format!("{}'s Timeline", user.name), entries))
}

/// Where the page before this one ended.
fn before(context: &Context) -> i64 {
    let given = context.query("before").and_then(|text| text.parse().ok());
    given.unwrap_or(i64::MAX)
}

/// The list item of one message, as a page shows it.
pub fn item(entry: Entry) -> Result<String> {
    line(entry).render().map_err(Error::internal)
}

fn timeline(title: String, mut entries: Vec<Entry>) -> Timeline {
    let more = entries.len() > PER_PAGE;
    entries.truncate(PER_PAGE);
    let older = entries.last().map(|entry| entry.id).filter(|_| more);
    Timeline {
        title,
        older,
        messages: entries.into_iter().map(line).collect(),
        version: version(),
    }
}

fn line(entry: Entry) -> Line {
    let author = entry.message.author;
    Line {
        id: entry.id,
        avatar: avatar(&entry.email),
        author_path: format!("/{}", utf8_percent_encode(&author, SEGMENT)),
        author,
        content: entry.message.content,
        published: published(entry.message.published_at),
    }
}

/// Gravatar's address for an e-mail: a generated image where the user has none.
fn avatar(email: &str) -> String {
    let hash = Md5::digest(email.trim().to_lowercase());
    format!("https://www.gravatar.com/avatar/{hash:x}?d=identicon&s=48")
}

/// Seconds since 1970 as `2026-11-21 @ 08:38`, in UTC.
fn published(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds).unwrap_or_default();
    time.strftime("%Y-%m-%d @ %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_to_the_minute_in_utc() {
        assert_eq!(published(1_795_250_280), "2026-11-21 @ 08:38");
    }

    #[test]
    fn avatars_hash_the_trimmed_lower_case_address() {
        let expected = "https://www.gravatar.com/avatar/\
            0bc83cb571cd1c50ba6f3e8a78ef1346?d=identicon&s=48";
        assert_eq!(avatar("  MyEmailAddress@example.com "), expected);
    }
}
