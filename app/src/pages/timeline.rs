//! Timelines: of all users and of one, newest first, 30 messages a page.

use askama::Template;
use hyper::header;
use jiff::Timestamp;
use md5::{Digest, Md5};

use super::frame::{self, Frame};
use super::path;
use crate::auth::session;
use crate::context::Context;
use crate::database::Session;
use crate::error::{Error, Result};
use crate::reply::{self, Reply};
use crate::store::follows;
use crate::store::messages::{self, Entry};
use crate::store::users::{self, User};

const PER_PAGE: usize = 30;

/// One more than is shown tells whether there are older ones.
pub const READ: i64 = 31;

#[derive(Template)]
#[template(path = "timeline.html")]
struct Timeline {
    title: String,
    messages: Vec<Line>,
    older: Option<i64>,
    /// Where new messages come from; older pages get none.
    live: Option<String>,
    /// The newest message's number.
    newest: i64,
    above: Above,
    frame: Frame,
}

/// What stands above the messages.
enum Above {
    Nothing,
    /// The form for a message of this user.
    Form(String),
    /// Whose page this is to the viewer; with the page's path.
    Yourself,
    Followed(String),
    Stranger(String),
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

/// `GET /`: the messages of the viewer and of all whom the viewer follows.
pub async fn home(context: Context) -> Result<Reply> {
    let Some(claim) = context.claim() else {
        return reply::redirect("/public");
    };
    let mut session = context.session().await?;
    let Some(viewer) = session::confirm(claim, &mut session).await? else {
        return reply::redirect("/public");
    };
    let entries = messages::page_for(&mut session, viewer.id, before(&context), READ).await?;
    drop(session);
    let above = Above::Form(viewer.name.clone());
    let title = "My Timeline".to_owned();
    let live = "/live?mine".to_owned();
    show(&context, title, entries, above, Some(viewer), live)
}

/// `GET /public`: the messages of all users.
pub async fn public(context: Context) -> Result<Reply> {
    let before = before(&context);
    if before == i64::MAX {
        return newest(&context).await;
    }
    let mut session = context.session().await?;
    let viewer = session::viewer(&context, &mut session).await?;
    let entries = messages::page(&mut session, before, READ).await?;
    drop(session);
    let timeline = public_timeline(&context, entries, viewer);
    frame::show(&context, &timeline)
}

/// The first page: read once for all who ask at the same time, rendered once for all of those who
/// send no cookie, which is all that pages depend on otherwise.
async fn newest(context: &Context) -> Result<Reply> {
    let anonymous = !context.headers().contains_key(header::COOKIE);
    let viewer = session::viewer_if_claimed(context).await?;
    let newest = context.app.shared.newest(READ).await?;
    if anonymous && let Some(page) = newest.page.get() {
        return Ok(reply::html_text(page.clone()));
    }
    let timeline = public_timeline(context, newest.entries.clone(), viewer);
    if !anonymous {
        return frame::show(context, &timeline);
    }
    let page = reply::html_of(&timeline)?;
    // Somebody else may have been faster; what is there is the same.
    let _ = newest.page.set(page.clone());
    Ok(reply::html_text(page))
}

fn public_timeline(context: &Context, entries: Vec<Entry>, viewer: Option<User>) -> Timeline {
    let title = "Public Timeline".to_owned();
    let live = "/live".to_owned();
    timeline(context, title, entries, Above::Nothing, viewer, live)
}

/// `GET /{user}`: the messages of one.
pub async fn user(context: Context) -> Result<Reply> {
    let name = context.user()?;
    let mut session = context.session().await?;
    let user = users::find(&mut session, &name).await?;
    let user = user.ok_or_else(Error::unknown_user)?;
    let viewer = session::viewer(&context, &mut session).await?;
    let above = relation(&mut session, viewer.as_ref(), &user).await?;
    let entries = messages::page_of(&mut session, user.id, before(&context), READ).await?;
    drop(session);
    let title = format!("{}'s Timeline", user.name);
    let live = path::live(&user.name);
    show(&context, title, entries, above, viewer, live)
}

/// What a user is to the viewer.
async fn relation(session: &mut Session, viewer: Option<&User>, user: &User) -> Result<Above> {
    Ok(match viewer {
        None => Above::Nothing,
        Some(viewer) if viewer.id == user.id => Above::Yourself,
        Some(viewer) if follows::exists(session, viewer.id, user.id).await? => {
            Above::Followed(path::user(&user.name))
        }
        Some(_) => Above::Stranger(path::user(&user.name)),
    })
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

fn show(
    context: &Context,
    title: String,
    entries: Vec<Entry>,
    above: Above,
    viewer: Option<User>,
    live: String,
) -> Result<Reply> {
    let timeline = timeline(context, title, entries, above, viewer, live);
    frame::show(context, &timeline)
}

fn timeline(
    context: &Context,
    title: String,
    mut entries: Vec<Entry>,
    above: Above,
    viewer: Option<User>,
    live: String,
) -> Timeline {
    let more = entries.len() > PER_PAGE;
    entries.truncate(PER_PAGE);
    let newest = entries.first().map_or(0, |entry| entry.id);
    let older = entries.last().map(|entry| entry.id).filter(|_| more);
    Timeline {
        title,
        older,
        live: (before(context) == i64::MAX).then_some(live),
        newest,
        messages: entries.into_iter().map(line).collect(),
        above,
        frame: Frame::new(context, viewer.map(|viewer| viewer.name)),
    }
}

fn line(entry: Entry) -> Line {
    let author = entry.message.author;
    Line {
        id: entry.id,
        avatar: avatar(&entry.email),
        author_path: path::user(&author),
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
