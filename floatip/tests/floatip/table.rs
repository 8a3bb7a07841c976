//! The decision table: complete, without rows that can't apply, and in the documentation as it is in the code.

use std::fs;

use floatip::decide::{
    facts::{Answer, Facts, LiveLocation, Lock, OwnAction},
    rules::{RuleAction, TABLE, find, markdown},
};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ARCHITECTURE.md");
const BEGIN: &str = "<!-- decision table: from floatip/src/decide/rules.rs -->\n";
const END: &str = "<!-- end of the decision table -->";

/// Every combination of facts.
fn all() -> impl Iterator<Item = Facts> {
    let lives = [
        LiveLocation::Unread,
        LiveLocation::Here,
        LiveLocation::There,
        LiveLocation::Nowhere,
    ];
    let pendings = [OwnAction::No, OwnAction::Due, OwnAction::Asked];
    let answers = [Answer::Unasked, Answer::Serves, Answer::Silent];
    let locks = [Lock::Open, Lock::Locked, Lock::Overdue];
    (0..1_u32 << 9).flat_map(move |bits| {
        let bit = move |n: u32| bits & (1 << n) != 0;
        lives.into_iter().flat_map(move |live| {
            pendings.into_iter().flat_map(move |pending| {
                answers.into_iter().flat_map(move |answer| {
                    locks.into_iter().map(move |lock| Facts {
                        live,
                        frozen: bit(0),
                        fit: bit(1),
                        master: bit(2),
                        fresh: bit(3),
                        pending,
                        calls: bit(4),
                        damped: bit(5),
                        answer,
                        settling: bit(6),
                        lock,
                        stage_here: bit(7),
                        forced: bit(8),
                    })
                })
            })
        })
    })
}

#[test]
fn every_row_applies_somewhere() {
    for row in &TABLE {
        assert!(
            all().any(|facts| find(&facts) == row),
            "row {} never applies",
            row.name
        );
    }
}

#[test]
fn whatever_acts_has_every_reason() {
    for facts in all() {
        let does = find(&facts).does;
        if !matches!(does, RuleAction::AssignLive | RuleAction::ReleaseStage) {
            continue;
        }
        let elsewhere = matches!(facts.live, LiveLocation::There | LiveLocation::Nowhere);
        assert!(
            elsewhere && facts.fit && facts.master && !facts.frozen,
            "{facts:?}"
        );
        assert!(facts.fresh && facts.calls && !facts.damped, "{facts:?}");
        assert!(
            facts.pending == OwnAction::No && facts.lock != Lock::Locked,
            "{facts:?}"
        );
        assert!(
            facts.forced || (facts.answer == Answer::Silent && !facts.settling),
            "{facts:?}"
        );
        assert_eq!(
            does == RuleAction::ReleaseStage,
            facts.stage_here,
            "{facts:?}"
        );
    }
}

#[test]
fn a_poll_and_a_read_only_happen_when_the_api_may_be_called() {
    for facts in all() {
        let does = find(&facts).does;
        let calls = matches!(
            does,
            RuleAction::Poll | RuleAction::ReadRecord | RuleAction::AskLive
        );
        assert!(facts.calls || !calls, "{facts:?}");
    }
}

#[test]
fn the_documentation_shows_this_table() {
    let document = fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = document
        .split_once(BEGIN)
        .expect("a marker where the table begins");
    let (shown, after) = rest.split_once(END).expect("a marker where it ends");
    if shown == markdown() {
        return;
    }
    if std::env::var_os("WRITE_TABLE").is_some() {
        fs::write(DOCUMENT, [before, BEGIN, &markdown(), END, after].concat()).unwrap();
        return;
    }
    panic!(
        "docs/ARCHITECTURE.md shows another table than the code has: run this test with WRITE_TABLE=1"
    );
}
