//! What clients meet during a trial, by `drill`'s load: fresh and kept connections, half of the requests writes.

use std::sync::Arc;
use std::time::Duration;

use drill::api::Api;
use drill::failover::load::{Load, Record, Traffic, read_back, register, user_names};
use drill::failover::load::Failure as Unanswered;
use serde::{Deserialize, Serialize};

use crate::pair::Failure;

/// So many failures are told one by one.
const FEW: usize = 12;
/// Failures further apart are two outages.
const GAP: Duration = Duration::from_secs(1);

/// What clients met.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Met {
    /// Requests sent.
    pub requests: usize,
    /// Failed ones: no good answer within 0.3 s, or one from a version that may not answer.
    pub failed: usize,
    /// Failed ones whose client would have failed again, had it tried again at once.
    pub failed_twice: usize,
    /// Acknowledged writes that can't be read.
    pub lost: usize,
    /// Answers from a version that may not answer.
    pub unverified: usize,
    /// The longest time in which a failure followed within a second of the one before.
    pub span: Duration,
    /// When each failed one was due, in seconds after the first of all; the first few.
    #[serde(default)]
    pub at: Vec<f64>,
    /// How they failed.
    pub how: Vec<String>,
}

/// Load that runs while something is done.
pub struct Client {
    api: Api,
    load: Load,
}

impl Client {
    /// Starts; only `versions` may answer.
    ///
    /// # Errors
    /// If the accounts can't be made.
    pub async fn start(api: &Api, rate: u32, versions: &[String]) -> Result<Self, Failure> {
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

    /// Stops and reads all acknowledged writes back.
    ///
    /// # Errors
    /// If they can't be read.
    pub async fn stop(self) -> Result<Met, Failure> {
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
        let mut how: Vec<String> = failed
            .iter()
            .filter_map(|it| it.failure.map(|it| it.to_string()))
            .collect();
        how.sort();
        how.dedup();
        Ok(Met {
            requests: records.len(),
            failed: failed.len(),
            failed_twice: failed.iter().filter(again).count(),
            lost: writes.lost,
            unverified: failed
                .iter()
                .filter(|it| it.failure == Some(Unanswered::WrongVersion))
                .count(),
            span: longest(&failed),
            at: failed
                .iter()
                .take(FEW)
                .map(|it| it.sample.scheduled.as_secs_f64())
                .collect(),
            how,
        })
    }
}

/// How long users had no service: a failure on its own, seconds later, is none of it.
fn longest(failed: &[&Record]) -> Duration {
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
