//! A claim by an operator (`floatip claim`): the same loop as the service's, with the operator in place of VRRP.

use std::{ops::ControlFlow, time::Duration};

use healthcheck::Target;
use slog::Logger;
use tokio::{sync::watch, time::timeout};

use crate::{
    clock::Clock,
    config::Site,
    decide::{
        agent::Agent,
        decision::{Decision, RestReason},
        log_event::LogEvent,
        settings::Settings,
    },
    mover::api::{self, Client},
    observe::{
        droplet::{UnknownDroplet, own_id},
        fitness,
        live_ip::LiveIp,
        vrrp::Vrrp,
    },
    serve::{
        agent_loop::{Inputs, Turn, run},
        perform::Performer,
    },
};

/// A claim that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The live IP was on this droplet already, and serves.
    AlreadyHere,
    /// The live IP was moved to this droplet, and serves.
    Moved,
}

/// Why a claim failed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// This droplet's id is unknown.
    #[error(transparent)]
    UnknownDroplet(#[from] UnknownDroplet),
    /// The HTTP client can't start.
    #[error("can't start the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// The local service is not ready.
    #[error(
        "this droplet is unfit ({0}): the live IP was left where it is; repair the service here first"
    )]
    Unfit(String),
    /// The live IP serves elsewhere.
    #[error(
        "the live IP serves on {}: it was left there; claim with --force to move it nevertheless", place(*.0)
    )]
    Serves(Option<u64>),
    /// The API refuses for good.
    #[error(transparent)]
    Refused(#[from] api::Error),
    /// The deadline passed.
    #[error(
        "the live IP was not here and serving within {} s: see `floatip status` for where it is; the claim may still be carried out", .0.as_secs()
    )]
    NotInTime(Duration),
}

fn place(holder: Option<u64>) -> String {
    holder.map_or_else(
        || "another droplet".to_owned(),
        |id| format!("droplet {id}"),
    )
}

/// Claims the live IP for this droplet, and returns when it serves here.
///
/// # Errors
/// If this droplet is unfit, the live IP serves elsewhere and `force` is not set, the API refuses, or `deadline` passes.
pub async fn claim(
    site: Site,
    ready_url: Target,
    force: bool,
    deadline: Duration,
    log: &Logger,
) -> Result<Claimed, ClaimError> {
    let me = match site.droplet_id {
        Some(id) => id,
        None => own_id(&site.metadata_url).await?,
    };
    let first = fitness::ask(ready_url.clone()).await;
    if !first.fit {
        return Err(ClaimError::Unfit(first.reason));
    }
    let (fitness_sender, fitness) = watch::channel(first);
    let following = tokio::spawn(fitness::follow(ready_url, fitness_sender));
    // A claim by an operator is no automatic move, so a freeze does not apply.
    let (_operator, vrrp) = watch::channel(Vrrp::Master);
    let (_operators_word, frozen) = watch::channel(false);
    let steps = Performer {
        api: Client::new(&site.access.api_url, site.access.token)?,
        live: LiveIp::new(site.live_ip, site.live_url)?,
        stage_ip: site.stage_ip,
        me,
        clock: Clock::start(),
    };
    let agent = Agent::new(
        me,
        Settings {
            force,
            ..Settings::default()
        },
    );
    let inputs = Inputs {
        vrrp,
        fitness: fitness.clone(),
        frozen,
    };
    let mut moved = false;
    let driven = run(agent, &steps, inputs, |turn| {
        for note in turn.notes {
            moved |= matches!(note, LogEvent::Decided { .. });
            // The operator in place of VRRP is not worth a log line.
            if !matches!(note, LogEvent::Vrrp { .. }) {
                note.log(log);
            }
        }
        end(&turn, moved, &fitness.borrow().reason)
    });
    let result = timeout(deadline, driven).await;
    following.abort();
    result.unwrap_or(Err(ClaimError::NotInTime(deadline)))
}

fn end(turn: &Turn<'_>, moved: bool, reason: &str) -> ControlFlow<Result<Claimed, ClaimError>> {
    let view = turn.agent.view(turn.now);
    let refused = turn.notes.iter().find_map(|note| match note {
        LogEvent::RecordUnreadable { error, .. }
        | LogEvent::ClaimFailed {
            api: Some(error), ..
        } => error.is_lasting().then(|| error.clone()),
        _ => None,
    });
    if let Some(error) = refused {
        return ControlFlow::Break(Err(error.into()));
    }
    let answers = view.live_answers.is_some_and(|seen| seen.value);
    if turn.agent.holds_live() && answers && !view.history.awaits_answer(turn.now) {
        let claimed = if moved {
            Claimed::Moved
        } else {
            Claimed::AlreadyHere
        };
        return ControlFlow::Break(Ok(claimed));
    }
    match turn.step {
        Decision::Rest {
            why: RestReason::NotFit,
            ..
        } => ControlFlow::Break(Err(ClaimError::Unfit(reason.to_owned()))),
        Decision::Rest {
            why: RestReason::LiveServes,
            ..
        } => {
            let holder = view.record.and_then(|record| record.value.live.holder);
            ControlFlow::Break(Err(ClaimError::Serves(holder)))
        }
        _ => ControlFlow::Continue(()),
    }
}
