//! `/live`: new messages for open timelines, as server-sent events.

use std::collections::HashSet;
use std::sync::Arc;

use hyper::HeaderMap;

use crate::app::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::live::{Audience, Event, Lookup, OwnTimeline, Refused};
use crate::reply::{self, Reply};
use crate::store::batched::PAGE;
use crate::store::messages::{self, Reader};
use crate::store::users::{self, User};

/// Of more followed users than this, the rest is shown at the next load only.
const FOLLOWED: i64 = 5000;

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::unavailable(refused)
    }
}

/// Which timeline is open.
enum Timeline {
    Public,
    Of(User),
    Mine(User),
}

/// `GET /live`: everybody's messages; with `?user=NAME` that user's, with `?mine` those on the
/// timeline of who is signed in.
///
/// The header `Last-Event-ID`, or `?after=` at first, is the newest message that the client has.
/// The stream begins with the messages since then, and can repeat one. An event of the type `gap` reports that
/// there are messages which the stream leaves out.
pub async fn listen(context: Context) -> Result<Reply> {
    let after = last_event(context.headers())
        .or_else(|| context.query("after").and_then(|text| text.parse().ok()));
    let timeline = timeline(&context).await?;
    // Subscribed before the followed users are read: no change in between is lost.
    let app = &context.app;
    let changes = match &timeline {
        Timeline::Mine(viewer) => Some((viewer, app.live.follow_changes.subscribe(&viewer.name))),
        _ => None,
    };
    let audience = audience(app, &timeline).await?;
    let own = changes.map(|(viewer, changes)| OwnTimeline {
        lookup: lookup(app, viewer),
        changes,
    });
    let (listener, missed) = app.live.listen(audience, after, &app.lifecycle)?;
    let (events, gap) = match after {
        Some(after) if !missed.complete => match since(&context, &timeline, after).await? {
            Some(events) => {
                let gap = events.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
                (events, gap)
            }
            None => (missed.events, true),
        },
        _ => (missed.events, false),
    };
    Ok(reply::event_stream(
        listener.with_own_timeline(own).stream(&events, gap),
    ))
}

/// Reads the authors on a user's own timeline.
fn lookup(app: &Arc<App>, viewer: &User) -> Lookup {
    let (app, viewer) = (app.clone(), viewer.name.clone());
    Box::new(move || {
        let (app, viewer) = (app.clone(), viewer.clone());
        Box::pin(async move { authors(&app, &viewer).await.ok() })
    })
}

async fn timeline(context: &Context) -> Result<Timeline> {
    if context.query("mine").is_some() {
        return Ok(Timeline::Mine(context.required_viewer().await?));
    }
    let Some(name) = context.query("user") else {
        return Ok(Timeline::Public);
    };
    if name.contains('\0') {
        return Err(Error::unknown_user());
    }
    let user = users::find(&mut context.session().await?, &name).await?;
    user.map(Timeline::Of).ok_or_else(Error::unknown_user)
}

async fn audience(app: &App, timeline: &Timeline) -> Result<Audience> {
    Ok(match timeline {
        Timeline::Public => Audience::Everyone,
        Timeline::Of(user) => Audience::Of(HashSet::from([user.name.clone()])),
        Timeline::Mine(viewer) => Audience::Of(authors(app, &viewer.name).await?),
    })
}

/// A user and the users that this user follows.
async fn authors(app: &App, viewer: &str) -> Result<HashSet<String>> {
    let followed = app.batched.follows_of(viewer.to_owned(), FOLLOWED).await?;
    let mut names: HashSet<_> = followed.unwrap_or_default().into_iter().collect();
    names.insert(viewer.to_owned());
    Ok(names)
}

/// The messages of a page above the message `after`, oldest first; `None` for the public timeline.
async fn since(
    context: &Context,
    timeline: &Timeline,
    after: i64,
) -> Result<Option<Vec<Arc<Event>>>> {
    let page = match timeline {
        Timeline::Public => return Ok(None),
        Timeline::Of(user) => {
            let mut session = context.session().await?;
            messages::page_of(&mut session, user.id, i64::MAX, PAGE).await?
        }
        Timeline::Mine(viewer) => {
            let reader = Reader {
                id: viewer.id,
                name: viewer.name.clone(),
                before: i64::MAX,
            };
            let page = context.app.batched.timeline(reader).await?;
            page.unwrap_or_default()
        }
    };
    let newer = page.into_iter().rev().filter(|message| message.id > after);
    let events = newer.filter_map(|message| Event::of(&message, &context.app.messages).ok());
    Ok(Some(events.map(Arc::new).collect()))
}

fn last_event(headers: &HeaderMap) -> Option<i64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}
