//! A steady open-loop load: each request is sent when the clock says, whatever became of those before it.

use super::outage::Sample;
use crate::api::{Api, TIMEOUT};
use crate::error::Error;
use crate::http::Failure;
use crate::scenario::Action;
use crate::simulate::read_back::missing_texts;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Hashing a password takes what it takes, and this is set-up.
const REGISTER_TIMEOUT: Duration = Duration::from_secs(5);
const REGISTER_TRIES: usize = 5;

/// A request and what became of it.
#[derive(Clone, Debug)]
pub struct Record {
    /// When it was due and when it ended.
    pub sample: Sample,
    /// How late it was sent.
    pub lag: Duration,
    /// How it failed.
    pub failure: Option<Failure>,
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

/// Names for as many users as a rate needs, so that none writes more than the API shows at a time.
#[must_use]
pub fn user_names(tag: &str, rate: u32) -> Vec<String> {
    (0..(rate / 5).max(4))
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
    /// Starts `rate` requests a second: reads of `/latest` and writes in turn.
    #[must_use]
    pub fn start(api: &Api, users: Vec<String>, rate: u32) -> Self {
        let started = Instant::now();
        let records = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let mut schedule = JoinSet::new();
        schedule.spawn(send_on_schedule(
            api.clone(),
            users.clone(),
            rate,
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
    rate: u32,
    started: Instant,
    records: Arc<Mutex<Vec<Record>>>,
    stopped: tokio::sync::watch::Receiver<bool>,
) {
    let mut under_way = JoinSet::new();
    for number in 0_u32.. {
        // Computed from the start each time, so that delays don't add up.
        let scheduled = Duration::from_secs(1) * number / rate.max(1);
        sleep_until(started + scheduled).await;
        if *stopped.borrow() {
            break;
        }
        let write = (number % 2 == 1).then(|| {
            let user = (number / 2) as usize % users.len();
            (user, users[user].clone(), format!("drill message {number}"))
        });
        let (api, records) = (api.clone(), records.clone());
        under_way.spawn(async move {
            let lag = started.elapsed().saturating_sub(scheduled);
            let result = match &write {
                None => api.latest_within(TIMEOUT).await.map(drop),
                Some((_, user, text)) => {
                    let (user, text) = (user.clone(), text.clone());
                    api.act(&Action::Tweet { user, text }, None, TIMEOUT)
                        .await
                        .map(drop)
                }
            };
            let record = Record {
                sample: Sample {
                    scheduled,
                    finished: started.elapsed(),
                    good: result.is_ok(),
                },
                lag,
                failure: result.err(),
                write: write.map(|(user, _, text)| (user, text)),
            };
            lock(&records).push(record);
        });
        while under_way.try_join_next().is_some() {}
    }
    while under_way.join_next().await.is_some() {}
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
            if record.failure.is_none() {
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
