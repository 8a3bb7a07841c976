//! What a droplet's agent reports: log lines, metrics, the status, and Keepalived's bonus.

use std::{convert::Infallible, ops::ControlFlow, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use slog::{Logger, info, warn};
use tokio::sync::watch;

use crate::{
    clock::{Clock, Moment},
    config::Site,
    decide::decision::Decision,
    mover::{
        api::{Client, Holding},
        order::Place,
    },
    observe::{droplet::Identity, fitness::Fitness, vrrp::Vrrp},
    serve::{
        agent_loop::Turn,
        bonus::Bonus,
        freeze::FreezeState,
        metrics::Metrics,
        status::{
            ApiStatus, ClaimStatus, DecisionStatus, DropletStatus, Input, IpStatus, RecordStatus,
            Role, Status,
        },
    },
};

/// How long record and VRRP have disagreed.
#[derive(Debug, Default)]
pub struct Disagreement {
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

/// Reports every turn of the loop to the log, the metrics, the status and Keepalived.
#[derive(Debug)]
pub struct Reporter {
    /// Where log lines go.
    pub log: Logger,
    /// Keepalived's bonus.
    pub bonus: Bonus,
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// The status, for the listener.
    pub status: watch::Sender<Status>,
    /// The local service.
    pub fitness: watch::Receiver<Fitness>,
    /// The newest freeze or its end.
    pub freeze_state: watch::Receiver<FreezeState>,
    /// This droplet.
    pub identity: watch::Receiver<Identity>,
    /// The API, for its limits.
    pub api: Client,
    /// The reserved IPs.
    pub site: Site,
    /// The agent's clock.
    pub clock: Clock,
    /// The fitness that was logged last.
    pub before: Fitness,
    /// How long record and VRRP have disagreed.
    pub disagreement: Disagreement,
}

impl Reporter {
    /// Reports one turn.
    pub fn report(&mut self, turn: &Turn<'_>) -> ControlFlow<Infallible> {
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
        let comparable = role != Role::Unknown && view.vrrp != Vrrp::Unknown;
        self.disagreement.update(turn.now, comparable && !agreement);
        let disagreement = self.disagreement.present(turn.now);
        let identity = self.identity.borrow().clone();
        let freeze_state = self.freeze_state.borrow().clone();
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
            decision: self.decision(turn),
            api: ApiStatus {
                calls_total: self.api.calls(),
                remaining: self.api.budget().map(|it| it.remaining),
                limit: self.api.budget().map(|it| it.limit),
            },
            why: match turn.step {
                Decision::Rest { why, .. } => Some(why),
                _ => None,
            },
            freeze: freeze_state.in_force(Timestamp::now()).cloned(),
            freeze_mark: freeze_state,
            moves_total: view.history.moves_total(),
            moves: view.history.moves().map(|at| self.wall(at)).collect(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn decision(&self, turn: &Turn<'_>) -> DecisionStatus {
        let view = turn.agent.view(turn.now);
        let (vrrp_since, fit_since) = turn.agent.since();
        let row = turn.agent.row(turn.now);
        let until = match turn.step {
            Decision::Rest { until, .. } => Some(self.wall(until)),
            _ => None,
        };
        let input = |name: &str, value: String, at: Option<Moment>| Input {
            name: name.to_owned(),
            value,
            at: at.map(|at| self.wall(at)),
        };
        let held = |it: Holding| {
            let lock = if it.locked {
                ", an action is pending"
            } else {
                ""
            };
            format!("{}{lock}", Place::from(it.holder))
        };
        let record = view.record;
        let answer = view.live_answers;
        let moves = view.history.moves().count();
        DecisionStatus {
            row: row.name.to_owned(),
            when: row.when(),
            because: row.because.to_owned(),
            step: turn.step.text(),
            until,
            inputs: vec![
                input(
                    "record: live IP",
                    record.map_or_else(|| "never read".into(), |it| held(it.value.live)),
                    record.map(|it| it.at),
                ),
                input(
                    "record: stage IP",
                    record
                        .and_then(|it| it.value.stage)
                        .map_or_else(|| "never read".into(), held),
                    record.map(|it| it.at),
                ),
                input(
                    "live IP from outside",
                    answer.map_or_else(
                        || "never asked".into(),
                        |it| {
                            if it.value {
                                "serves".into()
                            } else {
                                "does not serve".into()
                            }
                        },
                    ),
                    answer.map(|it| it.at),
                ),
                input("VRRP", view.vrrp.name().to_owned(), Some(vrrp_since)),
                input(
                    "fitness",
                    format!(
                        "{}: {}",
                        if view.fit { "fit" } else { "unfit" },
                        self.before.reason
                    ),
                    Some(fit_since),
                ),
                input(
                    "freeze",
                    if view.frozen {
                        "frozen".into()
                    } else {
                        "none".into()
                    },
                    None,
                ),
                input(
                    "last event",
                    "answers from before it do not count".into(),
                    Some(view.history.event_at),
                ),
                input(
                    "API may be called",
                    if view.history.call_at(turn.now) <= turn.now {
                        "now".into()
                    } else {
                        "later".into()
                    },
                    Some(view.history.call_at(turn.now)),
                ),
                input(
                    "moves to this droplet lately",
                    moves.to_string(),
                    view.history.moves().last(),
                ),
            ],
        }
    }

    /// The time of day of a moment; correct also if the clock was set in between.
    fn wall(&self, moment: Moment) -> Timestamp {
        let now = self.clock.now();
        let ago = SignedDuration::try_from(now.saturating_sub(moment)).unwrap_or_default();
        let ahead = SignedDuration::try_from(moment.saturating_sub(now)).unwrap_or_default();
        Timestamp::now() - ago + ahead
    }
}

fn ip_status(ip: std::net::Ipv4Addr, holding: Holding) -> IpStatus {
    IpStatus {
        ip,
        droplet_id: holding.holder,
        locked: holding.locked,
    }
}
