//! `/live`: new messages for open timelines, as server-sent events.

use std::collections::HashSet;
use std::sync::Arc;

use hyper::HeaderMap;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::live::{Audience, Event, Refused, feed};
use crate::reply::{self, Reply};
use crate::store::messages::{self, Entry};
use crate::store::users;

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::unavailable(refused)
    }
}

/// `GET /live`: everybody's messages; with `?user=NAME` that user's.
///
/// The header `Last-Event-ID`, or `?after=` at first, is the newest message that the client has.
/// What came since is told first and can repeat a message.
pub async fn listen(context: Context) -> Result<Reply> {
    let after = last_event(context.headers())
        .or_else(|| context.query("after").and_then(|text| text.parse().ok()));
    let (audience, author) = match context.query("user") {
        None => (Audience::Everyone, None),
        Some(name) if name.contains('\0') => return Err(Error::unknown_user()),
        Some(name) => {
            let mut session = context.session().await?;
            let user = users::find(&mut session, &name).await?;
            let user = user.ok_or_else(Error::unknown_user)?;
            (Audience::Of(HashSet::from([user.name])), Some(user.id))
        }
    };
    let app = &context.app;
    let (listener, missed) = app.live.listen(audience, after, &app.lifecycle)?;
    let mut told = missed.events;
    if let (Some(after), Some(author), false) = (after, author, missed.complete) {
        let mut session = context.session().await?;
        let page = messages::page_of(&mut session, author, i64::MAX, super::timeline::READ).await?;
        told = events(page, after);
    }
    Ok(reply::event_stream(listener.stream(&told)))
}

/// What a page shows above the message `after`, oldest first.
fn events(page: Vec<Entry>, after: i64) -> Vec<Arc<Event>> {
    let newer = page.into_iter().rev().filter(|entry| entry.id > after);
    newer.filter_map(feed::event).map(Arc::new).collect()
}

fn last_event(headers: &HeaderMap) -> Option<i64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}
