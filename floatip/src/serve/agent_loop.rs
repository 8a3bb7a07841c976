//! The loop around the decision: hands observations to the agent, and performs its decisions. One at a time, so one claim at a time.

use std::{future::Future, ops::ControlFlow, pin::Pin};

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::{
    clock::{Moment, jitter},
    decide::{
        agent::{Agent, Observation},
        decision::Decision,
        log_event::LogEvent,
    },
    observe::{fitness::Fitness, vrrp::Vrrp},
    serve::perform::{LONGEST_REST, Performer},
};

/// What wakes the loop.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Keepalived's state.
    pub vrrp: watch::Receiver<Vrrp>,
    /// The local service's fitness.
    pub fitness: watch::Receiver<Fitness>,
    /// Whether automatic moves are frozen.
    pub frozen: watch::Receiver<bool>,
}

/// The loop without its I/O: when which decision is performed.
#[derive(Clone, Debug)]
pub struct AgentLoop {
    /// The agent.
    pub agent: Agent,
    /// The newest decision.
    pub step: Decision,
    running: bool,
}

impl AgentLoop {
    /// A loop before its first turn.
    #[must_use]
    pub fn new(agent: Agent) -> Self {
        let step = Decision::Look {
            record: false,
            live: false,
        };
        Self {
            agent,
            step,
            running: false,
        }
    }

    /// The decision that was begun has been performed; its results are among the next turn's observations.
    pub fn ended(&mut self) {
        self.running = false;
    }

    /// Hands observations to the agent. Returns the decision to perform, if there is one, and when to call again without an observation.
    pub fn turn(
        &mut self,
        now: Moment,
        events: impl IntoIterator<Item = Observation>,
        jitter: f64,
        notes: &mut Vec<LogEvent>,
    ) -> (Option<Decision>, Option<Moment>) {
        for event in events {
            self.agent.observe(now, event, jitter, notes);
        }
        if self.running {
            return (None, None);
        }
        self.step = self.agent.decide(now, notes);
        if let Decision::Rest { until, .. } = self.step {
            return (None, Some(until));
        }
        self.running = true;
        (Some(self.step), None)
    }
}

/// One turn of the loop, as `on` receives it.
#[derive(Debug)]
pub struct Turn<'a> {
    /// Now.
    pub now: Moment,
    /// The agent.
    pub agent: &'a Agent,
    /// What is being done, or why nothing is.
    pub step: Decision,
    /// What to log.
    pub notes: &'a [LogEvent],
}

/// Runs until `on`, which is called after each turn, breaks.
pub async fn run<R>(
    agent: Agent,
    steps: &Performer,
    mut inputs: Inputs,
    mut on: impl FnMut(Turn<'_>) -> ControlFlow<R>,
) -> R {
    let mut driver = AgentLoop::new(agent);
    let mut running: Option<Running> = None;
    let mut events = vec![
        inputs.take_vrrp(),
        inputs.take_fitness(),
        inputs.take_frozen(),
    ];
    loop {
        let now = steps.clock.now();
        let mut notes = Vec::new();
        if running.is_none() {
            driver.ended();
        }
        let (begins, until) = driver.turn(now, events, jitter(), &mut notes);
        if let Some(step) = begins {
            running = Some(Box::pin(steps.clone().perform(step)));
        }
        let turn = Turn {
            now,
            agent: &driver.agent,
            step: driver.step,
            notes: &notes,
        };
        if let ControlFlow::Break(result) = on(turn) {
            return result;
        }
        let longest = now + LONGEST_REST;
        let wake = until.map_or(longest, |until| until.min(longest));
        events = inputs.next(&mut running, steps.clock.instant(wake)).await;
    }
}

type Running = Pin<Box<dyn Future<Output = Vec<Observation>> + Send>>;

impl Inputs {
    fn take_vrrp(&mut self) -> Observation {
        Observation::Vrrp(*self.vrrp.borrow_and_update())
    }

    fn take_fitness(&mut self) -> Observation {
        Observation::Fit(self.fitness.borrow_and_update().fit)
    }

    fn take_frozen(&mut self) -> Observation {
        Observation::Frozen(*self.frozen.borrow_and_update())
    }

    /// Waits for the first of these: the decision was performed, an input changed, or it is time.
    async fn next(&mut self, running: &mut Option<Running>, wake: Instant) -> Vec<Observation> {
        let step = async {
            match running.as_mut() {
                Some(step) => step.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            events = step => {
                *running = None;
                events
            }
            Ok(()) = self.vrrp.changed() => vec![self.take_vrrp()],
            Ok(()) = self.fitness.changed() => vec![self.take_fitness()],
            Ok(()) = self.frozen.changed() => vec![self.take_frozen()],
            () = sleep_until(wake) => Vec::new(),
        }
    }
}
