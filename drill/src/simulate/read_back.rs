//! Whether a target shows all that it acknowledged.

use super::ledger::{Account, Ledger};
use crate::api::{Api, Message};
use crate::http::Failure;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// How many single findings are described; all are counted.
const DESCRIBED: usize = 10;

/// After this many accounts in a row that can't be read, the rest is given up as unreadable.
const GIVE_UP_AFTER: usize = 3;

/// What was looked for and what was not there.
#[derive(Debug, Default, Serialize)]
pub struct ReadBack {
    /// Accounts.
    pub users: Checked,
    /// Messages: byte-exact, and in the order in which they were sent.
    pub messages: Checked,
    /// Follows, in the state that was acknowledged last.
    pub follows: Checked,
    /// The last id.
    pub latest: Checked,
    /// What was wrong, at most ten of it.
    pub findings: Vec<String>,
}

/// How many were looked for, and how many were not as acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Looked for.
    pub acknowledged: usize,
    /// Missing, changed, out of order or unreadable.
    pub wrong: usize,
}

impl ReadBack {
    /// Whether all was there.
    #[must_use]
    pub fn complete(&self) -> bool {
        [self.users, self.messages, self.follows, self.latest]
            .iter()
            .all(|checked| checked.wrong == 0)
    }

    fn owe(&mut self, account: &Account) {
        self.users.acknowledged += usize::from(account.exists);
        self.messages.acknowledged += account.texts.len();
        self.follows.acknowledged += account.known_follows().len();
    }

    fn lose(&mut self, account: &Account) {
        self.users.wrong += usize::from(account.exists);
        self.messages.wrong += account.texts.len();
        self.follows.wrong += account.known_follows().len();
    }

    fn describe(&mut self, finding: String) {
        if self.findings.len() < DESCRIBED {
            self.findings.push(finding);
        }
    }
}

/// Reads the texts of one account that were not seen before. What is missing now is looked for again at the end.
pub async fn verify_so_far(api: &Api, user: &str, account: &mut Account) {
    let unseen = &account.texts[account.verified_texts..];
    let count = unseen.len() + account.unknown_texts;
    if let Ok(Some(messages)) = api.messages(user, count).await
        && compare_texts(unseen, &contents(user, &messages)) == Texts::AllThere
    {
        account.verified_texts = account.texts.len();
    }
}

fn contents<'a>(user: &str, messages: &'a [Message]) -> Vec<&'a str> {
    messages
        .iter()
        .filter(|message| message.user == user)
        .map(|message| message.content.as_str())
        .collect()
}

/// Reads everything back that `ledger` says is owed.
pub async fn check(api: &Api, ledger: &Ledger) -> ReadBack {
    let mut result = ReadBack::default();
    // First, because nothing that follows may depend on it.
    check_latest(api, ledger, &mut result).await;
    let mut unreadable = 0;
    for (user, account) in ledger.accounts() {
        result.owe(account);
        if unreadable >= GIVE_UP_AFTER {
            result.lose(account);
        } else if let Err(failure) = check_account(api, user, account, &mut result).await {
            result.lose(account);
            result.describe(format!("what {user:?} wrote can't be read: {failure}"));
            unreadable += 1;
        } else {
            unreadable = 0;
        }
    }
    result
}

async fn check_latest(api: &Api, ledger: &Ledger, result: &mut ReadBack) {
    let Some(expected) = ledger.last_seen() else {
        return;
    };
    result.latest.acknowledged = 1;
    let finding = match api.latest().await {
        Ok(found) if ledger.may_be_latest(found) => return,
        Ok(found) => format!("/latest is {found}, the last id sent was {expected}"),
        Err(failure) => format!("/latest can't be read: {failure}"),
    };
    result.latest.wrong = 1;
    result.describe(finding);
}

/// An error says that nothing can be said of this account.
async fn check_account(
    api: &Api,
    user: &str,
    account: &Account,
    result: &mut ReadBack,
) -> Result<(), Failure> {
    // No more than this run can have written: older messages with the same text must not stand in for lost ones.
    let count = account.texts.len() + account.unknown_texts;
    let Some(messages) = api.messages(user, count).await? else {
        if account.is_owed_anything() {
            result.lose(account);
            result.describe(format!("user {user:?} is not there"));
        }
        return Ok(());
    };
    let follows = if account.follows.is_empty() {
        BTreeSet::new()
    } else {
        api.follows(user).await?.unwrap_or_default()
    };
    let shown = contents(user, &messages);
    let mut owed = account.texts.as_slice();
    if shown.len() < owed.len() && shown.len() == api.most_shown().await? {
        // The server shows no more at a time, so the oldest are out of reach; they were read before.
        let hidden = owed.len() - shown.len() + account.unknown_texts;
        owed = &owed[hidden.min(account.verified_texts)..];
    }
    check_texts(user, owed, &shown, result);
    for (target, state) in compare_follows(&account.known_follows(), &follows) {
        result.follows.wrong += 1;
        let verb = if state {
            "does not follow"
        } else {
            "still follows"
        };
        result.describe(format!("{user:?} {verb} {target:?}"));
    }
    Ok(())
}

fn check_texts(user: &str, owed: &[String], shown: &[&str], result: &mut ReadBack) {
    match compare_texts(owed, shown) {
        Texts::AllThere => {}
        Texts::Missing(missing) => {
            result.messages.wrong += missing.len();
            for text in missing {
                result.describe(format!(
                    "a message of {user:?} is not among the newest {}: {text:?}",
                    shown.len()
                ));
            }
        }
        Texts::OutOfOrder => {
            result.messages.wrong += 1;
            result.describe(format!(
                "the messages of {user:?} are not in the order they were sent in, or one is lost that an earlier run sent too"
            ));
        }
    }
}

/// How shown messages compare with those that are owed.
#[derive(Debug, PartialEq, Eq)]
pub enum Texts<'a> {
    /// Each one, in order.
    AllThere,
    /// These are not among those shown.
    Missing(Vec<&'a str>),
    /// All are there, but not in the order in which they were sent.
    OutOfOrder,
}

/// Compares what is owed, oldest first, with what is shown, newest first. Others may stand between them.
#[must_use]
pub fn compare_texts<'a>(owed: &'a [String], shown: &[&str]) -> Texts<'a> {
    let missing = missing_texts(owed, shown);
    if !missing.is_empty() {
        return Texts::Missing(missing);
    }
    let mut rest = shown.iter();
    if owed
        .iter()
        .rev()
        .all(|text| rest.any(|other| other == text))
    {
        Texts::AllThere
    } else {
        Texts::OutOfOrder
    }
}

/// Those owed that are not shown, each as often as it is owed.
#[must_use]
pub fn missing_texts<'a>(owed: &'a [String], shown: &[&str]) -> Vec<&'a str> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for text in shown {
        *counts.entry(text).or_default() += 1;
    }
    owed.iter()
        .map(String::as_str)
        .filter(|text| match counts.get_mut(text) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .collect()
}

/// The follows that are not in the state they should be in.
fn compare_follows<'a>(
    known: &[(&'a str, bool)],
    shown: &BTreeSet<String>,
) -> Vec<(&'a str, bool)> {
    known
        .iter()
        .filter(|(target, follows)| shown.contains(*target) != *follows)
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn all_texts_newest_first_with_others_between_are_all_there() {
        let owed = owned(&["1", "2", "2", "3"]);
        assert_eq!(
            compare_texts(&owed, &["3", "x", "2", "2", "1", "0"]),
            Texts::AllThere
        );
        assert_eq!(compare_texts(&[], &["x"]), Texts::AllThere);
    }

    #[test]
    fn a_text_that_is_owed_twice_must_be_shown_twice() {
        let owed = owned(&["a", "a"]);
        assert_eq!(compare_texts(&owed, &["a", "b"]), Texts::Missing(vec!["a"]));
    }

    #[test]
    fn a_changed_character_is_a_missing_text() {
        let owed = owned(&["\u{feff}hi"]);
        assert_eq!(
            compare_texts(&owed, &["hi"]),
            Texts::Missing(vec!["\u{feff}hi"])
        );
    }

    #[test]
    fn texts_of_an_earlier_run_do_not_hide_a_lost_one() {
        // The run before wrote the same; of this one the newest is lost, so the window reaches one text back.
        let owed = owned(&["1", "2", "3"]);
        assert_eq!(compare_texts(&owed, &["2", "1", "3"]), Texts::OutOfOrder);
    }

    #[test]
    fn follows_are_compared_both_ways() {
        let shown: BTreeSet<String> = ["a".to_owned(), "x".to_owned()].into();
        let known = [("a", true), ("b", true), ("x", false), ("y", false)];
        assert_eq!(compare_follows(&known, &shown), [("b", true), ("x", false)]);
    }

    proptest! {
        #[test]
        fn what_was_stored_in_order_is_all_there(texts in proptest::collection::vec("[ab]{0,2}", 0..30)) {
            let shown: Vec<&str> = texts.iter().rev().map(String::as_str).collect();
            prop_assert_eq!(compare_texts(&texts, &shown), Texts::AllThere);
        }

        #[test]
        fn one_lost_text_is_always_noticed(
            texts in proptest::collection::vec("[ab]{0,2}", 1..30), which: prop::sample::Index,
        ) {
            let mut shown: Vec<&str> = texts.iter().rev().map(String::as_str).collect();
            let lost = shown.remove(which.index(texts.len()));
            prop_assert_eq!(compare_texts(&texts, &shown), Texts::Missing(vec![lost]));
        }
    }
}
