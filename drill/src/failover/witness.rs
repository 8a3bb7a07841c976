//! A user across a failover: signed in by the pages, with an open timeline on which own messages must appear.

use crate::api::Api;
use crate::error::Error;
use crate::http::SERVED_BY;
use crate::scenario::Action;
use reqwest::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// Setting up is no measurement.
const SETUP: Duration = Duration::from_secs(5);
const BETWEEN_POSTS: Duration = Duration::from_millis(500);
const BETWEEN_VISITS: Duration = Duration::from_millis(500);
const VISIT: Duration = Duration::from_secs(1);
/// What the stream's first frame tells browsers to wait before they connect again.
const RETRY: Duration = Duration::from_secs(1);
/// As browsers do, though they wait longer: a stream whose droplet died in silence is noticed by the kernel's probes.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// By then all that was posted must have been told.
const CATCH_UP: Duration = Duration::from_secs(30);
/// Stands before a message's number in its text, as it stands in a page.
const MARK: &str = "drill-witness-";

/// What became of the user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Witnessed {
    /// Messages posted and acknowledged.
    pub posted: usize,
    /// Those that never came to the open timeline.
    pub untold: usize,
    /// How often the stream was opened.
    pub streams: usize,
    /// Visits to the own timeline that were answered.
    pub visits: usize,
    /// Those answered as to someone who is not signed in.
    pub signed_out: usize,
    /// Who answered them, where answers say so.
    pub served_by: BTreeSet<String>,
}

#[derive(Default)]
struct Notes {
    witnessed: Witnessed,
    posted: BTreeSet<u32>,
    told: BTreeSet<u32>,
    last_event: Option<String>,
}

/// The user, until stopped or dropped.
pub struct Witness {
    notes: Arc<Mutex<Notes>>,
    activities: JoinSet<()>,
    over: watch::Sender<bool>,
}

#[derive(Clone)]
struct Browser {
    api: Api,
    client: Client,
    name: String,
    notes: Arc<Mutex<Notes>>,
}

impl Witness {
    /// Makes the account, signs in, opens the timeline, and begins to post.
    ///
    /// # Errors
    /// If any of it fails.
    pub async fn start(api: &Api, tag: &str) -> Result<Self, Error> {
        let failed = |cause: String| Error::Unreachable {
            url: api.target().to_string(),
            cause,
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
            .map_err(|failure| failed(format!("POST /register: {failure}")))?;
        let client = sign_in(api, &name, &password)
            .await
            .map_err(|cause| failed(format!("POST /login: {cause}")))?;
        let notes = Arc::<Mutex<Notes>>::default();
        let browser = Browser {
            api: api.clone(),
            client,
            name,
            notes: notes.clone(),
        };
        let first = browser.open().await;
        let first = first.map_err(|cause| failed(format!("GET /live: {cause}")))?;
        let (over, is_over) = watch::channel(false);
        let mut activities = JoinSet::new();
        activities.spawn(browser.clone().listen(first));
        activities.spawn(browser.clone().visit(is_over.clone()));
        activities.spawn(browser.post(is_over));
        Ok(Self {
            notes,
            activities,
            over,
        })
    }

    /// Ends the posts and the visits, and gives the stream time to tell what it still has to.
    pub async fn stop(mut self) -> Witnessed {
        self.over.send_replace(true);
        // All but the listener end by themselves.
        while self.activities.len() > 1 && self.activities.join_next().await.is_some() {}
        let deadline = Instant::now() + CATCH_UP;
        while Instant::now() < deadline && !self.all_told() {
            sleep(Duration::from_millis(100)).await;
        }
        self.activities.abort_all();
        let notes = lock(&self.notes);
        Witnessed {
            posted: notes.posted.len(),
            untold: notes.posted.difference(&notes.told).count(),
            ..notes.witnessed.clone()
        }
    }

    fn all_told(&self) -> bool {
        let notes = lock(&self.notes);
        notes.posted.is_subset(&notes.told)
    }
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A client that sends the session's cookie.
async fn sign_in(api: &Api, name: &str, password: &str) -> Result<Client, String> {
    let text = |error: reqwest::Error| error.to_string();
    let build = |headers: HeaderMap| {
        Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .tcp_keepalive(KEEP_ALIVE)
            .connect_timeout(VISIT)
            .default_headers(headers)
            .build()
            .map_err(text)
    };
    let form = [("username", name), ("password", password)];
    let form: Vec<String> = form
        .iter()
        .map(|(key, value)| format!("{key}={}", crate::http::percent_encode(value)))
        .collect();
    let answer = build(HeaderMap::new())?
        .post(format!("{}/login", api.target()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.join("&"))
        .timeout(SETUP)
        .send()
        .await
        .map_err(text)?;
    let cookies = answer.headers().get_all(SET_COOKIE).iter();
    let cookies: Vec<&str> = cookies
        .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
        .collect();
    if answer.status() != StatusCode::FOUND || cookies.is_empty() {
        return Err(format!("{} without a session", answer.status()));
    }
    let cookie = HeaderValue::from_str(&cookies.join("; ")).map_err(|error| error.to_string())?;
    build(HeaderMap::from_iter([(COOKIE, cookie)]))
}

impl Browser {
    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.api.target()))
    }

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
                lock(&self.notes).posted.insert(number);
            }
            sleep(BETWEEN_POSTS).await;
        }
    }

    /// What is not answered is the outage's, and measured elsewhere.
    async fn visit(self, over: watch::Receiver<bool>) {
        while !*over.borrow() {
            if let Ok(Ok(answer)) = timeout(VISIT, self.get("/").send()).await {
                self.note_visit(answer).await;
            }
            sleep(BETWEEN_VISITS).await;
        }
    }

    async fn note_visit(&self, answer: Response) {
        if answer.status().is_server_error() {
            return;
        }
        let by = answer.headers().get(SERVED_BY);
        let by = by.and_then(|name| name.to_str().ok()).map(str::to_owned);
        let Ok(Ok(page)) = timeout(VISIT, answer.text()).await else {
            return;
        };
        let witnessed = &mut lock(&self.notes).witnessed;
        witnessed.visits += 1;
        if page.contains("/logout") {
            witnessed.served_by.extend(by);
        } else {
            witnessed.signed_out += 1;
        }
    }

    async fn open(&self) -> Result<Response, String> {
        let last = lock(&self.notes).last_event.clone();
        let mut request = self.get("/live?mine");
        if let Some(id) = last {
            request = request.header("last-event-id", id);
        }
        let answer = timeout(SETUP, request.send())
            .await
            .map_err(|_| "no answer".to_owned())?
            .map_err(|error| error.to_string())?;
        if answer.status() != StatusCode::OK {
            return Err(answer.status().to_string());
        }
        lock(&self.notes).witnessed.streams += 1;
        Ok(answer)
    }

    /// Listens as a browser's `EventSource` does: whatever ends the stream, it comes again and says where it was.
    async fn listen(self, first: Response) {
        let mut stream = Some(first);
        loop {
            if let Some(mut answer) = stream.take() {
                let mut text = Vec::new();
                while let Ok(Some(bytes)) = answer.chunk().await {
                    text.extend_from_slice(&bytes);
                    let complete = text.windows(2).rposition(|end| end == b"\n\n");
                    if let Some(end) = complete {
                        self.note_events(&String::from_utf8_lossy(&text[..end]));
                        text.drain(..end + 2);
                    }
                }
            }
            sleep(RETRY).await;
            stream = self.open().await.ok();
        }
    }

    fn note_events(&self, frames: &str) {
        let mut notes = lock(&self.notes);
        for line in frames.lines() {
            if let Some(id) = line.strip_prefix("id:") {
                notes.last_event = Some(id.trim().to_owned());
            }
            notes.told.extend(numbers(line));
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
    fn messages_are_known_by_their_numbers() {
        let text =
            "data: {\"html\":\"<li>drill-witness-7; drill-witness-12;</li> drill-witness-x;\"}";
        assert_eq!(numbers(text).collect::<Vec<_>>(), [7, 12]);
    }
}
