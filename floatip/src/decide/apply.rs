//! Decides what to do next, as a pure function of the view. Nothing here does I/O, reads a clock or draws a random number.
//!
//! The view is reduced to facts. The first row of the table in [`crate::decide::rules`] whose conditions hold becomes a decision with its times.

use std::time::Duration;

use crate::{
    clock::Moment,
    decide::{
        decision::{ClaimCause, Decision, RestReason},
        facts::{Answer, Facts, LiveLocation, Lock, OwnAction},
        rules::{Row, RuleAction, find},
        settings::Settings,
        view::View,
    },
    observe::vrrp::Vrrp,
};

/// Decides what to do next.
#[must_use]
pub fn decide(view: &View<'_>, settings: &Settings) -> Decision {
    decision_of(find(&facts(view, settings)), view, settings)
}

/// The row of the table that applies.
#[must_use]
pub fn row(view: &View<'_>, settings: &Settings) -> &'static Row {
    find(&facts(view, settings))
}

/// Reduces the view to what the table reads.
#[must_use]
pub fn facts(view: &View<'_>, settings: &Settings) -> Facts {
    let (now, history) = (view.now, view.history);
    let record = view.record.map(|seen| seen.value).unwrap_or_default();
    let live = match (view.record, record.live.holder) {
        (None, _) => LiveLocation::Unread,
        (_, None) => LiveLocation::Nowhere,
        (_, Some(holder)) if holder == view.me => LiveLocation::Here,
        _ => LiveLocation::There,
    };
    let answer = view.live_answers.filter(|seen| {
        seen.at >= history.event_at && now < seen.at + settings.live_every_contested
    });
    let lock = match record.live.locked {
        false => Lock::Open,
        true if history.locked_for(now) < settings.locked_patience => Lock::Locked,
        true => Lock::Overdue,
    };
    Facts {
        live,
        frozen: view.frozen,
        fit: view.fit,
        master: view.vrrp == Vrrp::Master,
        fresh: view.record.is_some_and(|seen| {
            seen.at >= history.stale_before && now < seen.at + settings.record_max_age
        }),
        pending: match history.pending(now, settings) {
            None => OwnAction::No,
            Some(pending) if pending.poll_at <= now => OwnAction::Due,
            Some(_) => OwnAction::Asked,
        },
        calls: history.call_at(now) <= now,
        damped: history.damped_until(now, settings).is_some(),
        answer: match answer.map(|seen| seen.value) {
            None => Answer::Unasked,
            Some(true) => Answer::Serves,
            Some(false) => Answer::Silent,
        },
        settling: history.settles_at(settings).is_some_and(|at| now < at),
        lock,
        stage_here: record.stage.is_some_and(|it| it.holder == Some(view.me)),
        forced: settings.force,
    }
}

fn decision_of(row: &Row, view: &View<'_>, settings: &Settings) -> Decision {
    let (now, history) = (view.now, view.history);
    match row.does {
        RuleAction::Rest(why) => rest(why, view, settings),
        RuleAction::ReadRecord => Decision::Look {
            record: true,
            live: false,
        },
        RuleAction::AskLive => Decision::Look {
            record: !facts(view, settings).fresh,
            live: true,
        },
        RuleAction::Poll => match history.pending(now, settings) {
            Some(pending) => Decision::Poll {
                action: pending.action,
                kind: pending.kind,
            },
            None => rest(RestReason::ActionPending, view, settings),
        },
        RuleAction::ReleaseStage => Decision::ReleaseStage,
        RuleAction::AssignLive => Decision::AssignLive(
            match view.record.and_then(|record| record.value.live.holder) {
                _ if settings.force => ClaimCause::Forced,
                None => ClaimCause::NobodyHolds,
                Some(_) => ClaimCause::LiveSilent,
            },
        ),
    }
}

fn rest(why: RestReason, view: &View<'_>, settings: &Settings) -> Decision {
    let (now, history) = (view.now, view.history);
    let call_at = history.call_at(now);
    match why {
        RestReason::ActionPending => {
            let pending = history.pending(now, settings);
            let until = pending.map_or(call_at, |it| it.poll_at.max(call_at));
            Decision::Rest { why, until }
        }
        RestReason::Backoff => {
            // The live IP is asked during the wait, so that its answer is there when the wait ends.
            let half = settings.live_every_contested / 2;
            let ask_at = view
                .live_answers
                .map_or(now, |seen| seen.at.max(history.event_at) + half);
            if ask_at <= now {
                return Decision::Look {
                    record: false,
                    live: true,
                };
            }
            let until = ask_at.min(call_at);
            Decision::Rest { why, until }
        }
        RestReason::Locked => {
            let until = view.record.map_or(now, |it| it.at + settings.locked_every);
            if until <= now {
                return Decision::Look {
                    record: true,
                    live: false,
                };
            }
            Decision::Rest { why, until }
        }
        RestReason::Damped => {
            rest_and_observe(view, settings, why, history.damped_until(now, settings))
        }
        RestReason::LiveServes | RestReason::Settling => {
            let again = view
                .live_answers
                .map(|it| it.at + settings.live_every_contested);
            rest_and_observe(view, settings, why, again)
        }
        _ => rest_and_observe(view, settings, why, None),
    }
}

/// Rests, but keeps observing: reads the record and asks the live IP at their intervals, and at once after an event.
fn rest_and_observe(
    view: &View<'_>,
    settings: &Settings,
    why: RestReason,
    until: Option<Moment>,
) -> Decision {
    let history = view.history;
    let slow = history
        .remaining
        .is_some_and(|left| left < settings.reserve);
    let record_every = settings.record_every * if slow { 6 } else { 1 };
    let record_at = view.record.map_or(Duration::ZERO, |seen| {
        if seen.at < history.stale_before {
            Duration::ZERO
        } else {
            seen.at + record_every
        }
    });
    let record_at = record_at.max(history.call_at(view.now));
    let live_every = if why == RestReason::HolderHere && history.awaits_answer(view.now) {
        settings.live_every_arrived
    } else {
        settings.live_every
    };
    let live_at = view
        .live_answers
        .map_or(Duration::ZERO, |seen| seen.at + live_every);
    let (record, live) = (record_at <= view.now, live_at <= view.now);
    if record || live {
        return Decision::Look { record, live };
    }
    let due = record_at.min(live_at);
    Decision::Rest {
        why,
        until: until.map_or(due, |until| until.min(due)),
    }
}
