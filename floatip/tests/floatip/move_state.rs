//! One move as a state machine: each result of a call leads to the right next call.

use std::{net::Ipv4Addr, time::Duration};

use floatip::mover::{
    api::{Action, Error, Holding, Progress},
    move_state::{Call, CallResult, Limits, MoveState, Moved, NextCall},
    order::{Accepted, MoveError, Order, Place},
    release_orders,
};

const LIVE: Ipv4Addr = Ipv4Addr::new(198, 18, 1, 1);
const STAGE: Ipv4Addr = Ipv4Addr::new(198, 18, 1, 2);

/// As a release moves: refusals don't end it.
const LIMITS: Limits = Limits {
    deadline: Duration::from_mins(1),
    poll_every: Duration::from_millis(200),
    backoff_first: Duration::from_millis(200),
    backoff_most: Duration::from_secs(2),
    retry_after_most: Duration::from_secs(5),
    refusals_most: None,
};

/// A move, and the time that it has taken.
struct Run {
    state: MoveState,
    now: Duration,
}

impl Run {
    fn new(order: Order, limits: Limits) -> Self {
        Self {
            state: MoveState::new(order, limits, Duration::ZERO),
            now: Duration::ZERO,
        }
    }

    /// Waits as long as the move does; the next call, or the end.
    fn next(&mut self) -> Result<Call, Result<Moved, MoveError>> {
        loop {
            match self.state.next(self.now) {
                NextCall::Call(call) => return Ok(call),
                NextCall::Wait(until) => self.now = until,
                NextCall::End(result) => return Err(result),
            }
        }
    }

    fn receive(&mut self, result: CallResult) {
        self.now += Duration::from_millis(50);
        self.state.receive(self.now, result, 0.5);
    }

    /// The next call is this one, and its result is that.
    fn expect(&mut self, call: Call, result: CallResult) {
        assert_eq!(self.next(), Ok(call));
        self.receive(result);
    }

    fn end(&mut self) -> Result<Moved, MoveError> {
        self.next().expect_err("the move has ended")
    }
}

fn listed(live: Option<u64>, stage: Option<u64>) -> CallResult {
    let pair = |(ip, holder)| {
        let locked = false;
        (ip, Holding { holder, locked })
    };
    CallResult::Listed(Ok([(LIVE, live), (STAGE, stage)].map(pair).to_vec()))
}

fn locked(live: Option<u64>) -> CallResult {
    let locked = true;
    let holder = live;
    CallResult::Listed(Ok(vec![(LIVE, Holding { holder, locked })]))
}

fn started() -> CallResult {
    let status = Progress::InProgress;
    CallResult::Started(Ok(Action { id: 7, status }))
}

fn polled(status: Progress) -> CallResult {
    CallResult::Polled(Ok(Action { id: 7, status }))
}

fn refused() -> Error {
    Error::Unprocessable {
        message: "pending event".into(),
    }
}

fn to_standby() -> Order {
    release_orders::move_live(LIVE, 1, 2)
}

#[test]
fn a_move_reads_acts_polls_and_reads_again() {
    let mut run = Run::new(to_standby(), LIMITS);
    run.expect(Call::List, listed(Some(1), None));
    run.expect(Call::Assign(2), started());
    run.expect(Call::Poll(7), polled(Progress::InProgress));
    run.expect(Call::Poll(7), polled(Progress::Completed));
    run.expect(Call::List, listed(Some(2), None));
    let moved = run.end().unwrap();
    assert_eq!((moved.from, moved.changed), (Place::On(1), true));
    assert_eq!(moved.failed_tries, 0);
}

#[test]
fn an_ip_that_is_there_already_is_left_alone() {
    let mut run = Run::new(to_standby(), LIMITS);
    run.expect(Call::List, listed(Some(2), None));
    assert!(!run.end().unwrap().changed);
}

#[test]
fn each_accepted_place_is_good_also_when_it_changes_between_tries() {
    let mut run = Run::new(release_orders::stage(STAGE, 1, 2), LIMITS);
    run.expect(Call::List, listed(Some(1), None));
    run.expect(Call::Assign(2), CallResult::Started(Err(refused())));
    run.expect(Call::List, listed(Some(3), Some(1)));
    run.expect(Call::Assign(2), CallResult::Started(Err(refused())));
    run.expect(Call::List, listed(Some(1), Some(9)));
    let overtaken = MoveError::Overtaken {
        ip: STAGE,
        expected: release_orders::stage(STAGE, 1, 2).from,
        found: Place::On(9),
    };
    assert_eq!(run.end(), Err(overtaken));
}

#[test]
fn without_stated_places_the_first_record_states_it() {
    let order = Order {
        from: Accepted::WhereFound,
        ..to_standby()
    };
    let mut run = Run::new(order, LIMITS);
    run.expect(Call::List, listed(Some(1), None));
    run.expect(Call::Assign(2), CallResult::Started(Err(refused())));
    run.expect(Call::List, listed(Some(3), None));
    assert!(matches!(run.end(), Err(MoveError::Overtaken { .. })));
}

#[test]
fn the_stage_ip_is_released_from_either_droplet() {
    for holder in [1, 2] {
        let mut run = Run::new(release_orders::unstage(STAGE, [1, 2]), LIMITS);
        run.expect(Call::List, listed(Some(1), Some(holder)));
        run.expect(Call::Unassign, started());
        run.expect(Call::Poll(7), polled(Progress::Completed));
        run.expect(Call::List, listed(Some(1), None));
        assert!(run.end().unwrap().changed);
    }
}

#[test]
fn refusals_rate_limits_server_errors_silence_and_errored_actions_are_survived() {
    let errors = [
        refused(),
        Error::RateLimited { retry_after: None },
        Error::Server {
            status: 503,
            message: String::new(),
        },
        Error::Silent("timed out".into()),
    ];
    for error in errors {
        let mut run = Run::new(to_standby(), LIMITS);
        for _ in 0..6 {
            run.expect(Call::List, CallResult::Listed(Err(error.clone())));
            run.expect(Call::List, listed(Some(1), None));
            run.expect(Call::Assign(2), CallResult::Started(Err(error.clone())));
        }
        run.expect(Call::List, listed(Some(1), None));
        run.expect(Call::Assign(2), started());
        run.expect(Call::Poll(7), CallResult::Polled(Err(error.clone())));
        run.expect(Call::List, locked(Some(1)));
        run.expect(Call::List, listed(Some(1), None));
        run.expect(Call::Assign(2), started());
        run.expect(Call::Poll(7), polled(Progress::Errored));
        run.expect(Call::List, listed(Some(1), None));
        run.expect(Call::Assign(2), started());
        let unknown = Error::NotFound {
            what: "action 7".into(),
        };
        run.expect(Call::Poll(7), CallResult::Polled(Err(unknown)));
        run.expect(Call::List, listed(Some(2), None));
        assert!(run.end().unwrap().changed, "{error:?}");
    }
}

#[test]
fn without_an_end_to_refusals_the_deadline_ends_the_move() {
    let mut run = Run::new(to_standby(), LIMITS);
    let end = loop {
        match run.next() {
            Ok(Call::List) => run.receive(listed(Some(1), None)),
            Ok(_) => run.receive(CallResult::Started(Err(refused()))),
            Err(end) => break end,
        }
    };
    let last = Some(refused());
    let after = LIMITS.deadline;
    assert_eq!(end, Err(MoveError::NotInTime { after, last }));
    assert_eq!(run.now, LIMITS.deadline);
}

#[test]
fn an_operators_move_takes_refusals_without_a_reason_for_final() {
    let mut run = Run::new(to_standby(), Limits::default());
    for _ in 0..6 {
        run.expect(Call::List, listed(Some(1), None));
        run.expect(Call::Assign(2), CallResult::Started(Err(refused())));
    }
    assert_eq!(run.end(), Err(refused().into()));
}

#[test]
fn a_long_retry_after_is_cut() {
    let mut run = Run::new(to_standby(), LIMITS);
    let retry_after = Some(Duration::from_secs(40));
    let limited = Error::RateLimited { retry_after };
    run.expect(Call::List, CallResult::Listed(Err(limited)));
    run.expect(Call::List, listed(Some(2), None));
    assert!(run.end().is_ok());
    assert!(run.now < Duration::from_secs(6), "{:?}", run.now);
}

#[test]
fn a_token_that_is_refused_ends_the_move_at_once() {
    let mut run = Run::new(to_standby(), LIMITS);
    run.expect(Call::List, CallResult::Listed(Err(Error::Unauthorized)));
    assert_eq!(run.end(), Err(Error::Unauthorized.into()));
}

#[test]
fn locating_an_ip_changes_nothing_and_retries() {
    let mut run = Run {
        state: MoveState::locate(LIVE, LIMITS, Duration::ZERO),
        now: Duration::ZERO,
    };
    let silent = Error::Silent("timed out".into());
    run.expect(Call::List, CallResult::Listed(Err(silent)));
    run.expect(Call::List, locked(Some(1)));
    let found = run.end().unwrap();
    assert_eq!((found.from, found.changed), (Place::On(1), false));
}
