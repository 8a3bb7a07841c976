//! One agent in random schedules of faults, on a virtual clock: it never claims wrongly, and in the end it claims.

use std::time::Duration;

use floatip::{
    agent::{Agent, Event},
    api::{Action, Error, Progress},
    decision::{Holding, Moment, Record, Settings, Step, Vrrp},
};
use proptest::prelude::*;

const ME: u64 = 1;
const OTHER: u64 = 2;

#[derive(Clone, Copy, Debug)]
enum Change {
    Vrrp(Vrrp),
    Fit(bool),
    /// The service of whoever else holds the live IP.
    OtherServes(bool),
    Api(Mood),
    /// An operator moves the live IP.
    Moved(u64),
    StageHere,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Well,
    Broken,
    Silent,
    Limited,
    /// Accepts, and the answer is lost.
    LosesAnswers,
    Errs,
}

struct World {
    now: Moment,
    holder: u64,
    stage: Option<u64>,
    other_serves: bool,
    fit: bool,
    mood: Mood,
    pending: Option<(Moment, bool)>,
    releasing: bool,
    claims: usize,
}

impl World {
    fn apply(&mut self, change: Change) -> Event {
        match change {
            Change::Vrrp(vrrp) => return Event::Vrrp(vrrp),
            Change::Fit(fit) => {
                self.fit = fit;
                return Event::Fit(fit);
            }
            Change::OtherServes(serves) => self.other_serves = serves,
            Change::Api(mood) => self.mood = mood,
            Change::Moved(holder) => self.holder = holder,
            Change::StageHere if self.holder != ME => self.stage = Some(ME),
            Change::StageHere => {}
        }
        Event::Hint
    }

    fn serves(&self) -> bool {
        if self.holder == ME {
            self.fit
        } else {
            self.other_serves
        }
    }

    fn settle(&mut self) {
        let Some((at, errs)) = self.pending.filter(|(at, _)| *at <= self.now) else {
            return;
        };
        let _ = at;
        self.pending = None;
        match (errs, self.releasing) {
            (true, _) => {}
            (false, true) => self.stage = None,
            (false, false) => self.holder = ME,
        }
    }

    fn trouble(&self) -> Option<Error> {
        match self.mood {
            Mood::Broken => Some(Error::Server {
                status: 500,
                message: String::new(),
            }),
            Mood::Silent => Some(Error::Silent("timed out".into())),
            Mood::Limited => Some(Error::RateLimited {
                retry_after: Some(Duration::from_secs(3)),
            }),
            Mood::Well | Mood::LosesAnswers | Mood::Errs => None,
        }
    }

    fn record(&self) -> Result<Record, Error> {
        if let Some(error) = self.trouble() {
            return Err(error);
        }
        let locked = self.pending.is_some() && !self.releasing;
        let stage = Some(Holding {
            holder: self.stage,
            locked: false,
        });
        Ok(Record {
            live: Holding {
                holder: Some(self.holder),
                locked,
            },
            stage,
        })
    }

    fn act(&mut self, release: bool) -> Result<Action, Error> {
        if let Some(error) = self.trouble() {
            return Err(error);
        }
        if self.pending.is_some() || (!release && self.stage == Some(ME)) {
            return Err(Error::Unprocessable {
                message: "pending".into(),
            });
        }
        self.pending = Some((self.now + Duration::from_secs(2), self.mood == Mood::Errs));
        self.releasing = release;
        if self.mood == Mood::LosesAnswers {
            return Err(Error::Silent("timed out".into()));
        }
        Ok(Action {
            id: 7,
            status: Progress::InProgress,
        })
    }

    fn took(&self, step: Step) -> Duration {
        let ms = match step {
            Step::Look { live: true, .. } if !self.serves() => 500,
            _ if self.mood == Mood::Silent => 2_000,
            _ => 20,
        };
        Duration::from_millis(ms)
    }

    fn finish(&mut self, step: Step, since: Moment, served: bool) -> Vec<Event> {
        self.settle();
        match step {
            Step::Rest { .. } => Vec::new(),
            Step::Look { record, live } => {
                let live = live.then_some(Event::Live {
                    since,
                    until: self.now,
                    serves: served && self.serves(),
                });
                let record = record.then(|| Event::Record {
                    since,
                    result: self.record(),
                });
                live.into_iter().chain(record).collect()
            }
            Step::ReleaseStage => {
                vec![Event::Started(
                    floatip::history::Kind::ReleaseStage,
                    self.act(true),
                )]
            }
            Step::AssignLive(_) => {
                self.claims += 1;
                vec![Event::Started(
                    floatip::history::Kind::AssignLive,
                    self.act(false),
                )]
            }
            Step::Poll { .. } => {
                let status = match self.pending {
                    Some(_) => Progress::InProgress,
                    None if self.mood == Mood::Errs => Progress::Errored,
                    None => Progress::Completed,
                };
                let result = self.trouble().map_or(Ok(Action { id: 7, status }), Err);
                vec![Event::Polled(result)]
            }
        }
    }
}

/// Runs the schedule, and on until the end; returns the world.
fn run(changes: &[(u64, Change)], end: Duration) -> World {
    let mut world = World {
        now: Duration::ZERO,
        holder: OTHER,
        stage: None,
        other_serves: true,
        fit: true,
        mood: Mood::Well,
        pending: None,
        releasing: false,
        claims: 0,
    };
    let mut agent = Agent::new(ME, Settings::default());
    agent.absorb(world.now, Event::Fit(true), 0.5, &mut Vec::new());
    let mut changes: Vec<_> = changes.to_vec();
    changes.sort_by_key(|(at, _)| *at);
    let mut changes = changes.into_iter().peekable();
    let mut master = false;
    let mut running: Option<(Moment, Moment, bool, Step)> = None;
    let mut steps = 0;
    while world.now < end {
        let mut notes = Vec::new();
        let mut wake = end;
        if running.is_none() {
            let step = agent.step(world.now, &mut notes);
            if let Step::Rest { until, .. } = step {
                wake = until;
            } else {
                if matches!(step, Step::AssignLive(_) | Step::ReleaseStage) {
                    assert!(master && world.fit, "claims while unfit or not master");
                    assert!(
                        agent
                            .view(world.now)
                            .live_answers
                            .is_some_and(|seen| !seen.value)
                    );
                }
                running = Some((
                    world.now + world.took(step),
                    world.now,
                    world.serves(),
                    step,
                ));
                steps += 1;
                assert!(steps < 20_000, "runs wild");
            }
        }
        let next_change = changes
            .peek()
            .map_or(end, |(at, _)| Duration::from_millis(*at));
        let finish = running.map_or(wake, |(at, ..)| at);
        world.now = world.now.max(finish.min(next_change));
        world.settle();
        let events = if next_change < finish {
            let Some((_, change)) = changes.next() else {
                break;
            };
            if let Change::Vrrp(vrrp) = change {
                master = vrrp == Vrrp::Master;
            }
            vec![world.apply(change)]
        } else if let Some((_, since, served, step)) = running.take() {
            world.finish(step, since, served)
        } else {
            Vec::new()
        };
        for event in events {
            agent.absorb(world.now, event, 0.5, &mut notes);
        }
    }
    world
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        prop_oneof![Just(Vrrp::Master), Just(Vrrp::Backup), Just(Vrrp::Fault)]
            .prop_map(Change::Vrrp),
        any::<bool>().prop_map(Change::Fit),
        any::<bool>().prop_map(Change::OtherServes),
        prop_oneof![
            Just(Mood::Well),
            Just(Mood::Broken),
            Just(Mood::Silent),
            Just(Mood::Limited),
            Just(Mood::LosesAnswers),
            Just(Mood::Errs)
        ]
        .prop_map(Change::Api),
        prop_oneof![Just(ME), Just(OTHER)].prop_map(Change::Moved),
        Just(Change::StageHere),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happened_a_dead_live_ip_ends_here(mut changes in prop::collection::vec((0..60_000_u64, change()), 0..30)) {
        let last = [Change::Fit(true), Change::Vrrp(Vrrp::Master), Change::OtherServes(false), Change::Api(Mood::Well)];
        changes.extend(last.map(|change| (60_000, change)));
        // A minute of damping at most, an action that was pending, and a move.
        let world = run(&changes, Duration::from_secs(130));
        prop_assert_eq!(world.holder, ME);
    }

    #[test]
    fn whatever_happened_a_live_ip_that_serves_stays(changes in prop::collection::vec((0..60_000_u64, change()), 0..30)) {
        let stays = |change: &Change| !matches!(change, Change::OtherServes(_) | Change::Moved(_));
        let changes: Vec<_> = changes.into_iter().filter(|(_, change)| stays(change)).collect();
        let world = run(&changes, Duration::from_secs(70));
        prop_assert_eq!(world.claims, 0);
    }
}

#[test]
fn trouble_of_the_api_is_over_soon_after_it_ends() {
    for mood in [Mood::Broken, Mood::Errs, Mood::LosesAnswers] {
        let changes = [
            (5_000, Change::Api(mood)),
            (5_000, Change::OtherServes(false)),
            (6_000, Change::Vrrp(Vrrp::Master)),
            (26_000, Change::Api(Mood::Well)),
        ];
        // Its end, a call that may still fail by it, the longest wait, a look, and a move of two seconds.
        let world = run(&changes, Duration::from_secs(33));
        assert_eq!(world.holder, ME, "{mood:?}");
    }
}
