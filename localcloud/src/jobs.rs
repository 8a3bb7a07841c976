//! The worker: runs the jobs that the record asks for.
//!
//! There is no queue: jobs are derived from the record, so a daemon that was killed at any moment
//! continues where it stopped. At most one job works on a resource at a time.

mod backups;
mod certificates;
mod databases;
mod droplets;
mod plan;
mod power_watch;

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::actions::{Action, Work};
use crate::fault::Faults;
use crate::machine::Machine;
use crate::network::Network;
use crate::store::Store;
use anyhow::Result;
use jiff::Timestamp;
use plan::{Job, apply_failure, apply_success, due, to_resume};
use rand::RngExt as _;
use slog::{Logger, error};
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinSet};

/// Pause before a failed job is retried.
const RETRY: Duration = Duration::from_secs(2);

/// How long a reserved IP's move takes from its request to the change in the data plane.
#[derive(Debug, Clone, Copy)]
pub struct MoveLatency {
    /// At least this.
    pub fixed: Duration,
    /// And up to this on top, evenly distributed.
    pub random: Duration,
}

impl MoveLatency {
    fn draw(self) -> Duration {
        self.fixed + self.random.mul_f64(rand::rng().random())
    }
}

/// The worker behind the API.
#[derive(Debug)]
pub struct Jobs {
    log: Logger,
    store: Arc<Store>,
    machine: Arc<Machine>,
    network: Arc<Network>,
    faults: Arc<Faults>,
    move_latency: MoveLatency,
}

impl Jobs {
    /// A worker for `store`'s record on `machine`.
    #[must_use]
    pub fn new(
        log: Logger,
        store: Arc<Store>,
        machine: Arc<Machine>,
        network: Arc<Network>,
        faults: Arc<Faults>,
        move_latency: MoveLatency,
    ) -> Self {
        Self {
            log,
            store,
            machine,
            network,
            faults,
            move_latency,
        }
    }

    /// Boots what should run, finishes what was under way, then works for ever.
    pub async fn run(self: Arc<Self>) {
        let mut records = self.store.watch();
        let mut waiting = to_resume(&self.store.record());
        let mut tasks = JoinSet::new();
        let mut running: HashMap<Id, Job> = HashMap::new();
        loop {
            let due = due(&records.borrow_and_update());
            waiting.retain(|job| !start(&self, *job, &mut tasks, &mut running));
            for job in due {
                start(&self, job, &mut tasks, &mut running);
            }
            tokio::select! {
                changed = records.changed() => if changed.is_err() { return },
                Some(ended) = tasks.join_next_with_id() => match ended {
                    Ok((id, done)) => waiting.extend(running.remove(&id).filter(|job| !done && job.retries_by_itself())),
                    Err(panic) => {
                        let job = running.remove(&panic.id());
                        error!(self.log, "a job panicked"; "job" => ?job, "error" => %panic);
                        tokio::time::sleep(RETRY).await;
                    }
                }
            }
        }
    }

    /// Runs a job; returns whether it succeeded.
    async fn run_job(&self, job: Job) -> bool {
        let outcome = match job {
            Job::Action { id, .. } => self.run_action(id).await,
            Job::Boot(droplet) => self.boot_again(droplet).await,
            Job::DestroyDroplet(droplet) => self.destroy_droplet(droplet).await,
            Job::Database(id) => self.sync_database(id).await,
            Job::DestroyDatabase(id) => self.destroy_database(id).await,
            Job::DestroyImage(id) => self.destroy_image(id).await,
            Job::Certificate(id) => self.issue_certificate(id).await,
        };
        if let Err(error) = outcome {
            error!(self.log, "a job failed"; "job" => ?job, "error" => format!("{error:#}"));
            tokio::time::sleep(RETRY).await;
            return false;
        }
        true
    }

    async fn run_action(&self, id: u64) -> Result<()> {
        let Ok(action) = self.store.record().action(id).cloned() else {
            return Ok(());
        };
        let error = self.act(&action).await.err();
        let error = error.map(|error| format!("{error:#}"));
        self.change(|record| {
            match error {
                None => apply_success(record, &action.work),
                Some(_) => apply_failure(record, &action.work),
            }
            record.finish_action(id, error);
        })
        .await
    }

    async fn act(&self, action: &Action) -> Result<()> {
        match &action.work {
            Work::AssignIp { ip, droplet } => {
                self.move_reserved_ip(action, *ip, Some(*droplet)).await
            }
            Work::UnassignIp { ip, .. } => self.move_reserved_ip(action, *ip, None).await,
            Work::Droplet { droplet, event } => self.droplet_event(*droplet, event).await,
        }
    }

    async fn move_reserved_ip(&self, action: &Action, ip: Ipv4Addr, to: Option<u64>) -> Result<()> {
        self.wait_for_move(action).await;
        anyhow::ensure!(!self.faults.actions_fail(), "a fault makes moves fail");
        let record = self.store.record();
        let released = to.and_then(|id| record.droplet(id).ok()?.released);
        self.faults.record_move(ip, released);
        self.change(|record| record.set_holder(ip, to)).await?;
        self.network.follow().await
    }

    async fn wait_for_move(&self, action: &Action) {
        let begun = Timestamp::now().duration_since(action.started_at);
        let begun = Duration::try_from(begun).unwrap_or_default();
        tokio::time::sleep(self.move_latency.draw().saturating_sub(begun)).await;
    }

    async fn change(&self, change: impl FnOnce(&mut Record)) -> Result<()> {
        let change = |record: &mut Record| {
            change(record);
            Ok::<(), Refusal>(())
        };
        Ok(self.store.change(change).await?)
    }
}

/// Starts a job unless another one works on the same subject; returns whether it was started.
fn start(
    jobs: &Arc<Jobs>,
    job: Job,
    tasks: &mut JoinSet<bool>,
    running: &mut HashMap<Id, Job>,
) -> bool {
    if running
        .values()
        .any(|other| other.subject() == job.subject())
    {
        return false;
    }
    let jobs = Arc::clone(jobs);
    let handle = tasks.spawn(async move { jobs.run_job(job).await });
    running.insert(handle.id(), job);
    true
}
