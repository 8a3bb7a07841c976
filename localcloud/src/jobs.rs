//! Carries out what the record says is under way.
//!
//! There is no queue: what has to be done is read from the record, so that a daemon that was killed
//! at any moment goes on where it stopped. At most one job works on one thing at a time.

mod backups;
mod certificates;
mod databases;
mod droplets;
mod plan;
mod upkeep;

use crate::cloud::resources::actions::{Action, Work};
use crate::cloud::{Record, Refusal};
use crate::fault::Faults;
use crate::machine::Machine;
use crate::network::Network;
use crate::store::Store;
use anyhow::Result;
use jiff::Timestamp;
use plan::{Job, abandon, due, settle, to_resume};
use rand::RngExt as _;
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinSet};

/// Pause after something failed that has to be done all the same.
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
        store: Arc<Store>,
        machine: Arc<Machine>,
        network: Arc<Network>,
        faults: Arc<Faults>,
        move_latency: MoveLatency,
    ) -> Self {
        Self {
            store,
            machine,
            network,
            faults,
            move_latency,
        }
    }

    /// Boots what should run, finishes what was under way, then works for ever.
    pub async fn run(self: Arc<Self>) {
        let mut news = self.store.watch();
        let mut waiting = to_resume(&self.store.record());
        let mut tasks = JoinSet::new();
        let mut running: HashMap<Id, Job> = HashMap::new();
        loop {
            let due = due(&news.borrow_and_update());
            waiting.retain(|job| !start(&self, *job, &mut tasks, &mut running));
            for job in due {
                start(&self, job, &mut tasks, &mut running);
            }
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return },
                Some(ended) = tasks.join_next_with_id() => match ended {
                    Ok((id, done)) => waiting.extend(running.remove(&id).filter(|job| !done && job.is_wanted_anyway())),
                    Err(panic) => {
                        eprintln!("job {:?}: {panic}", running.remove(&panic.id()));
                        tokio::time::sleep(RETRY).await;
                    }
                }
            }
        }
    }

    /// Does a job; says whether it is done.
    async fn carry_out(&self, job: Job) -> bool {
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
            eprintln!("{job:?}: {error:#}");
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
                None => settle(record, &action.work),
                Some(_) => abandon(record, &action.work),
            }
            record.finish_action(id, error);
        })
        .await
    }

    async fn act(&self, action: &Action) -> Result<()> {
        match &action.work {
            Work::AssignIp { ip, droplet } => self.hand_over(action, *ip, Some(*droplet)).await,
            Work::UnassignIp { ip, .. } => self.hand_over(action, *ip, None).await,
            Work::Droplet { droplet, event } => self.droplet_event(*droplet, event).await,
        }
    }

    async fn hand_over(&self, action: &Action, ip: Ipv4Addr, to: Option<u64>) -> Result<()> {
        self.wait_for_move(action).await;
        anyhow::ensure!(!self.faults.actions_fail(), "a fault makes moves fail");
        let record = self.store.record();
        let released = to.and_then(|id| record.droplet(id).ok()?.released);
        self.faults.note_move(ip, released);
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

/// Starts a job unless another works on the same subject; says whether it did.
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
    let handle = tasks.spawn(async move { jobs.carry_out(job).await });
    running.insert(handle.id(), job);
    true
}
