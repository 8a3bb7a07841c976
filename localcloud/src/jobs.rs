//! Carries out what the record says is under way.
//!
//! There is no queue: what has to be done is read from the record, so that a daemon that was killed
//! at any moment goes on where it stopped. At most one job works on a droplet or a database at a time.

mod plan;

use crate::cloud::actions::{Action, ActionStatus, Event, Work};
use crate::cloud::droplets::DropletStatus;
use crate::cloud::store::Store;
use crate::cloud::{Record, Refusal};
use crate::fault::Faults;
use crate::network::Network;
use crate::plane::Plane;
use crate::topology;
use anyhow::{Context, Result};
use jiff::Timestamp;
use plan::{Job, due, settle, to_resume};
use rand::Rng as _;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinSet};
use uuid::Uuid;

/// How long a droplet may take to shut down when asked to.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(30);
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
    plane: Arc<Plane>,
    network: Arc<Network>,
    faults: Arc<Faults>,
    move_latency: MoveLatency,
}

impl Jobs {
    /// A worker for `store`'s record on `plane`.
    #[must_use]
    pub fn new(
        store: Arc<Store>,
        plane: Arc<Plane>,
        network: Arc<Network>,
        faults: Arc<Faults>,
        move_latency: MoveLatency,
    ) -> Self {
        Self {
            store,
            plane,
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
        let status = match self.act(&action).await {
            Ok(()) => ActionStatus::Completed,
            Err(error) => {
                eprintln!("action {id} ({}) failed: {error:#}", action.work.kind());
                ActionStatus::Errored
            }
        };
        self.change(|record| {
            if status == ActionStatus::Completed {
                settle(record, &action.work);
            }
            record.finish_action(id, status);
        })
        .await
    }

    async fn act(&self, action: &Action) -> Result<()> {
        match &action.work {
            Work::AssignIp { ip, droplet } => {
                self.wait_for_move(action).await;
                anyhow::ensure!(!self.faults.actions_fail(), "a fault makes moves fail");
                self.change(|record| record.set_holder(*ip, Some(*droplet)))
                    .await?;
                self.network.follow().await
            }
            Work::UnassignIp { ip, .. } => {
                self.wait_for_move(action).await;
                anyhow::ensure!(!self.faults.actions_fail(), "a fault makes moves fail");
                self.change(|record| record.set_holder(*ip, None)).await?;
                self.network.follow().await
            }
            Work::Droplet { droplet, event } => self.droplet_event(*droplet, event).await,
        }
    }

    async fn droplet_event(&self, droplet: u64, event: &Event) -> Result<()> {
        match event {
            Event::Create | Event::PowerOn => return self.boot(droplet).await,
            Event::PowerOff => self.plane.power_off_droplet(droplet).await?,
            Event::Shutdown => self.plane.shutdown_droplet(droplet, SHUTDOWN_GRACE).await?,
            Event::Reboot => {
                self.plane.shutdown_droplet(droplet, SHUTDOWN_GRACE).await?;
                return self.boot(droplet).await;
            }
            Event::PowerCycle => {
                self.plane.power_off_droplet(droplet).await?;
                return self.boot(droplet).await;
            }
            Event::Rebuild { .. } => {
                self.plane.destroy_droplet(droplet).await?;
                return self.boot(droplet).await;
            }
            Event::Rename { .. } | Event::Resize { .. } => return Ok(()),
        }
        self.network.refresh().await
    }

    /// Boots a droplet that ran before the daemon started, unless it was switched off meanwhile.
    async fn boot_again(&self, droplet: u64) -> Result<()> {
        let record = self.store.record();
        match record.droplet(droplet) {
            Ok(found) if found.status == DropletStatus::Active => self.boot(droplet).await,
            _ => Ok(()),
        }
    }

    async fn boot(&self, droplet: u64) -> Result<()> {
        let record = self.store.record();
        let Ok(found) = record.droplet(droplet) else {
            return Ok(());
        };
        let net = topology::droplet_net(&record, found);
        let seed = record.droplet_seed(found, net);
        let name = &found.name;
        self.plane
            .boot_droplet(&seed)
            .await
            .with_context(|| format!("booting droplet {name}"))?;
        self.network.refresh().await
    }

    async fn destroy_droplet(&self, droplet: u64) -> Result<()> {
        self.plane
            .destroy_droplet(droplet)
            .await
            .with_context(|| format!("destroying droplet {droplet}"))?;
        self.network.refresh().await?;
        self.change(|record| record.forget_droplet(droplet)).await
    }

    async fn sync_database(&self, id: Uuid) -> Result<()> {
        self.network.follow().await?;
        let record = self.store.record();
        let Ok(database) = record.database(id) else {
            return Ok(());
        };
        let spec = database.spec(topology::database_net(&record, database));
        let name = &database.name;
        self.plane
            .sync_database(&spec)
            .await
            .with_context(|| format!("starting database cluster {name}"))?;
        self.network.refresh().await?;
        let revision = database.revision;
        self.change(|record| record.database_synced(id, revision))
            .await
    }

    async fn destroy_database(&self, id: Uuid) -> Result<()> {
        self.plane
            .destroy_database(&id.to_string())
            .await
            .with_context(|| format!("destroying database cluster {id}"))?;
        self.network.refresh().await?;
        self.change(|record| record.forget_database(id)).await
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
