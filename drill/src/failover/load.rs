//! A steady open-loop load: each request is sent on schedule, whether or not earlier ones have a response.

use super::outage::Sample;
use crate::acceptance::{accept, accept_latest};
use crate::api::Api;
use crate::error::Error;
use crate::scenario::step::{Action, Kind};
use crate::simulate::compare::missing_texts;
use operate::client::{KeepAlive, Response, send};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

pub use operate::client::Failure;

/// Hashing a password is slow on purpose, and this is set-up.
const REGISTER_TIMEOUT: Duration = Duration::from_secs(5);
const REGISTER_TRIES: usize = 5;
/// The least pause between two requests on one connection, besides a request's time limit.
const KEPT_PAUSE: Duration = Duration::from_millis(100);

/// A request and its result.
#[derive(Clone, Debug)]
pub struct Record {
    /// When it was due and when it ended.
    pub sample: Sample,
    /// On a connection that stays open between requests, or else on one of its own.
    pub keep_alive: bool,
    /// How late it was sent.
    pub lag: Duration,
    /// How it failed.
    pub failure: Option<Failure>,
    /// The droplet that sent a good response, where responses name it.
    pub served_by: Option<String>,
    /// The user and text, if it was a write.
    pub write: Option<(usize, String)>,
}

/// A load that runs until it is stopped or dropped.
pub struct Load {
    started: Instant,
    users: Vec<String>,
    records: Arc<Mutex<Vec<Record>>>,
    schedule: JoinSet<()>,
    stop: tokio::sync::watch::Sender<bool>,
}

/// Rate and versions of a load.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Requests a second.
    pub rate: u32,
    /// The versions that may respond; empty: any.
    pub versions: Arc<[String]>,
}

/// Names for as many users as a rate needs, so that none writes more than the API shows (1,000) in three minutes.
#[must_use]
pub fn user_names(tag: &str, rate: u32) -> Vec<String> {
    (0..(rate / 10).max(4))
        .map(|number| format!("drill {tag}.{number}"))
        .collect()
}

/// Creates the accounts that the load writes with.
///
/// # Errors
/// If one can't be created in several tries.
pub async fn register(api: &Api, users: &[String]) -> Result<(), Error> {
    for (number, user) in users.iter().enumerate() {
        let action = Action::Register {
            user: user.clone(),
            email: format!("drill-{number}@example.com"),
            password: format!("drill-{user}"),
        };
        let mut result = Err(Failure::Timeout);
        for _ in 0..REGISTER_TRIES {
            result = api.act(&action, None, REGISTER_TIMEOUT).await;
            if result.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        if let Err(failure) = result {
            return Err(Error::Unreachable {
                url: api.target().to_string(),
                cause: format!("POST /register: {failure}"),
            });
        }
    }
    Ok(())
}

impl Load {
    /// Starts the load. Of four requests two are reads of `/latest` and two are writes, one of each on a connection of
    /// its own and one on a connection that stays open.
    #[must_use]
    pub fn start(api: &Api, users: Vec<String>, traffic: &Traffic) -> Self {
        let started = Instant::now();
        let records = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let mut schedule = JoinSet::new();
        schedule.spawn(send_on_schedule(
            api.clone(),
            users.clone(),
            traffic.clone(),
            started,
            records.clone(),
            stopped,
        ));
        Self {
            started,
            users,
            records,
            schedule,
            stop,
        }
    }

    /// How long it has been running; the clock of its samples.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The requests that have ended so far, by schedule.
    #[must_use]
    pub fn samples(&self) -> Vec<Sample> {
        let mut samples: Vec<Sample> = lock(&self.records)
            .iter()
            .map(|record| record.sample)
            .collect();
        samples.sort_unstable_by_key(|sample| sample.scheduled);
        samples
    }

    /// The first failure of a request that was due after that time.
    #[must_use]
    pub fn first_failure_since(&self, from: Duration) -> Option<Failure> {
        let records = lock(&self.records);
        let mut recent = records
            .iter()
            .filter(|record| record.sample.scheduled >= from);
        recent.find_map(|record| record.failure)
    }

    /// Stops, waits for requests under way, and returns all of them by schedule.
    pub async fn stop(mut self) -> (Vec<String>, Vec<Record>) {
        self.stop.send_replace(true);
        while self.schedule.join_next().await.is_some() {}
        let mut records = std::mem::take(&mut *lock(&self.records));
        records.sort_unstable_by_key(|record| record.sample.scheduled);
        (std::mem::take(&mut self.users), records)
    }
}

fn lock(records: &Mutex<Vec<Record>>) -> std::sync::MutexGuard<'_, Vec<Record>> {
    records.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn send_on_schedule(
    api: Api,
    users: Vec<String>,
    traffic: Traffic,
    started: Instant,
    records: Arc<Mutex<Vec<Record>>>,
    stopped: tokio::sync::watch::Receiver<bool>,
) {
    let clients = open_clients(traffic.rate, api.limit());
    let mut under_way = JoinSet::new();
    for number in 0_u32.. {
        // Computed from the start each time, so that delays don't add up.
        let scheduled = Duration::from_secs(1) * number / traffic.rate.max(1);
        sleep_until(started + scheduled).await;
        if *stopped.borrow() {
            break;
        }
        let write = (number % 2 == 1).then(|| {
            let user = (number / 2) as usize % users.len();
            (user, users[user].clone(), format!("drill message {number}"))
        });
        let turn = (number / 4) as usize * 2 + (number % 2) as usize;
        let client = (number % 4 >= 2).then(|| clients[turn % clients.len()].clone());
        let (api, versions, records) = (api.clone(), traffic.versions.clone(), records.clone());
        under_way.spawn(async move {
            let lag = started.elapsed().saturating_sub(scheduled);
            let result = ask(&api, write.as_ref(), client.as_deref(), &versions).await;
            let (served_by, failure) = match result {
                Ok(response) => (response.served_by().map(str::to_owned), None),
                Err(failure) => (None, Some(failure)),
            };
            let record = Record {
                sample: Sample {
                    scheduled,
                    finished: started.elapsed(),
                    good: failure.is_none(),
                },
                keep_alive: client.is_some(),
                lag,
                failure,
                served_by,
                write: write.map(|(user, _, text)| (user, text)),
            };
            lock(&records).push(record);
        });
        while under_way.try_join_next().is_some() {}
    }
    while under_way.join_next().await.is_some() {}
}

/// Enough that each has a response, or gave up, before its next turn: no request waits for another.
fn open_clients(rate: u32, limit: Duration) -> Vec<Arc<tokio::sync::Mutex<KeepAlive>>> {
    let halves_of_pauses = (limit + KEPT_PAUSE).as_millis() / 2;
    let clients = u128::from(rate) * halves_of_pauses / 1000;
    (0..=clients).map(|_| Arc::default()).collect()
}

/// Sends a read, or the write, and judges the response.
async fn ask(
    api: &Api,
    write: Option<&(usize, String, String)>,
    client: Option<&tokio::sync::Mutex<KeepAlive>>,
    versions: &[String],
) -> Result<Response, Failure> {
    let request = match write {
        None => api.latest_request(),
        Some((_, user, text)) => {
            let (user, text) = (user.clone(), text.clone());
            api.request(&Action::Tweet { user, text }, None)
        }
    };
    let response = match client {
        None => send(api.target(), &request, api.limit()).await?,
        Some(client) => {
            let mut client = client.lock().await;
            client.send(api.target(), &request, api.limit()).await?
        }
    };
    let response = match write {
        None => accept_latest(response),
        Some(_) => accept(Kind::Tweet, response),
    }?;
    let may_respond = |version: &str| versions.iter().any(|it| it == version);
    if versions.is_empty() || response.version().is_some_and(may_respond) {
        Ok(response)
    } else {
        Err(Failure::WrongVersion)
    }
}

/// Acknowledged writes, and those of them that can't be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    /// Acknowledged with 204.
    pub acknowledged: usize,
    /// Not readable afterwards.
    pub lost: usize,
}

/// Reads all acknowledged writes back. Requests overlap, so their order is not checked.
///
/// # Errors
/// If the API can't be read.
pub async fn read_back(api: &Api, users: &[String], records: &[Record]) -> Result<Writes, Error> {
    let mut sent: BTreeMap<usize, (usize, Vec<String>)> = BTreeMap::new();
    for record in records {
        if let Some((user, text)) = &record.write {
            let entry = sent.entry(*user).or_default();
            entry.0 += 1;
            // The wrong version has acknowledged it, too.
            if matches!(record.failure, None | Some(Failure::WrongVersion)) {
                entry.1.push(text.clone());
            }
        }
    }
    let mut writes = Writes::default();
    for (user, (count, expected)) in sent {
        let shown = api
            .messages(&users[user], count)
            .await
            .map_err(|failure| Error::Unreachable {
                url: api.target().to_string(),
                cause: format!("reading the messages of {:?} back: {failure}", users[user]),
            })?
            .unwrap_or_default();
        let shown: Vec<&str> = shown
            .iter()
            .map(|message| message.content.as_str())
            .collect();
        writes.acknowledged += expected.len();
        writes.lost += missing_texts(&expected, &shown).len();
    }
    Ok(writes)
}
