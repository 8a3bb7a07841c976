//! Starts the service on each droplet: the tasks that observe, the loop that decides, and the reports.

use std::{convert::Infallible, sync::Arc, time::Duration};

use anyhow::Context as _;
use slog::{Logger, info, warn};
use tokio::{net::TcpListener, sync::watch, time::sleep};

use crate::{
    clock::Clock,
    config::{Site, WatchConfig},
    decide::{agent::Agent, settings::Settings},
    mover::api::Client,
    observe::{
        droplet::{Identity, own_id},
        fitness::{self, Fitness},
        live_ip::LiveIp,
        vrrp::{self, Vrrp},
    },
    serve::{
        agent_loop::{Inputs, run},
        bonus::Bonus,
        freeze_sync::{self, SharedFreeze},
        listener::{Shared, router},
        metrics::Metrics,
        perform::Performer,
        report::{Disagreement, Reporter},
        status::Status,
    },
};

const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Runs the service until it is dropped.
///
/// # Errors
/// If it can't start, because a file or the listener can't be opened.
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
    let metrics = Arc::new(Metrics::new()?);
    let routes = router(Shared {
        status: shown,
        metrics: Arc::clone(&metrics),
    });
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let (fitness_sender, fitness) = watch::channel(Fitness::default());
    tokio::spawn(fitness::follow(config.ready_url.clone(), fitness_sender));
    let (vrrp_sender, vrrp) = watch::channel(Vrrp::Unknown);
    tokio::spawn(vrrp::follow(config.vrrp.clone(), fifo, vrrp_sender));
    let freeze = SharedFreeze::new(&config.freeze_file);
    let (frozen, freeze_state) = (freeze.frozen.subscribe(), freeze.freeze_state.subscribe());
    tokio::spawn(freeze_sync::follow(
        config.freeze_file.clone(),
        config.peers.clone(),
        freeze,
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
    tokio::spawn(read_name(
        api.clone(),
        config.site.clone(),
        me,
        named,
        log.clone(),
    ));
    let live = LiveIp::new(config.site.live_ip, config.site.live_url.clone())?;
    let steps = Performer {
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
    let api = steps.api.clone();
    let mut reporter = Reporter {
        log,
        bonus,
        metrics,
        status,
        fitness,
        freeze_state,
        identity,
        api,
        site: config.site,
        clock: steps.clock,
        before: Fitness::default(),
        disagreement: Disagreement::default(),
    };
    Ok(run(agent, &steps, inputs, |turn| reporter.report(&turn)).await)
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

/// Reads the name in the background: it is for people only.
async fn read_name(api: Client, site: Site, me: u64, named: watch::Sender<Identity>, log: Logger) {
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
