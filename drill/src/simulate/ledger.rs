//! What a target owes after a run: all that it acknowledged, and what can't be known.

use crate::scenario::{Action, Step};
use std::collections::{BTreeMap, BTreeSet};

/// What a request did, as far as its client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The server said that it is done.
    Acknowledged,
    /// The server said that it is not done.
    Rejected,
    /// No answer, or a server error: it may be done, now or a moment later.
    Unknown,
    /// It never reached the server.
    NotSent,
}

/// What one user is owed.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The account was acknowledged.
    pub exists: bool,
    /// Acknowledged texts, oldest first.
    pub texts: Vec<String>,
    /// How many texts may be there besides.
    pub unknown_texts: usize,
    /// How many of the oldest texts were seen to be readable while the run went on.
    pub verified_texts: usize,
    due: usize,
    /// The state of each follow that was touched; `None` if it can't be known.
    pub follows: BTreeMap<String, Option<bool>>,
}

/// A server shows only so many messages at a time, and the simulator's API has no way to older ones. So whoever writes
/// a lot is read back as the run goes on, after this many texts each time.
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
    pub fn is_owed_anything(&self) -> bool {
        self.exists || !self.texts.is_empty() || !self.known_follows().is_empty()
    }
}

/// All that a run has sent, by user.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    accounts: BTreeMap<String, Account>,
    last_seen: Option<i64>,
    maybe_seen: BTreeSet<i64>,
}

impl Ledger {
    /// Enters one request and what came of it.
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

    /// An account whose newest texts should be read now, before others hide them.
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

    /// An unknown one may take effect after its successors: from then on this follow can't be known.
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

    /// The last id that was answered.
    #[must_use]
    pub fn last_seen(&self) -> Option<i64> {
        self.last_seen
    }

    /// Whether `latest` may be this id: the last one answered, or one without an answer that came to pass late.
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
    fn only_acknowledged_texts_are_owed() {
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
    fn the_last_acknowledged_follow_counts_and_an_unknown_one_spoils_it() {
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
    fn latest_is_the_last_answered_or_one_without_an_answer() {
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
