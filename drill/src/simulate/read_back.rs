//! Reads everything back that a target acknowledged.

use super::compare::{Texts, compare_follows, compare_texts};
use super::ledger::{Account, Ledger};
use crate::api::{Api, Message};
use operate::client::Failure;
use serde::Serialize;
use std::collections::BTreeSet;

/// How many defects are described; all are counted.
const DESCRIBED: usize = 10;

/// After this many accounts in a row that can't be read, the rest counts as unreadable.
const GIVE_UP_AFTER: usize = 3;

/// How many acknowledged writes were looked for, and how many were missing.
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
    /// The first ten defects.
    pub findings: Vec<String>,
}

/// Counts of one kind of write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Looked for.
    pub acknowledged: usize,
    /// Missing, changed, out of order or unreadable.
    pub wrong: usize,
}

impl ReadBack {
    /// Whether nothing was missing.
    #[must_use]
    pub fn complete(&self) -> bool {
        [self.users, self.messages, self.follows, self.latest]
            .iter()
            .all(|checked| checked.wrong == 0)
    }

    fn expect(&mut self, account: &Account) {
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

/// Reads the texts of one account that were not read before. Missing ones are looked for again at the end.
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

/// Reads everything back that the ledger has as acknowledged.
pub async fn check(api: &Api, ledger: &Ledger) -> ReadBack {
    let mut result = ReadBack::default();
    // First: the requests below must not change it.
    check_latest(api, ledger, &mut result).await;
    let mut unreadable = 0;
    for (user, account) in ledger.accounts() {
        result.expect(account);
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

/// An error means that the account can't be read.
async fn check_account(
    api: &Api,
    user: &str,
    account: &Account,
    result: &mut ReadBack,
) -> Result<(), Failure> {
    // At most as many as this run can have written: older messages with the same text must not replace lost ones.
    let count = account.texts.len() + account.unknown_texts;
    let Some(messages) = api.messages(user, count).await? else {
        if account.has_acknowledged() {
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
    let mut expected = account.texts.as_slice();
    if shown.len() < expected.len() && shown.len() == api.most_shown().await? {
        // The server shows no more, so the oldest can't be read now; they were read during the run.
        let hidden = expected.len() - shown.len() + account.unknown_texts;
        expected = &expected[hidden.min(account.verified_texts)..];
    }
    check_texts(user, expected, &shown, result);
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

fn check_texts(user: &str, expected: &[String], shown: &[&str], result: &mut ReadBack) {
    match compare_texts(expected, shown) {
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
