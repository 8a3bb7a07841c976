//! Timelines: of all users and of one, newest first, 30 messages a page.

use std::fmt::Display;

use askama::Template;
use hyper::header;

use super::frame::{self, Frame};
use super::item::{self, Item};
use super::path;
use crate::auth::session;
use crate::context::Context;
use crate::database::Session;
use crate::error::{Error, Result};
use crate::reply::{self, Reply};
use crate::store::follows;
use crate::store::messages::{self, Entry, Reader};
use crate::store::newest::Line;
use crate::store::shared::PAGE;
use crate::store::users::{self, User};

const PER_PAGE: usize = 30;

#[derive(Template)]
#[template(path = "timeline.html")]
struct Timeline<M: Display> {
    title: String,
    /// List items.
    messages: Vec<M>,
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

/// `GET /`: the messages of the viewer and of all whom the viewer follows.
pub async fn home(context: Context) -> Result<Reply> {
    let Some(claim) = context.claim() else {
        return reply::redirect("/public");
    };
    let viewer = User {
        id: claim.id,
        name: claim.name.clone(),
    };
    let reader = Reader {
        id: claim.id,
        name: claim.name.clone(),
        before: before(&context),
    };
    let Some(entries) = context.app.shared.timeline(reader).await? else {
        return reply::redirect("/public");
    };
    let above = Above::Form(viewer.name.clone());
    let title = "My Timeline".to_owned();
    let live = "/live?mine".to_owned();
    show(&context, (title, live), &entries, above, Some(viewer))
}

/// `GET /public`: the messages of all users.
pub async fn public(context: Context) -> Result<Reply> {
    let before = before(&context);
    if before == i64::MAX {
        return newest(&context).await;
    }
    let mut session = context.session().await?;
    let viewer = session::viewer(&context, &mut session).await?;
    let entries = messages::page(&mut session, before, PAGE).await?;
    drop(session);
    show(&context, public_page(), &entries, Above::Nothing, viewer)
}

/// The first page: read once for all who ask at the same time, rendered once for all of those who
/// send no cookie, which is all that pages depend on otherwise.
async fn newest(context: &Context) -> Result<Reply> {
    let anonymous = !context.headers().contains_key(header::COOKIE);
    let viewer = session::viewer_if_claimed(context).await?;
    let newest = context.app.shared.newest(PAGE).await?;
    if anonymous && let Some(page) = newest.page.get() {
        return Ok(reply::html_text(page.clone()));
    }
    let items = newest
        .lines
        .iter()
        .map(|line| Ok((line.entry.id, item_of(line)?)));
    let items = items.collect::<Result<Vec<_>>>()?;
    let timeline = timeline(context, public_page(), items, Above::Nothing, viewer);
    if !anonymous {
        return frame::show(context, &timeline);
    }
    let page = reply::html_of(&timeline)?;
    // Somebody else may have been faster; what is there is the same.
    let _ = newest.page.set(page.clone());
    Ok(reply::html_text(page))
}

/// A message's list item, made once.
fn item_of(line: &Line) -> Result<&str> {
    if let Some(item) = line.item.get() {
        return Ok(item);
    }
    let text = item::text(&line.entry)?;
    Ok(line.item.get_or_init(|| text))
}

/// Title, and where new messages come from.
fn public_page() -> (String, String) {
    ("Public Timeline".to_owned(), "/live".to_owned())
}

/// `GET /{user}`: the messages of one.
pub async fn user(context: Context) -> Result<Reply> {
    let name = context.user()?;
    let mut session = context.session().await?;
    let user = users::find(&mut session, &name).await?;
    let user = user.ok_or_else(Error::unknown_user)?;
    let viewer = session::viewer(&context, &mut session).await?;
    let above = relation(&mut session, viewer.as_ref(), &user).await?;
    let entries = messages::page_of(&mut session, user.id, before(&context), PAGE).await?;
    drop(session);
    let title = format!("{}'s Timeline", user.name);
    let live = path::live(&user.name);
    show(&context, (title, live), &entries, above, viewer)
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

fn show(
    context: &Context,
    page: (String, String),
    entries: &[Entry],
    above: Above,
    viewer: Option<User>,
) -> Result<Reply> {
    let items = entries.iter().map(|entry| (entry.id, Item::of(entry)));
    let timeline = timeline(context, page, items.collect(), above, viewer);
    frame::show(context, &timeline)
}

/// A page of list items with their messages' numbers, one more than is shown if there are older ones.
fn timeline<M: Display>(
    context: &Context,
    (title, live): (String, String),
    mut items: Vec<(i64, M)>,
    above: Above,
    viewer: Option<User>,
) -> Timeline<M> {
    let more = items.len() > PER_PAGE;
    items.truncate(PER_PAGE);
    let newest = items.first().map_or(0, |(id, _)| *id);
    let older = items.last().map(|(id, _)| *id).filter(|_| more);
    Timeline {
        title,
        older,
        live: (before(context) == i64::MAX).then_some(live),
        newest,
        messages: items.into_iter().map(|(_, item)| item).collect(),
        above,
        frame: Frame::new(context, viewer.map(|viewer| viewer.name)),
    }
}
