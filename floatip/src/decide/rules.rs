//! The decision table: the first row whose conditions hold decides. `docs/ARCHITECTURE.md` shows the same table, and a test compares
//! them.

use std::fmt::Write as _;

use crate::decide::{
    decision::RestReason,
    facts::{Answer, Facts, LiveLocation, Lock, OwnAction},
};

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleAction {
    /// Nothing, but keep observing.
    Rest(RestReason),
    /// Read the record.
    ReadRecord,
    /// Ask the live IP, and read the record too if it is not fresh.
    AskLive,
    /// Poll our action.
    Poll,
    /// Release the stage IP.
    ReleaseStage,
    /// Assign the live IP here.
    AssignLive,
}

/// One condition of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The live IP is at one of these.
    Live(&'static [LiveLocation]),
    Frozen(bool),
    Fit(bool),
    Master(bool),
    Fresh(bool),
    OwnAction(&'static [OwnAction]),
    Calls(bool),
    Damped(bool),
    Answer(Answer),
    Settling(bool),
    Lock(Lock),
    StageHere(bool),
    Forced(bool),
}

impl Condition {
    fn holds(self, facts: &Facts) -> bool {
        match self {
            Self::Live(some) => some.contains(&facts.live),
            Self::Frozen(is) => facts.frozen == is,
            Self::Fit(is) => facts.fit == is,
            Self::Master(is) => facts.master == is,
            Self::Fresh(is) => facts.fresh == is,
            Self::OwnAction(some) => some.contains(&facts.pending),
            Self::Calls(is) => facts.calls == is,
            Self::Damped(is) => facts.damped == is,
            Self::Answer(answer) => facts.answer == answer,
            Self::Settling(is) => facts.settling == is,
            Self::Lock(lock) => facts.lock == lock,
            Self::StageHere(is) => facts.stage_here == is,
            Self::Forced(is) => facts.forced == is,
        }
    }

    fn text(self) -> String {
        let not = |is: bool, text: &str| {
            if is {
                text.to_owned()
            } else {
                format!("not {text}")
            }
        };
        match self {
            Self::Live([LiveLocation::Unread]) => "the record was never read".into(),
            Self::Live([LiveLocation::Here]) => "the live IP is here by the record".into(),
            Self::Live(_) => "the live IP is elsewhere by the record".into(),
            Self::Frozen(is) => not(is, "frozen"),
            Self::Fit(is) => not(is, "fit"),
            Self::Master(is) => not(is, "MASTER"),
            Self::Fresh(is) => format!("the record {} fresh", if is { "is" } else { "is not" }),
            Self::OwnAction([OwnAction::Due]) => "it is time to poll our action".into(),
            Self::OwnAction(_) => "an action of ours is pending".into(),
            Self::Calls(true) => "the API may be called".into(),
            Self::Calls(false) => "the API may not be called yet".into(),
            Self::Damped(is) => not(is, "damped"),
            Self::Answer(Answer::Unasked) => "the live IP was not asked recently".into(),
            Self::Answer(Answer::Serves) => "the live IP serves".into(),
            Self::Answer(Answer::Silent) => "the live IP does not serve".into(),
            Self::Settling(true) => {
                "the live IP was moved to the other droplet just now, and has not answered there"
                    .into()
            }
            Self::Settling(false) => "settled".into(),
            Self::Lock(Lock::Locked) => "someone else's action is pending".into(),
            Self::Lock(Lock::Open) => "no action is pending".into(),
            Self::Lock(Lock::Overdue) => "someone else's action is overdue".into(),
            Self::StageHere(true) => "the stage IP is here".into(),
            Self::StageHere(false) => "the stage IP is not here".into(),
            Self::Forced(is) => not(is, "forced"),
        }
    }
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name in `floatip explain` and in the status.
    pub name: &'static str,
    /// Its conditions: all must hold, and no row above applies.
    pub when: &'static [Condition],
    /// What to do.
    pub does: RuleAction,
    /// Why.
    pub because: &'static str,
}

impl Row {
    /// Its conditions, in words.
    #[must_use]
    pub fn when(&self) -> String {
        let when: Vec<_> = self.when.iter().map(|when| when.text()).collect();
        if when.is_empty() {
            return "else".to_owned();
        }
        when.join("; ")
    }
}

const fn row(
    name: &'static str,
    when: &'static [Condition],
    does: RuleAction,
    because: &'static str,
) -> Row {
    Row {
        name,
        when,
        does,
        because,
    }
}

const OURS: Condition = Condition::OwnAction(&[OwnAction::Due, OwnAction::Asked]);

/// The table.
pub const TABLE: [Row; 17] = [
    row(
        "unread",
        &[Condition::Live(&[LiveLocation::Unread])],
        RuleAction::Rest(RestReason::Unread),
        "read the record as soon as the API may be called",
    ),
    row(
        "holder",
        &[Condition::Live(&[LiveLocation::Here])],
        RuleAction::Rest(RestReason::HolderHere),
        "this droplet holds the live IP; ask it often until its first answer",
    ),
    row(
        "frozen",
        &[Condition::Frozen(true)],
        RuleAction::Rest(RestReason::Frozen),
        "an operator has frozen automatic moves",
    ),
    row(
        "unfit",
        &[Condition::Fit(false)],
        RuleAction::Rest(RestReason::NotFit),
        "this droplet could not serve; a running claim is given up",
    ),
    row(
        "not-master",
        &[Condition::Master(false)],
        RuleAction::Rest(RestReason::NotMaster),
        "VRRP elected the other droplet; a running claim is given up",
    ),
    row(
        "doubt",
        &[OURS, Condition::Fresh(false), Condition::Calls(true)],
        RuleAction::ReadRecord,
        "the record is more certain than the state of the action",
    ),
    row(
        "poll",
        &[
            Condition::OwnAction(&[OwnAction::Due]),
            Condition::Calls(true),
        ],
        RuleAction::Poll,
        "read the state of our action",
    ),
    row(
        "pending",
        &[OURS],
        RuleAction::Rest(RestReason::ActionPending),
        "one claim at a time",
    ),
    row(
        "backoff",
        &[Condition::Calls(false)],
        RuleAction::Rest(RestReason::Backoff),
        "a call failed, the API asked to wait, or its limit is near; keep asking the live IP",
    ),
    row(
        "damped",
        &[Condition::Damped(true)],
        RuleAction::Rest(RestReason::Damped),
        "too many moves to this droplet within a minute",
    ),
    row(
        "ask",
        &[Condition::Answer(Answer::Unasked), Condition::Forced(false)],
        RuleAction::AskLive,
        "no claim before the live IP was asked whether it serves",
    ),
    row(
        "serves",
        &[Condition::Answer(Answer::Serves), Condition::Forced(false)],
        RuleAction::Rest(RestReason::LiveServes),
        "a lost VPC link is no reason to move the live IP; ask again in a second",
    ),
    row(
        "read",
        &[Condition::Fresh(false)],
        RuleAction::ReadRecord,
        "no claim on a record that may be stale",
    ),
    row(
        "settling",
        &[Condition::Settling(true), Condition::Forced(false)],
        RuleAction::Rest(RestReason::Settling),
        "someone moved it; the data plane lags, and VRRP mastership follows",
    ),
    row(
        "locked",
        &[Condition::Lock(Lock::Locked)],
        RuleAction::Rest(RestReason::Locked),
        "someone else's action is pending; read the record again soon",
    ),
    row(
        "release",
        &[Condition::StageHere(true)],
        RuleAction::ReleaseStage,
        "a droplet holds one reserved IP at most",
    ),
    row(
        "claim",
        &[],
        RuleAction::AssignLive,
        "assign the live IP here",
    ),
];

/// The row that applies.
#[must_use]
pub fn find(facts: &Facts) -> &'static Row {
    let holds = |row: &&Row| row.when.iter().all(|when| when.holds(facts));
    TABLE.iter().find(holds).unwrap_or(&TABLE[TABLE.len() - 1])
}

/// The table for `docs/ARCHITECTURE.md`.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "| row | when no row above applies, and | decision | because |\n| --- | --- | --- | --- |\n",
    );
    for row in &TABLE {
        let when = row.when();
        let does = match row.does {
            RuleAction::Rest(_) => "rest, and keep observing",
            RuleAction::ReadRecord => "read the record",
            RuleAction::AskLive => "ask the live IP",
            RuleAction::Poll => "poll",
            RuleAction::ReleaseStage => "release the stage IP",
            RuleAction::AssignLive => "**claim**",
        };
        let _ = writeln!(
            text,
            "| `{}` | {when} | {does} | {} |",
            row.name, row.because
        );
    }
    text
}
