//! What clients experience during a trial. The load is `drill`'s: half of the requests are writes, half use a connection that stays
//! open.

use std::sync::Arc;
use std::time::Duration;

use drill::api::Api;
use drill::failover::load::Failure as RequestFailure;
use drill::failover::load::{Load, Record, Traffic, read_back, register, user_names};
use serde::{Deserialize, Serialize};

use crate::testbed::{Failure, TestBed};

/// The times of this many failures are reported.
const MAX_TIMES: usize = 12;
/// Failures further apart belong to two outages.
const GAP: Duration = Duration::from_secs(1);

/// What clients experienced.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ClientStats {
    /// Requests sent.
    pub requests: usize,
    /// Requests without a good response within 0.3 s from a version that may respond.
    pub failed: usize,
    /// Failed requests that would have failed again if the client had retried at once.
    pub failed_twice: usize,
    /// Acknowledged writes that can't be read back.
    pub lost: usize,
    /// Responses from a version that must not respond.
    pub wrong_version: usize,
    /// The longest time in which each failure followed within a second of the one before.
    pub longest_outage: Duration,
    /// When the first few failed requests were due, in seconds after the first request.
    pub failed_at: Vec<f64>,
    /// How requests failed, each way once.
    pub failures: Vec<String>,
}

/// Clients that send requests until they are stopped.
pub struct Clients {
    api: Api,
    load: Load,
}

impl Clients {
    /// Starts the clients. Only `versions` may respond.
    ///
    /// # Errors
    /// If their accounts can't be registered.
    pub async fn start(bed: &TestBed, versions: &[String]) -> Result<Self, Failure> {
        let (api, rate) = (&bed.api, bed.rate);
        let users = user_names(&format!("{:08x}", rand::random::<u32>()), rate);
        register(api, &users).await?;
        let traffic = Traffic {
            rate,
            versions: Arc::from(versions),
        };
        let load = Load::start(api, users, &traffic);
        Ok(Self {
            api: api.clone(),
            load,
        })
    }

    /// Stops the clients and reads all acknowledged writes back.
    ///
    /// # Errors
    /// If the writes can't be read.
    pub async fn stop(self) -> Result<ClientStats, Failure> {
        let (users, records) = self.load.stop().await;
        let writes = read_back(&self.api, &users, &records).await?;
        let failed: Vec<&Record> = records
            .iter()
            .filter(|record| record.failure.is_some())
            .collect();
        let again = |record: &&&Record| {
            let next = records
                .iter()
                .find(|it| it.sample.scheduled >= record.sample.finished);
            next.is_some_and(|next| next.failure.is_some())
        };
        let mut failures: Vec<String> = failed
            .iter()
            .filter_map(|it| it.failure.map(|it| it.to_string()))
            .collect();
        failures.sort();
        failures.dedup();
        Ok(ClientStats {
            requests: records.len(),
            failed: failed.len(),
            failed_twice: failed.iter().filter(again).count(),
            lost: writes.lost,
            wrong_version: failed
                .iter()
                .filter(|it| it.failure == Some(RequestFailure::WrongVersion))
                .count(),
            longest_outage: longest_outage(&failed),
            failed_at: failed
                .iter()
                .take(MAX_TIMES)
                .map(|it| it.sample.scheduled.as_secs_f64())
                .collect(),
            failures,
        })
    }
}

/// How long users had no service. A single failure some seconds later does not count.
fn longest_outage(failed: &[&Record]) -> Duration {
    let mut longest = Duration::ZERO;
    let mut begun = Duration::ZERO;
    let mut last = None;
    for record in failed {
        let at = record.sample.scheduled;
        if last.is_none_or(|last: Duration| at.saturating_sub(last) > GAP) {
            begun = at;
        }
        longest = longest.max(record.sample.finished.saturating_sub(begun));
        last = Some(at);
    }
    longest
}
