//! A user during a failover: signed in by the pages, with an open timeline on which the user's own messages must appear.

use crate::api::Api;
use crate::error::Error;
use crate::scenario::step::Action;
use hyper::header::HeaderName;
use operate::client::{Cookies, Failure, Request, Stream, open_stream, send};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// Set-up is not a measurement.
const SETUP: Duration = Duration::from_secs(5);
const BETWEEN_POSTS: Duration = Duration::from_millis(500);
const BETWEEN_VISITS: Duration = Duration::from_millis(500);
const VISIT: Duration = Duration::from_secs(1);
/// The wait before a reconnect that the stream's first frame sets.
const RETRY: Duration = Duration::from_secs(1);
/// All posted messages must have been delivered by then.
const CATCH_UP: Duration = Duration::from_secs(30);
/// Marks a message's number in its text and in pages.
const MARK: &str = "drill-witness-";
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// What the user observed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Witnessed {
    /// Messages posted and acknowledged.
    pub posted: usize,
    /// Those that never came to the open timeline.
    #[serde(alias = "untold")]
    pub undelivered: usize,
    /// How often the stream was opened.
    pub streams: usize,
    /// Visits to the user's own timeline that got a response.
    pub visits: usize,
    /// Those with the page of someone who is not signed in.
    pub signed_out: usize,
    /// The droplets that served them, where responses name them.
    pub served_by: BTreeSet<String>,
}

#[derive(Default)]
struct Observations {
    witnessed: Witnessed,
    posted: BTreeSet<u32>,
    delivered: BTreeSet<u32>,
    last_event: Option<String>,
}

/// The user, until stopped or dropped.
pub struct Witness {
    observations: Arc<Mutex<Observations>>,
    activities: JoinSet<()>,
    over: watch::Sender<bool>,
}

#[derive(Clone)]
struct Browser {
    api: Api,
    cookies: Cookies,
    name: String,
    observations: Arc<Mutex<Observations>>,
}

impl Witness {
    /// Registers, signs in, opens the timeline, and begins to post.
    ///
    /// # Errors
    /// If any of it fails.
    pub async fn start(api: &Api, tag: &str) -> Result<Self, Error> {
        let failed = |request: &str, failure: Failure| Error::Unreachable {
            url: api.target().to_string(),
            cause: format!("{request}: {failure}"),
        };
        let name = format!("witness {tag}");
        let password = format!("drill-{name}");
        let account = Action::Register {
            user: name.clone(),
            email: "witness@example.com".to_owned(),
            password: password.clone(),
        };
        api.act(&account, None, SETUP)
            .await
            .map_err(|failure| failed("POST /register", failure))?;
        let cookies = sign_in(api, &name, &password)
            .await
            .map_err(|failure| failed("POST /login", failure))?;
        let observations = Arc::<Mutex<Observations>>::default();
        let browser = Browser {
            api: api.clone(),
            cookies,
            name,
            observations: observations.clone(),
        };
        let first = browser.open().await;
        let first = first.map_err(|failure| failed("GET /live", failure))?;
        let (over, is_over) = watch::channel(false);
        let mut activities = JoinSet::new();
        activities.spawn(browser.clone().follow_timeline(first));
        activities.spawn(browser.clone().visit(is_over.clone()));
        activities.spawn(browser.post(is_over));
        Ok(Self {
            observations,
            activities,
            over,
        })
    }

    /// Ends posts and visits, and gives the stream time to deliver the rest.
    pub async fn stop(mut self) -> Witnessed {
        self.over.send_replace(true);
        // All but the stream end by themselves.
        while self.activities.len() > 1 && self.activities.join_next().await.is_some() {}
        let deadline = Instant::now() + CATCH_UP;
        while Instant::now() < deadline && !self.all_delivered() {
            sleep(Duration::from_millis(100)).await;
        }
        self.activities.abort_all();
        let observations = lock(&self.observations);
        let undelivered = observations.posted.difference(&observations.delivered);
        Witnessed {
            posted: observations.posted.len(),
            undelivered: undelivered.count(),
            ..observations.witnessed.clone()
        }
    }

    fn all_delivered(&self) -> bool {
        let observations = lock(&self.observations);
        observations.posted.is_subset(&observations.delivered)
    }
}

fn lock(observations: &Mutex<Observations>) -> MutexGuard<'_, Observations> {
    observations.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The session's cookie.
async fn sign_in(api: &Api, name: &str, password: &str) -> Result<Cookies, Failure> {
    let form = Request::post_form("/login", &[("username", name), ("password", password)]);
    let response = send(api.target(), &form, SETUP).await?.expect_status(302)?;
    let mut cookies = Cookies::default();
    cookies.store(&response.headers);
    if cookies.is_empty() {
        return Err(Failure::Malformed);
    }
    Ok(cookies)
}

impl Browser {
    async fn post(self, over: watch::Receiver<bool>) {
        for number in 0_u32.. {
            if *over.borrow() {
                break;
            }
            let message = Action::Tweet {
                user: self.name.clone(),
                text: format!("{MARK}{number};"),
            };
            let limit = self.api.limit();
            if self.api.act(&message, None, limit).await.is_ok() {
                lock(&self.observations).posted.insert(number);
            }
            sleep(BETWEEN_POSTS).await;
        }
    }

    /// A visit without a response belongs to the outage, which the load measures.
    async fn visit(self, over: watch::Receiver<bool>) {
        while !*over.borrow() {
            let request = self.cookies.apply(Request::get("/"));
            if let Ok(response) = send(self.api.target(), &request, VISIT).await
                && response.status < 500
            {
                let witnessed = &mut lock(&self.observations).witnessed;
                witnessed.visits += 1;
                if response.text().contains("/logout") {
                    let droplet = response.served_by().map(str::to_owned);
                    witnessed.served_by.extend(droplet);
                } else {
                    witnessed.signed_out += 1;
                }
            }
            sleep(BETWEEN_VISITS).await;
        }
    }

    async fn open(&self) -> Result<Stream, Failure> {
        let last = lock(&self.observations).last_event.clone();
        let mut request = self.cookies.apply(Request::get("/live?mine"));
        if let Some(id) = last {
            request = request.header(LAST_EVENT, &id);
        }
        let stream = open_stream(self.api.target(), &request, SETUP).await?;
        if stream.status != 200 {
            return Err(Failure::Status(stream.status));
        }
        lock(&self.observations).witnessed.streams += 1;
        Ok(stream)
    }

    /// Reads the stream as a browser's `EventSource` does: when it ends, for whatever reason, it reconnects and sends the
    /// last event's id.
    async fn follow_timeline(self, first: Stream) {
        let mut stream = Some(first);
        loop {
            if let Some(mut open) = stream.take() {
                let mut text = Vec::new();
                while let Ok(Some(bytes)) = open.chunk().await {
                    text.extend_from_slice(&bytes);
                    let complete = text.windows(2).rposition(|end| end == b"\n\n");
                    if let Some(end) = complete {
                        self.record_events(&String::from_utf8_lossy(&text[..end]));
                        text.drain(..end + 2);
                    }
                }
            }
            sleep(RETRY).await;
            stream = self.open().await.ok();
        }
    }

    fn record_events(&self, frames: &str) {
        let mut observations = lock(&self.observations);
        for line in frames.lines() {
            if let Some(id) = line.strip_prefix("id:") {
                observations.last_event = Some(id.trim().to_owned());
            }
            observations.delivered.extend(numbers(line));
        }
    }
}

/// The numbers of the messages in a text.
fn numbers(text: &str) -> impl Iterator<Item = u32> {
    let after_marks = text.split(MARK).skip(1);
    after_marks.filter_map(|rest| rest.split_once(';')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_recognised_by_their_numbers() {
        let text =
            "data: {\"html\":\"<li>drill-witness-7; drill-witness-12;</li> drill-witness-x;\"}";
        assert_eq!(numbers(text).collect::<Vec<_>>(), [7, 12]);
    }
}
