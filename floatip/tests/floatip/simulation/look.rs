//! An observation of the agent, as `perform.rs` makes it: the record, the live IP, or both at once.

use std::time::Duration;

use floatip::{
    decide::{agent::Observation, view::Record},
    mover::api::Error,
};

use super::{
    cloud::{Fate, LIVE, STAGE, silent},
    event::{Event, Served},
    node::Reading,
    world::{Ms, World},
};

/// As in `perform.rs`: another request beside a slow one, and the time for all of it.
const HEDGE_AFTER: Ms = 400;
const READ_PATIENCE: Ms = 2_000;
impl World {
    /// The read of one record, asked again while the API is silent.
    pub fn read(&mut self, i: usize, run: u32) {
        let Some(since) = self.reading(i, run).map(|it| it.since) else {
            return;
        };
        self.count_call(i);
        match self.cloud.fate(&mut self.rng) {
            Fate::Answered(wait) => self.after(wait, Event::ReadAnswered { i, run }),
            Fate::Refused(wait, error) => {
                self.after(
                    wait,
                    Event::ReadFailed {
                        i,
                        run,
                        limited: error.retry_after().is_some(),
                    },
                );
            }
            Fate::Silence if self.now < since + READ_PATIENCE => {
                // The record is late: the live IP is asked beside it.
                if let Some(it) = &mut self.nodes[i].run
                    && self.now > it.since
                    && !it.asks
                    && !it.beside
                {
                    it.beside = true;
                    self.after(
                        0,
                        Event::Ask {
                            i,
                            run,
                            first: None,
                        },
                    );
                }
                self.after(HEDGE_AFTER, Event::Read { i, run });
            }
            Fate::Silence => self.read_is(i, run, Err(silent())),
        }
    }

    fn reading(&mut self, i: usize, run: u32) -> Option<&mut Reading> {
        if self.nodes[i].run_id != run {
            return None;
        }
        self.nodes[i]
            .run
            .as_mut()?
            .reading
            .as_mut()
            .filter(|it| it.result.is_none())
    }

    pub fn read_answered(&mut self, i: usize, run: u32) {
        let (live, stage) = (self.cloud.holding(LIVE), self.cloud.holding(STAGE));
        let now = self.now;
        let Some(reading) = self.reading(i, run) else {
            return;
        };
        let Some(live_was) = reading.live else {
            reading.live = Some(live);
            reading.since = now;
            self.read(i, run);
            return;
        };
        self.read_is(
            i,
            run,
            Ok(Record {
                live: live_was,
                stage: Some(stage),
            }),
        );
    }

    pub fn read_is(&mut self, i: usize, run: u32, result: Result<Record, Error>) {
        if result.is_ok() {
            self.nodes[i].refused = false;
        }
        if let Some(reading) = self.reading(i, run) {
            reading.result = Some(result);
            self.looked(i, run);
        }
    }

    /// One of the two quick tries that the live IP gets.
    pub fn ask_live(&mut self, i: usize, run: u32, first: Option<Served>) {
        if self.nodes[i].run_id != run {
            return;
        }
        let since = if first.is_some() {
            self.now - 100
        } else {
            self.now
        };
        let (wait, serves) = match (first, self.served()) {
            (_, Served::Answered) => (8, true),
            (None, served) => {
                self.after(
                    100,
                    Event::Ask {
                        i,
                        run,
                        first: Some(served),
                    },
                );
                return;
            }
            (Some(Served::Refused), Served::Refused) => (2, false),
            _ => (400, false),
        };
        self.after(
            wait,
            Event::Asked {
                i,
                run,
                since,
                serves,
            },
        );
    }

    pub fn asked(&mut self, i: usize, run: u32, since: Ms, serves: bool) {
        let (now, born) = (self.moment(i), self.nodes[i].born);
        let node = &mut self.nodes[i];
        let Some(it) = node.run.as_mut().filter(|_| node.run_id == run) else {
            return;
        };
        it.asked = Some((Duration::from_millis(since - born), now, serves));
        self.looked(i, run);
    }

    /// A look ends when the record is there and the live IP has answered; until then one that doesn't serve is asked again.
    fn looked(&mut self, i: usize, run: u32) {
        let Some(it) = &self.nodes[i].run else { return };
        let reads = it.reading.as_ref().is_some_and(|it| it.result.is_none());
        let asks = it.asks && it.asked.is_none();
        if reads || asks {
            if let (true, Some((_, at, false))) = (reads, it.asked)
                && at == self.moment(i)
            {
                self.after(
                    0,
                    Event::Ask {
                        i,
                        run,
                        first: None,
                    },
                );
            }
            return;
        }
        let born = self.nodes[i].born;
        let Some(it) = self.nodes[i].run.take() else {
            return;
        };
        let live = it.asked.map(|(since, until, serves)| Observation::Live {
            since,
            until,
            serves,
        });
        let since = Duration::from_millis(it.since - born);
        let record = it
            .reading
            .and_then(|it| it.result)
            .map(|result| Observation::Record { since, result });
        self.finished(i, live.into_iter().chain(record).collect());
    }
}
