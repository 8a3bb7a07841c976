//! Records which writes must be readable after a run, because they were acknowledged, and which may be.

use crate::scenario::step::{Action, Step};
use std::collections::{BTreeMap, BTreeSet};

/// The effect of a request, as far as its client can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The server responded that it is done.
    Acknowledged,
    /// The server responded that it is not done.
    Rejected,
    /// No response, or a server error: it may be done, now or later.
    Unknown,
    /// It never reached the server.
    NotSent,
}

/// What must be readable of one user.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The account was acknowledged.
    pub exists: bool,
    /// Acknowledged texts, oldest first.
    pub texts: Vec<String>,
    /// How many more texts may be there.
    pub unknown_texts: usize,
    /// How many of the oldest texts were read back during the run.
    pub verified_texts: usize,
    due: usize,
    /// The state of each follow that the run changed; `None` if it can't be known.
    pub follows: BTreeMap<String, Option<bool>>,
}

/// The simulator's API shows only the newest messages of a user. Users with many messages are therefore read back during
/// the run, each time after this many texts.
const READ_EVERY: usize = 500;

impl Account {
    /// The follows whose state is known.
    #[must_use]
    pub fn known_follows(&self) -> Vec<(&str, bool)> {
        self.follows
            .iter()
            .filter_map(|(target, state)| state.map(|follows| (target.as_str(), follows)))
            .collect()
    }

    /// Whether anything of it was acknowledged.
    #[must_use]
    pub fn has_acknowledged(&self) -> bool {
        self.exists || !self.texts.is_empty() || !self.known_follows().is_empty()
    }
}

/// Everything that a run has sent, by user.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    accounts: BTreeMap<String, Account>,
    last_seen: Option<i64>,
    maybe_seen: BTreeSet<i64>,
}

impl Ledger {
    /// Records one request and its effect.
    pub fn add(&mut self, step: &Step, effect: Effect) {
        match effect {
            // Stored before validation, so also when the call itself was rejected.
            Effect::Acknowledged | Effect::Rejected => self.last_seen = Some(step.id),
            Effect::Unknown => {
                self.maybe_seen.insert(step.id);
            }
            Effect::NotSent => {}
        }
        match &step.action {
            Action::Register { user, .. } => {
                self.account(user).exists |= effect == Effect::Acknowledged;
            }
            Action::Tweet { user, text } => {
                let account = self.account(user);
                match effect {
                    Effect::Acknowledged => account.texts.push(text.clone()),
                    Effect::Unknown => account.unknown_texts += 1,
                    Effect::Rejected | Effect::NotSent => {}
                }
            }
            Action::Follow { user, target } => self.follow(user, target, true, effect),
            Action::Unfollow { user, target } => self.follow(user, target, false, effect),
        }
    }

    /// An account whose newest texts must be read now, before later ones hide them.
    pub fn due(&mut self, user: &str) -> Option<&mut Account> {
        let account = self.accounts.get_mut(user)?;
        let due = account.texts.len() >= account.due + READ_EVERY;
        if due {
            account.due = account.texts.len();
        }
        due.then_some(account)
    }

    fn account(&mut self, user: &str) -> &mut Account {
        self.accounts.entry(user.to_owned()).or_default()
    }

    /// A request without a response may take effect after later ones: from then on the state of this follow can't be known.
    fn follow(&mut self, user: &str, target: &str, follows: bool, effect: Effect) {
        let states = &mut self.account(user).follows;
        match (effect, states.get(target)) {
            (Effect::Unknown, _) => {
                states.insert(target.to_owned(), None);
            }
            (Effect::Acknowledged, Some(Some(_)) | None) => {
                states.insert(target.to_owned(), Some(follows));
            }
            _ => {}
        }
    }

    /// All users by name.
    pub fn accounts(&self) -> impl Iterator<Item = (&str, &Account)> {
        self.accounts
            .iter()
            .map(|(name, account)| (name.as_str(), account))
    }

    /// The last id with a response.
    #[must_use]
    pub fn last_seen(&self) -> Option<i64> {
        self.last_seen
    }

    /// Whether `latest` may be this id: the last one with a response, or one without that took effect late.
    #[must_use]
    pub fn may_be_latest(&self, latest: i64) -> bool {
        self.last_seen.is_none_or(|seen| seen == latest) || self.maybe_seen.contains(&latest)
    }
}

#[cfg(test)]
mod tests {
    use super::Effect::{Acknowledged, NotSent, Rejected, Unknown};
    use super::*;

    fn step(id: i64, action: Action) -> Step {
        Step {
            id,
            delay: 0,
            timestamp_ms: 0,
            action,
        }
    }

    fn tweet(id: i64, text: &str) -> Step {
        let (user, text) = ("a".to_owned(), text.to_owned());
        step(id, Action::Tweet { user, text })
    }

    fn follow(id: i64, follows: bool) -> Step {
        let (user, target) = ("a".to_owned(), "b".to_owned());
        step(
            id,
            if follows {
                Action::Follow { user, target }
            } else {
                Action::Unfollow { user, target }
            },
        )
    }

    #[test]
    fn only_acknowledged_texts_are_expected() {
        let mut ledger = Ledger::default();
        for (id, text, effect) in [
            (1, "one", Acknowledged),
            (2, "two", Unknown),
            (3, "three", NotSent),
            (4, "four", Rejected),
            (5, "five", Acknowledged),
        ] {
            ledger.add(&tweet(id, text), effect);
        }
        let (_, account) = ledger.accounts().next().unwrap();
        assert_eq!(account.texts, ["one", "five"]);
        assert_eq!(account.unknown_texts, 1);
    }

    #[test]
    fn the_last_acknowledged_follow_counts_unless_one_had_no_response() {
        let state = |entries: &[(bool, Effect)]| {
            let mut ledger = Ledger::default();
            for (follows, effect) in entries {
                ledger.add(&follow(0, *follows), *effect);
            }
            ledger
                .accounts()
                .next()
                .and_then(|(_, a)| a.follows.get("b").copied())
        };
        assert_eq!(
            state(&[(true, Acknowledged), (false, Acknowledged)]),
            Some(Some(false))
        );
        assert_eq!(
            state(&[(true, Acknowledged), (false, Rejected)]),
            Some(Some(true))
        );
        assert_eq!(
            state(&[(true, Acknowledged), (false, Unknown), (true, Acknowledged)]),
            Some(None)
        );
        assert_eq!(state(&[(true, NotSent)]), None);
    }

    #[test]
    fn latest_is_the_last_id_with_a_response_or_one_without() {
        let mut ledger = Ledger::default();
        assert!(ledger.may_be_latest(-1));
        ledger.add(&tweet(5, "a"), Acknowledged);
        ledger.add(&tweet(6, "b"), Unknown);
        ledger.add(&tweet(7, "c"), Rejected);
        ledger.add(&tweet(8, "d"), NotSent);
        let possible: Vec<i64> = (0..10).filter(|id| ledger.may_be_latest(*id)).collect();
        assert_eq!(possible, [6, 7]);
        assert_eq!(ledger.last_seen(), Some(7));
    }
}
