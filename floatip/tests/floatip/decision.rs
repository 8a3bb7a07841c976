//! What the decision never does, whatever it is shown.

use std::time::Duration;

use floatip::{
    decide::{
        apply::decide,
        decision::{Decision, RestReason},
        history::{ActionKind, History},
        settings::Settings,
        view::{Record, Seen, View},
    },
    mover::api::Holding,
    observe::vrrp::Vrrp,
};
use proptest::{option, prelude::*};

const ME: u64 = 1;

#[derive(Clone, Debug)]
struct Shown {
    now: Duration,
    vrrp: Vrrp,
    fit: bool,
    record: Option<Seen<Record>>,
    live_answers: Option<Seen<bool>>,
    history: History,
    force: bool,
}

impl Shown {
    fn settings(&self) -> Settings {
        Settings {
            force: self.force,
            ..Settings::default()
        }
    }

    fn step(&self) -> Decision {
        let view = View {
            now: self.now,
            me: ME,
            vrrp: self.vrrp,
            fit: self.fit,
            frozen: false,
            record: self.record,
            live_answers: self.live_answers,
            history: &self.history,
        };
        decide(&view, &self.settings())
    }

    fn live(&self) -> Holding {
        self.record.unwrap().value.live
    }
}

fn holding() -> impl Strategy<Value = Holding> {
    let holder = prop_oneof![Just(None), Just(Some(ME)), Just(Some(2)), Just(Some(3))];
    (holder, any::<bool>()).prop_map(|(holder, locked)| Holding { holder, locked })
}

/// A moment at most as long before `now` as matters to any cadence.
fn before(now: Duration) -> impl Strategy<Value = Duration> + Clone {
    prop_oneof![0..1_500_u64, 0..70_000_u64]
        .prop_map(move |ms| now.saturating_sub(Duration::from_millis(ms)))
        .boxed()
}

fn vrrp() -> impl Strategy<Value = Vrrp> {
    prop_oneof![
        4 => Just(Vrrp::Master),
        1 => Just(Vrrp::Backup),
        1 => Just(Vrrp::Fault),
        1 => Just(Vrrp::Unknown),
    ]
}

fn history(now: Duration) -> impl Strategy<Value = History> {
    let settings = Settings::default();
    let op = (0..6_u8, before(now), any::<bool>(), option::of(0..30_u64));
    prop::collection::vec(op, 0..12).prop_map(move |mut ops| {
        let mut history = History::default();
        ops.sort_by_key(|op| op.1);
        for (op, at, flag, seconds) in ops {
            match op {
                0 => history.event(at),
                1 => {
                    let kind = if flag {
                        ActionKind::AssignLive
                    } else {
                        ActionKind::ReleaseStage
                    };
                    history.accepted(at, 7, kind, &settings);
                }
                2 => drop(history.ended(at)),
                3 => {
                    let wait = seconds.map(Duration::from_secs);
                    history.failed(at, wait, 0.5, flag, &settings);
                }
                4 => history.arrived(at, flag),
                _ => history.lock_seen(at, flag),
            }
        }
        history
    })
}

fn shown() -> impl Strategy<Value = Shown> {
    (70_000..200_000_u64).prop_flat_map(|ms| {
        let now = Duration::from_millis(ms);
        let record =
            (holding(), option::of(holding())).prop_map(|(live, stage)| Record { live, stage });
        let record = (record, before(now)).prop_map(|(value, at)| Seen { value, at });
        let answer = (any::<bool>(), before(now)).prop_map(|(value, at)| Seen { value, at });
        let fit = prop::bool::weighted(0.8);
        let force = prop::bool::weighted(0.1);
        (
            vrrp(),
            fit,
            option::weighted(0.9, record),
            option::of(answer),
            history(now),
            force,
        )
            .prop_map(
                move |(vrrp, fit, record, live_answers, history, force)| Shown {
                    now,
                    vrrp,
                    fit,
                    record,
                    live_answers,
                    history,
                    force,
                },
            )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_claim_has_every_reason(shown in shown()) {
        let step = shown.step();
        if !matches!(step, Decision::AssignLive(_) | Decision::ReleaseStage) {
            return Ok(());
        }
        prop_assert!(shown.fit);
        prop_assert_eq!(shown.vrrp, Vrrp::Master);
        prop_assert_ne!(shown.live().holder, Some(ME));
        prop_assert!(shown.record.unwrap().at >= shown.history.event_at);
        prop_assert!(shown.history.retry_at <= shown.now);
        prop_assert!(shown.history.pending(shown.now, &shown.settings()).is_none());
        prop_assert!(shown.history.damped_until(shown.now, &shown.settings()).is_none());
        if !shown.force {
            let answer = shown.live_answers.unwrap();
            prop_assert!(!answer.value, "it serves");
            prop_assert!(answer.at >= shown.history.event_at);
            prop_assert!(shown.now < answer.at + Duration::from_secs(1));
        }
    }

    #[test]
    fn the_stage_ip_is_released_here_only_and_before_an_assignment(shown in shown()) {
        let here = shown.record.and_then(|it| it.value.stage).is_some_and(|it| it.holder == Some(ME));
        match shown.step() {
            Decision::ReleaseStage => prop_assert!(here),
            Decision::AssignLive(_) => prop_assert!(!here),
            _ => {}
        }
    }

    #[test]
    fn the_holder_and_the_unfit_and_the_backup_only_look(shown in shown()) {
        let here = shown.record.is_some_and(|it| it.value.live.holder == Some(ME));
        let waits = here || !shown.fit || shown.vrrp != Vrrp::Master || shown.record.is_none();
        let only_looks = matches!(shown.step(), Decision::Rest { .. } | Decision::Look { .. });
        prop_assert!(only_looks || !waits);
    }

    #[test]
    fn a_rest_ends_later_and_within_a_known_time(shown in shown()) {
        match shown.step() {
            Decision::Rest { until, .. } => {
                prop_assert!(until > shown.now);
                // The record is read every five seconds at least, unless the API asked to be left alone.
                let most = shown.now + Duration::from_secs(5);
                prop_assert!(until <= most.max(shown.history.retry_at));
            }
            Decision::Look { record, live } => prop_assert!(record || live),
            _ => {}
        }
    }

    #[test]
    fn a_lock_is_respected_for_a_while(shown in shown()) {
        if matches!(shown.step(), Decision::AssignLive(_)) && shown.live().locked {
            prop_assert!(shown.history.locked_for(shown.now) >= shown.settings().locked_patience);
        }
    }
}

#[test]
fn the_fifth_move_in_a_minute_waits() {
    let now = Duration::from_secs(100);
    let mut history = History::default();
    for seconds in [50, 60, 70, 80] {
        history.arrived(Duration::from_secs(seconds), true);
    }
    let elsewhere = Record {
        live: Holding {
            holder: Some(2),
            locked: false,
        },
        stage: None,
    };
    let mut shown = Shown {
        now,
        vrrp: Vrrp::Master,
        fit: true,
        record: Some(Seen {
            value: elsewhere,
            at: now,
        }),
        live_answers: Some(Seen {
            value: false,
            at: now,
        }),
        history,
        force: false,
    };
    assert!(matches!(
        shown.step(),
        Decision::Rest {
            why: RestReason::Damped,
            ..
        }
    ));
    shown.now = Duration::from_secs(110);
    shown.record = Some(Seen {
        value: elsewhere,
        at: shown.now,
    });
    shown.live_answers = Some(Seen {
        value: false,
        at: shown.now,
    });
    assert!(matches!(shown.step(), Decision::AssignLive(_)));
}
