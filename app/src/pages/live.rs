//! `/live`: new messages for open timelines, as server-sent events.

use std::collections::HashSet;
use std::sync::Arc;

use hyper::HeaderMap;

use crate::app::App;
use crate::auth::session;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::live::{Audience, Event, Look, Mine, Refused, feed};
use crate::reply::{self, Reply};
use crate::store::messages::{self, Reader};
use crate::store::shared::PAGE;
use crate::store::users::{self, User};

/// Of more followed users than this, the rest is seen at the next load.
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
/// What came since is told first and can repeat a message. An event of the type `gap` says that there
/// are messages which are not told.
pub async fn listen(context: Context) -> Result<Reply> {
    let after = last_event(context.headers())
        .or_else(|| context.query("after").and_then(|text| text.parse().ok()));
    let timeline = timeline(&context).await?;
    // Before it is looked up whom the user follows: a change in between is heard.
    let app = &context.app;
    let changes = match &timeline {
        Timeline::Mine(viewer) => Some((viewer, app.live.following.listen(&viewer.name))),
        _ => None,
    };
    let audience = audience(app, &timeline).await?;
    let mine = changes.map(|(viewer, changes)| Mine {
        look: look(app, viewer),
        changes,
    });
    let (listener, missed) = app.live.listen(audience, after, &app.lifecycle)?;
    let (told, gap) = match after {
        Some(after) if !missed.complete => match since(&context, &timeline, after).await? {
            Some(told) => {
                let gap = told.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
                (told, gap)
            }
            None => (missed.events, true),
        },
        _ => (missed.events, false),
    };
    Ok(reply::event_stream(listener.of(mine).stream(&told, gap)))
}

/// Looks up whose messages are on a user's own timeline.
fn look(app: &Arc<App>, viewer: &User) -> Look {
    let (app, viewer) = (app.clone(), viewer.name.clone());
    Box::new(move || {
        let (app, viewer) = (app.clone(), viewer.clone());
        Box::pin(async move { authors(&app, &viewer).await.ok() })
    })
}

async fn timeline(context: &Context) -> Result<Timeline> {
    if context.query("mine").is_some() {
        let mut session = context.session().await?;
        let viewer = session::required(context, &mut session).await?;
        return Ok(Timeline::Mine(viewer));
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

/// A user and whom that user follows.
async fn authors(app: &App, viewer: &str) -> Result<HashSet<String>> {
    let followed = app.shared.follows_of(viewer.to_owned(), FOLLOWED).await?;
    let mut names: HashSet<_> = followed.unwrap_or_default().into_iter().collect();
    names.insert(viewer.to_owned());
    Ok(names)
}

/// What a page shows above the message `after`, oldest first, where that is not known already.
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
            let page = context.app.shared.timeline(reader).await?;
            page.unwrap_or_default()
        }
    };
    let newer = page.into_iter().rev().filter(|entry| entry.id > after);
    let events = newer.filter_map(|entry| feed::event(&entry)).map(Arc::new);
    Ok(Some(events.collect()))
}

fn last_event(headers: &HeaderMap) -> Option<i64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}
