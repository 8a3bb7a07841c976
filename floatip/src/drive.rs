//! The loop around the decision: takes in what happens, asks what to do, has it done. One step at a time, so one claim at a time.

use std::{future::Future, ops::ControlFlow, pin::Pin};

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::{
    agent::{Agent, Event},
    decision::{Moment, Step, Vrrp},
    fitness::Fitness,
    note::Note,
    steps::{LONGEST_REST, Steps, jitter},
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

/// Something changed; what `on` is told.
#[derive(Debug)]
pub struct Turn<'a> {
    /// Now.
    pub now: Moment,
    /// What is known.
    pub agent: &'a Agent,
    /// What is being done, or why nothing is.
    pub step: Step,
    /// What is worth logging.
    pub notes: &'a [Note],
}

/// Runs until `on`, which is called after every change, breaks.
pub async fn drive<R>(
    agent: &mut Agent,
    steps: &Steps,
    mut inputs: Inputs,
    mut on: impl FnMut(Turn<'_>) -> ControlFlow<R>,
) -> R {
    let mut running: Option<Pin<Box<dyn Future<Output = Vec<Event>> + Send>>> = None;
    let mut events = vec![
        inputs.take_vrrp(),
        inputs.take_fitness(),
        inputs.take_frozen(),
    ];
    let mut step = Step::Look {
        record: false,
        live: false,
    };
    loop {
        let now = steps.clock.now();
        let mut notes = Vec::new();
        for event in events.drain(..) {
            agent.absorb(now, event, jitter(), &mut notes);
        }
        let mut wake = steps.clock.instant(now + LONGEST_REST);
        if running.is_none() {
            step = agent.step(now, &mut notes);
            match step {
                Step::Rest { until, .. } => wake = wake.min(steps.clock.instant(until)),
                step => running = Some(Box::pin(steps.clone().perform(step))),
            }
        }
        if let ControlFlow::Break(result) = on(Turn {
            now,
            agent,
            step,
            notes: &notes,
        }) {
            return result;
        }
        events = inputs.next(&mut running, wake).await;
    }
}

impl Inputs {
    fn take_vrrp(&mut self) -> Event {
        Event::Vrrp(*self.vrrp.borrow_and_update())
    }

    fn take_fitness(&mut self) -> Event {
        Event::Fit(self.fitness.borrow_and_update().fit)
    }

    fn take_frozen(&mut self) -> Event {
        Event::Frozen(*self.frozen.borrow_and_update())
    }

    /// Waits for whatever comes first: the step that runs ends, something changes, or it is time.
    async fn next(
        &mut self,
        running: &mut Option<Pin<Box<dyn Future<Output = Vec<Event>> + Send>>>,
        wake: Instant,
    ) -> Vec<Event> {
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
