//! Timelines: of all users and of one, newest first, 30 messages a page.

use hyper::header;
use serde::Serialize;

use super::frame;
use crate::context::Context;
use crate::database::Session;
use crate::error::{Error, Result};
use crate::render::path;
use crate::reply::{self, Reply};
use crate::store::batched::PAGE;
use crate::store::follows;
use crate::store::messages::{self, Message, Reader};
use crate::store::users::{self, User};

const PER_PAGE: usize = 30;

/// A timeline's title and the address of its stream of new messages.
struct Kind {
    title: String,
    live: String,
}

impl Kind {
    fn public() -> Self {
        Self {
            title: "Public Timeline".to_owned(),
            live: "/live".to_owned(),
        }
    }
}

#[derive(Serialize)]
struct Timeline {
    #[serde(flatten)]
    head: Head,
    /// List items, each after a line break.
    messages: String,
    /// The number below which older messages are, if there are any.
    older: Option<i64>,
    /// The address of new messages; only the first page has it.
    live: Option<String>,
    /// The newest message's number.
    newest: i64,
}

/// The part above the messages. At most one of these is set.
#[derive(Default, Serialize)]
struct Head {
    /// There is a form for a message of the user of this name.
    form_of: Option<String>,
    /// This is the viewer's own page.
    is_viewer: bool,
    /// The viewer follows the user of the page at this path.
    followed_path: Option<String>,
    /// The viewer does not.
    unfollowed_path: Option<String>,
}

/// `GET /`: the messages of the viewer and of all users that the viewer follows.
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
    let Some(messages) = context.app.batched.timeline(reader).await? else {
        return reply::redirect("/public");
    };
    let head = Head {
        form_of: Some(viewer.name.clone()),
        ..Head::default()
    };
    let kind = Kind {
        title: "My Timeline".to_owned(),
        live: "/live?mine".to_owned(),
    };
    show(&context, kind, head, &messages, Some(&viewer))
}

/// `GET /public`: the messages of all users.
pub async fn public(context: Context) -> Result<Reply> {
    let before = before(&context);
    if before == i64::MAX {
        return newest(&context).await;
    }
    let mut session = context.session().await?;
    let viewer = context.viewer(&mut session).await?;
    let messages = messages::page(&mut session, before, PAGE).await?;
    drop(session);
    let (kind, head) = (Kind::public(), Head::default());
    show(&context, kind, head, &messages, viewer.as_ref())
}

/// The first public page. It is read once for all requests of the same time. It is rendered once for all requests without a
/// cookie, as it depends on nothing else.
async fn newest(context: &Context) -> Result<Reply> {
    let has_cookie = context.headers().contains_key(header::COOKIE);
    let viewer = context.viewer_if_claimed().await?;
    let newest = context.app.batched.newest(PAGE).await?;
    if !has_cookie && let Some(page) = newest.page.get() {
        return Ok(reply::html(page.clone()));
    }
    let messages = newest.messages.iter().map(|cached| &cached.message);
    let messages: Vec<&Message> = messages.collect();
    let kind = Kind::public();
    let timeline = timeline(context, kind.live, Head::default(), &messages)?;
    let template = ("timeline", kind.title.as_str());
    if has_cookie {
        return frame::show(context, template, viewer.as_ref(), timeline);
    }
    let page = frame::render(context, template, None, timeline)?;
    // Another request may have been faster; its value is the same.
    let _ = newest.page.set(page.clone());
    Ok(reply::html(page))
}

/// `GET /{user}`: the messages of one.
pub async fn user(context: Context) -> Result<Reply> {
    let name = context.user()?;
    let mut session = context.session().await?;
    let user = users::find(&mut session, &name).await?;
    let user = user.ok_or_else(Error::unknown_user)?;
    let viewer = context.viewer(&mut session).await?;
    let head = relation(&mut session, viewer.as_ref(), &user).await?;
    let messages = messages::page_of(&mut session, user.id, before(&context), PAGE).await?;
    drop(session);
    let kind = Kind {
        title: format!("{}'s Timeline", user.name),
        live: path::live(&user.name),
    };
    show(&context, kind, head, &messages, viewer.as_ref())
}

/// What the page shows about the viewer and its user.
async fn relation(session: &mut Session, viewer: Option<&User>, user: &User) -> Result<Head> {
    let mut head = Head::default();
    match viewer {
        None => {}
        Some(viewer) if viewer.id == user.id => head.is_viewer = true,
        Some(viewer) if follows::exists(session, viewer.id, user.id).await? => {
            head.followed_path = Some(path::user(&user.name));
        }
        Some(_) => head.unfollowed_path = Some(path::user(&user.name)),
    }
    Ok(head)
}

/// `?before=`: the last message's number of the page before this one.
fn before(context: &Context) -> i64 {
    let given = context.query("before").and_then(|text| text.parse().ok());
    given.unwrap_or(i64::MAX)
}

fn show(
    context: &Context,
    kind: Kind,
    head: Head,
    messages: &[Message],
    viewer: Option<&User>,
) -> Result<Reply> {
    let messages: Vec<&Message> = messages.iter().collect();
    let timeline = timeline(context, kind.live, head, &messages)?;
    frame::show(context, ("timeline", &kind.title), viewer, timeline)
}

/// `messages` contains one more than the page shows if there are older ones.
fn timeline(
    context: &Context,
    live: String,
    head: Head,
    messages: &[&Message],
) -> Result<Timeline> {
    let shown = &messages[..messages.len().min(PER_PAGE)];
    let last = shown.last().filter(|_| messages.len() > PER_PAGE);
    let html = context.app.messages.list(shown.iter().copied());
    Ok(Timeline {
        head,
        messages: html.map_err(Error::internal)?,
        older: last.map(|message| message.id),
        live: (before(context) == i64::MAX).then_some(live),
        newest: shown.first().map_or(0, |message| message.id),
    })
}
