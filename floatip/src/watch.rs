//! The supervised service on each droplet: joins VRRP, fitness, record and live IP to the decision, and shows what it knows.

use std::{convert::Infallible, ops::ControlFlow, sync::Arc, time::Duration};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use slog::{Logger, info, warn};
use tokio::{net::TcpListener, sync::watch, time::sleep};

use crate::{
    agent::Agent,
    api::Client,
    bonus::Bonus,
    config::{Site, WatchConfig},
    decision::{Holding, Moment, Settings, Step, Vrrp},
    drive::{Inputs, Turn, drive},
    droplet::{Identity, own_id},
    fitness::{self, Fitness},
    freeze::{self, Mark},
    listener::{Shown, router},
    live::LiveIp,
    metrics::Metrics,
    status::{ClaimStatus, DropletStatus, IpStatus, RecordStatus, Role, Status},
    steps::{Clock, Steps},
    vrrp,
};

const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Runs the service until it is dropped.
///
/// # Errors
/// If it can't start: its files or its listener are not to be had.
pub async fn watch(config: WatchConfig, log: Logger) -> anyhow::Result<Infallible> {
    let bonus = Bonus::new(config.bonus.clone()).with_context(|| {
        format!(
            "can't write {}: its directory must belong to this service's user",
            config.bonus.display()
        )
    })?;
    let fifo = vrrp::open_fifo(&config.vrrp).with_context(|| {
        format!("can't open the FIFO {}: remove what is there if it is no FIFO, and see that its directory belongs to this service's user", config.vrrp.fifo.display())
    })?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!(
            "can't listen on {}: FLOATIP_LISTEN must be a free port on an address of this droplet",
            config.listen
        )
    })?;

    let (status, shown) = watch::channel(Status::default());
    let metrics = Arc::new(Metrics::new());
    let routes = router(Shown {
        status: shown,
        metrics: Arc::clone(&metrics),
    });
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let (fitness_told, fitness) = watch::channel(Fitness::default());
    tokio::spawn(fitness::follow(config.ready_url.clone(), fitness_told));
    let (vrrp_told, vrrp) = watch::channel(Vrrp::Unknown);
    tokio::spawn(vrrp::follow(config.vrrp.clone(), fifo, vrrp_told));
    let told = freeze::Told::new(&config.freeze_file);
    let (frozen, mark) = (told.frozen.subscribe(), told.mark.subscribe());
    tokio::spawn(freeze::follow(
        config.freeze_file.clone(),
        config.peers.clone(),
        told,
        log.clone(),
    ));
    info!(log, "floatip watches"; "event.action" => "started", "live_ip" => %config.site.live_ip, "version" => env!("CARGO_PKG_VERSION"), "frozen" => *frozen.borrow());

    let me = wait_for_id(&config.site, &log).await;
    let api = Client::new(
        &config.site.access.api_url,
        config.site.access.token.clone(),
    )?;
    let (named, identity) = watch::channel(Identity {
        id: Some(me),
        ..Identity::default()
    });
    tokio::spawn(learn_name(
        api.clone(),
        config.site.clone(),
        me,
        named,
        log.clone(),
    ));
    let live = LiveIp::new(config.site.live_ip, config.site.live_url.clone())?;
    let steps = Steps {
        api,
        live,
        stage_ip: config.site.stage_ip,
        me,
        clock: Clock::start(),
    };
    let agent = Agent::new(me, Settings::default());
    let inputs = Inputs {
        vrrp,
        fitness: fitness.clone(),
        frozen,
    };
    let mut shower = Shower {
        log,
        bonus,
        metrics,
        status,
        fitness,
        mark,
        identity,
        site: config.site,
        clock: steps.clock,
        before: Fitness::default(),
        disagreement: Disagreement::default(),
    };
    Ok(drive(agent, &steps, inputs, |turn| shower.show(&turn)).await)
}

async fn wait_for_id(site: &Site, log: &Logger) -> u64 {
    if let Some(id) = site.droplet_id {
        return id;
    }
    loop {
        match own_id(&site.metadata_url).await {
            Ok(id) => return id,
            Err(error) => {
                warn!(log, "{}", error; "event.action" => "droplet_unknown");
                sleep(ASK_AGAIN).await;
            }
        }
    }
}

/// The name is for people only, so nothing waits for it.
async fn learn_name(api: Client, site: Site, me: u64, named: watch::Sender<Identity>, log: Logger) {
    let reserved: Vec<_> = std::iter::once(site.live_ip).chain(site.stage_ip).collect();
    let mut wait = ASK_AGAIN;
    loop {
        match api.droplet(me).await {
            Ok(droplet) => {
                let public_ip = droplet.public_ip(&reserved);
                let _ = named.send(Identity {
                    id: Some(me),
                    name: Some(droplet.name),
                    public_ip,
                });
                return;
            }
            Err(error) => {
                warn!(log, "can't read this droplet's name: {}", error; "event.action" => "droplet_unknown", "error.code" => error.kind());
                sleep(wait).await;
                wait = (wait * 2).min(Duration::from_mins(1));
            }
        }
    }
}

#[derive(Debug, Default)]
struct Disagreement {
    since: Option<Moment>,
    total: Duration,
}

impl Disagreement {
    fn update(&mut self, now: Moment, disagrees: bool) {
        match (self.since, disagrees) {
            (None, true) => self.since = Some(now),
            (Some(since), false) => {
                self.total += now.saturating_sub(since);
                self.since = None;
            }
            _ => {}
        }
    }

    fn present(&self, now: Moment) -> Duration {
        self.since
            .map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }
}

/// Shows every turn of the loop to everyone who looks: log, metrics, status, and Keepalived.
struct Shower {
    log: Logger,
    bonus: Bonus,
    metrics: Arc<Metrics>,
    status: watch::Sender<Status>,
    fitness: watch::Receiver<Fitness>,
    mark: watch::Receiver<Mark>,
    identity: watch::Receiver<Identity>,
    site: Site,
    clock: Clock,
    before: Fitness,
    disagreement: Disagreement,
}

impl Shower {
    fn show(&mut self, turn: &Turn<'_>) -> ControlFlow<Infallible> {
        let fitness = self.fitness.borrow().clone();
        if fitness != self.before {
            info!(self.log, "{}: {}", if fitness.fit { "fit" } else { "unfit" }, fitness.reason; "event.action" => "fitness", "fit" => fitness.fit, "reason" => &fitness.reason, "version" => fitness.version.clone());
            self.before.clone_from(&fitness);
        }
        for note in turn.notes {
            note.log(&self.log);
            self.metrics.count(note);
        }
        if let Some(holds) = turn.agent.bonus()
            && let Err(error) = self.bonus.write(holds)
        {
            warn!(self.log, "can't write the VRRP bonus: {}", error; "event.action" => "bonus_unwritable");
        }
        let status = self.status_of(turn, fitness);
        self.status.send_replace(status);
        ControlFlow::Continue(())
    }

    fn status_of(&mut self, turn: &Turn<'_>, fitness: Fitness) -> Status {
        let view = turn.agent.view(turn.now);
        let here = turn.agent.holds_live();
        let role = match view.record {
            None => Role::Unknown,
            Some(_) if here => Role::Live,
            Some(_) => Role::Standby,
        };
        let agreement = role != Role::Unknown && here == (view.vrrp == Vrrp::Master);
        let known = role != Role::Unknown && view.vrrp != Vrrp::Unknown;
        self.disagreement.update(turn.now, known && !agreement);
        let disagreement = self.disagreement.present(turn.now);
        let identity = self.identity.borrow().clone();
        let mark = self.mark.borrow().clone();
        Status {
            droplet: DropletStatus {
                id: identity.id,
                name: identity.name,
                public_ip: identity.public_ip,
            },
            version: fitness.version,
            fit: fitness.fit,
            fit_reason: fitness.reason,
            vrrp: view.vrrp,
            record: view.record.map(|seen| RecordStatus {
                live: ip_status(self.site.live_ip, seen.value.live),
                stage: self
                    .site
                    .stage_ip
                    .zip(seen.value.stage)
                    .map(|(ip, it)| ip_status(ip, it)),
                read_at: self.wall(seen.at),
            }),
            role,
            agreement,
            disagreement_seconds: disagreement.as_secs_f64(),
            disagreement_seconds_total: (self.disagreement.total + disagreement).as_secs_f64(),
            live_answers: view.live_answers.map(|seen| seen.value),
            live_asked_at: view.live_answers.map(|seen| self.wall(seen.at)),
            claim: turn
                .agent
                .claiming_since()
                .map(|(since, cause)| ClaimStatus {
                    since: self.wall(since),
                    cause,
                }),
            why: match turn.step {
                Step::Rest { why, .. } => Some(why),
                _ => None,
            },
            freeze: mark.in_force(Timestamp::now()).cloned(),
            freeze_mark: mark,
            moves_total: view.history.moves_total(),
            moves: view.history.moves().map(|at| self.wall(at)).collect(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// The time of day of a moment; right also if the clock was set in between.
    fn wall(&self, moment: Moment) -> Timestamp {
        let ago = self.clock.now().saturating_sub(moment);
        Timestamp::now() - SignedDuration::try_from(ago).unwrap_or(SignedDuration::ZERO)
    }
}

fn ip_status(ip: std::net::Ipv4Addr, holding: Holding) -> IpStatus {
    IpStatus {
        ip,
        droplet_id: holding.holder,
        locked: holding.locked,
    }
}
