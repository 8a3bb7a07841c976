//! A steady open-loop load: each request is sent when the clock says, whatever became of those before it.

use super::outage::Sample;
use crate::api::{Api, accept, accept_latest};
use crate::error::Error;
use crate::http::{Answer, Failure, send};
use crate::kept::Kept;
use crate::scenario::{Action, Kind};
use crate::simulate::read_back::missing_texts;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Hashing a password takes what it takes, and this is set-up.
const REGISTER_TIMEOUT: Duration = Duration::from_secs(5);
const REGISTER_TRIES: usize = 5;
/// Between two requests of a client that keeps its connection, at least, beyond a request's time limit.
const KEPT_PAUSE: Duration = Duration::from_millis(100);

/// A request and what became of it.
#[derive(Clone, Debug)]
pub struct Record {
    /// When it was due and when it ended.
    pub sample: Sample,
    /// On a connection that is kept, or else on one of its own.
    pub kept: bool,
    /// How late it was sent.
    pub lag: Duration,
    /// How it failed.
    pub failure: Option<Failure>,
    /// Which droplet answered well, if it says so.
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

/// What is sent.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Requests a second.
    pub rate: u32,
    /// The versions that may answer; empty: any.
    pub versions: Arc<[String]>,
}

/// Names for as many users as a rate needs, so that none writes more than the API shows (1,000) in three minutes.
#[must_use]
pub fn user_names(tag: &str, rate: u32) -> Vec<String> {
    (0..(rate / 10).max(4))
        .map(|number| format!("drill {tag}.{number}"))
        .collect()
}

/// Makes the accounts that the load writes with.
///
/// # Errors
/// If one can't be made in several tries.
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
    /// its own and one on a connection that is kept.
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

    /// What has ended so far, by schedule.
    #[must_use]
    pub fn samples(&self) -> Vec<Sample> {
        let mut samples: Vec<Sample> = lock(&self.records)
            .iter()
            .map(|record| record.sample)
            .collect();
        samples.sort_unstable_by_key(|sample| sample.scheduled);
        samples
    }

    /// How a request failed that was due after that time, if one did.
    #[must_use]
    pub fn first_failure_since(&self, from: Duration) -> Option<Failure> {
        let records = lock(&self.records);
        let mut recent = records
            .iter()
            .filter(|record| record.sample.scheduled >= from);
        recent.find_map(|record| record.failure)
    }

    /// Stops, waits for what is under way, and returns all, by schedule.
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
    let kept = kept_clients(traffic.rate, api.limit());
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
        let client = (number % 4 >= 2).then(|| kept[turn % kept.len()].clone());
        let (api, versions, records) = (api.clone(), traffic.versions.clone(), records.clone());
        under_way.spawn(async move {
            let lag = started.elapsed().saturating_sub(scheduled);
            let result = ask(&api, write.as_ref(), client.as_deref(), &versions).await;
            let (served_by, failure) = match result {
                Ok(answer) => (answer.served_by, None),
                Err(failure) => (None, Some(failure)),
            };
            let record = Record {
                sample: Sample {
                    scheduled,
                    finished: started.elapsed(),
                    good: failure.is_none(),
                },
                kept: client.is_some(),
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

/// So many that each has had its answer, or given up, before its turn comes again: no request waits for another.
fn kept_clients(rate: u32, limit: Duration) -> Vec<Arc<tokio::sync::Mutex<Kept>>> {
    let halves_of_pauses = (limit + KEPT_PAUSE).as_millis() / 2;
    let clients = u128::from(rate) * halves_of_pauses / 1000;
    (0..=clients).map(|_| Arc::default()).collect()
}

/// Sends a read, or the write, and judges the answer.
async fn ask(
    api: &Api,
    write: Option<&(usize, String, String)>,
    client: Option<&tokio::sync::Mutex<Kept>>,
    versions: &[String],
) -> Result<Answer, Failure> {
    let request = match write {
        None => api.latest_request(),
        Some((_, user, text)) => {
            let (user, text) = (user.clone(), text.clone());
            api.request(&Action::Tweet { user, text }, None)
        }
    };
    let answer = match client {
        None => send(api.target(), &request, api.limit()).await?,
        Some(client) => {
            let mut client = client.lock().await;
            client.send(api.target(), &request, api.limit()).await?
        }
    };
    let answer = match write {
        None => accept_latest(answer),
        Some(_) => accept(Kind::Tweet, answer),
    }?;
    let may_answer = |version: &String| versions.contains(version);
    if versions.is_empty() || answer.version.as_ref().is_some_and(may_answer) {
        Ok(answer)
    } else {
        Err(Failure::WrongVersion)
    }
}

/// Acknowledged writes, and those of them that can't be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    /// Answered with 204.
    pub acknowledged: usize,
    /// Not readable afterwards.
    pub lost: usize,
}

/// Reads all acknowledged writes back. Requests overlap, so their order is not checked.
///
/// # Errors
/// If the API can't be read: then nothing can be said.
pub async fn read_back(api: &Api, users: &[String], records: &[Record]) -> Result<Writes, Error> {
    let mut sent: BTreeMap<usize, (usize, Vec<String>)> = BTreeMap::new();
    for record in records {
        if let Some((user, text)) = &record.write {
            let entry = sent.entry(*user).or_default();
            entry.0 += 1;
            // The wrong version has acknowledged it all the same.
            if matches!(record.failure, None | Some(Failure::WrongVersion)) {
                entry.1.push(text.clone());
            }
        }
    }
    let mut writes = Writes::default();
    for (user, (count, owed)) in sent {
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
        writes.acknowledged += owed.len();
        writes.lost += missing_texts(&owed, &shown).len();
    }
    Ok(writes)
}
