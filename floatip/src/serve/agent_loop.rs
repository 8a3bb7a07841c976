//! The loop around the decision: takes in what happens, asks what to do, has it done. One step at a time, so one claim at a time.

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

/// What the loop listens to.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Keepalived's state.
    pub vrrp: watch::Receiver<Vrrp>,
    /// The local service's fitness.
    pub fitness: watch::Receiver<Fitness>,
    /// Whether automatic moves are frozen.
    pub frozen: watch::Receiver<bool>,
}

/// The loop without its I/O: which step begins when. One at a time, so one claim at a time.
#[derive(Clone, Debug)]
pub struct AgentLoop {
    /// What is known.
    pub agent: Agent,
    /// The step that is being carried out, or the rest.
    pub step: Decision,
    running: bool,
}

impl AgentLoop {
    /// Nothing is being done yet.
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

    /// The step that was begun has ended; what came of it is among the next turn's events.
    pub fn ended(&mut self) {
        self.running = false;
    }

    /// Takes in what happened. Tells the step to begin, if one does, and when to come back though nothing happens.
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

/// Something changed; what `on` is told.
#[derive(Debug)]
pub struct Turn<'a> {
    /// Now.
    pub now: Moment,
    /// What is known.
    pub agent: &'a Agent,
    /// What is being done, or why nothing is.
    pub step: Decision,
    /// What is worth logging.
    pub notes: &'a [LogEvent],
}

/// Runs until `on`, which is called after every change, breaks.
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

    /// Waits for whatever comes first: the step that runs ends, something changes, or it is time.
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
