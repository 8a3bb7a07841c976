//! Runs generated from a seed: the same seed gives the same run, on every machine and with every version of the crates used.

use super::step::{Action, Step};
use super::words::{FIRST, LAST, NASTY, PASSWORD, WORDS};
use crate::random::Random;
use std::collections::BTreeSet;

/// The longest message, in characters, as in the recorded run.
const MAX_MESSAGE: usize = 140;

/// The part of user names that tells runs apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameTag {
    /// The seed: another run of the same seed uses the same accounts.
    Seed,
    /// This text, for names that no earlier run has used.
    Text(String),
}

/// Generates runs.
pub struct Generator {
    random: Random,
    tag: String,
    users: Vec<String>,
    follows: BTreeSet<(usize, usize)>,
}

impl Generator {
    /// Starts from `seed`; `tag` goes into each user name.
    #[must_use]
    pub fn new(seed: u64, tag: &NameTag) -> Self {
        Self {
            random: Random::new(seed),
            tag: match tag {
                NameTag::Seed => format!("s{seed}"),
                NameTag::Text(text) => text.clone(),
            },
            users: Vec::new(),
            follows: BTreeSet::new(),
        }
    }

    /// A run of `requests` requests with ids from 0.
    #[must_use]
    pub fn run(mut self, requests: usize) -> Vec<Step> {
        let mut timestamp_ms = 1_700_000_000_000;
        (0_i64..)
            .take(requests)
            .map(|id| {
                // 0 to 28 ms, near the recorded run's mean of 14 ms.
                let delay = if id == 0 { 0 } else { self.below(2_800_000) };
                timestamp_ms += delay.cast_signed();
                Step {
                    id,
                    delay,
                    timestamp_ms,
                    action: self.action(id),
                }
            })
            .collect()
    }

    /// Mostly messages, as in the recorded run; the first requests are mostly registrations, so that there are authors.
    fn action(&mut self, id: i64) -> Action {
        let roll = self.below(1000);
        if self.users.len() < 2 || (id < 20 && roll < 500) || roll < 60 {
            return self.register();
        }
        match roll {
            60..190 => self.follow(),
            190..230 => self.unfollow(),
            _ => Action::Tweet {
                user: self.author(),
                text: self.message(),
            },
        }
    }

    fn register(&mut self) -> Action {
        let number = self.users.len();
        let user = format!(
            "{} {} {}.{number}",
            self.pick(FIRST),
            self.pick(LAST),
            self.tag
        );
        let mailbox: String = user
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '+' })
            .collect();
        let domain = self.pick(&[
            "example.com",
            "mail.example.org",
            "bücher.example",
            "xn--bcher-kva.example",
        ]);
        let length = 1 + self.below(12);
        let password = (0..length).map(|_| self.pick(PASSWORD)).collect();
        self.users.push(user.clone());
        Action::Register {
            user,
            email: format!("{mailbox}@{domain}"),
            password,
        }
    }

    /// New follows for the most part, and some repeated ones.
    fn follow(&mut self) -> Action {
        let pair = if self.one_in(8) {
            self.existing_follow()
        } else {
            None
        };
        let (user, target) = pair.unwrap_or_else(|| self.two_users());
        self.follows.insert((user, target));
        Action::Follow {
            user: self.users[user].clone(),
            target: self.users[target].clone(),
        }
    }

    /// Half of them end an existing follow; the others must be accepted too.
    fn unfollow(&mut self) -> Action {
        let pair = if self.one_in(2) {
            self.existing_follow()
        } else {
            None
        };
        let (user, target) = pair.unwrap_or_else(|| self.two_users());
        self.follows.remove(&(user, target));
        Action::Unfollow {
            user: self.users[user].clone(),
            target: self.users[target].clone(),
        }
    }

    fn existing_follow(&mut self) -> Option<(usize, usize)> {
        let count = self.follows.len();
        if count == 0 {
            return None;
        }
        let index = self.index_below(count);
        self.follows.iter().nth(index).copied()
    }

    fn two_users(&mut self) -> (usize, usize) {
        let count = self.users.len();
        let user = self.index_below(count);
        (user, (user + 1 + self.index_below(count - 1)) % count)
    }

    /// One user in ten writes half of the messages.
    fn author(&mut self) -> String {
        let count = self.users.len();
        let among = if self.one_in(2) {
            count.div_ceil(10)
        } else {
            count
        };
        let index = self.index_below(among);
        self.users[index].clone()
    }

    fn message(&mut self) -> String {
        let mut text = String::new();
        if self.one_in(50) {
            text.push('\u{feff}');
        }
        if self.one_in(50) {
            text.push(' ');
        }
        let full = self.one_in(20);
        let words = if full {
            MAX_MESSAGE as u64
        } else {
            1 + self.below(24)
        };
        for index in 0..words {
            if index > 0 {
                text.push(' ');
            }
            text.push_str(if self.one_in(6) {
                self.pick(NASTY)
            } else {
                self.pick(WORDS)
            });
        }
        if !full && self.one_in(50) {
            text.push(' ');
        }
        text.chars().take(MAX_MESSAGE).collect()
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    fn index_below(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u64)).expect("smaller than a usize")
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index_below(from.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn run(seed: u64) -> Vec<Step> {
        Generator::new(seed, &NameTag::Seed).run(5000)
    }

    #[test]
    fn a_seed_gives_the_same_run_and_another_seed_another() {
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        assert_eq!(run(7)[..100], Generator::new(7, &NameTag::Seed).run(100));
    }

    #[test]
    fn only_registered_users_act_and_each_registers_once() {
        let mut known = BTreeSet::new();
        for step in run(3) {
            match step.action {
                Action::Register {
                    user,
                    email,
                    password,
                } => {
                    assert!(email.contains('@') && !password.is_empty());
                    assert!(known.insert(user), "registered twice");
                }
                Action::Tweet { user, text } => {
                    assert!(known.contains(&user));
                    assert!(
                        (1..=MAX_MESSAGE).contains(&text.chars().count()),
                        "{text:?}"
                    );
                    assert!(!text.contains(['\t', '\n', '\0']), "{text:?}");
                }
                Action::Follow { user, target } | Action::Unfollow { user, target } => {
                    assert!(known.contains(&user) && known.contains(&target));
                    assert_ne!(user, target);
                }
            }
        }
    }

    #[test]
    fn a_run_contains_the_cases_that_broke_programs() {
        let mut follows: BTreeMap<(String, String), bool> = BTreeMap::new();
        let (mut marked, mut full, mut idle_unfollow, mut repeated_follow, mut spaced) =
            (0, 0, 0, 0, 0);
        for step in run(1) {
            match step.action {
                Action::Tweet { text, .. } => {
                    marked += usize::from(text.starts_with('\u{feff}'));
                    full += usize::from(text.chars().count() == MAX_MESSAGE);
                    spaced += usize::from(text.ends_with(' '));
                }
                Action::Follow { user, target } => {
                    repeated_follow +=
                        usize::from(follows.insert((user, target), true) == Some(true));
                }
                Action::Unfollow { user, target } => {
                    idle_unfollow +=
                        usize::from(follows.insert((user, target), false) != Some(true));
                }
                Action::Register { user, .. } => assert!(user.contains(' ')),
            }
        }
        assert!(
            marked > 5 && full > 50 && idle_unfollow > 20 && repeated_follow > 20 && spaced > 20
        );
    }

    #[test]
    fn another_tag_gives_other_names_and_the_same_shape() {
        let tagged = Generator::new(7, &NameTag::Text("x1".to_owned())).run(200);
        let users = |steps: &[Step]| -> BTreeSet<String> {
            steps
                .iter()
                .filter_map(|step| match &step.action {
                    Action::Register { user, .. } => Some(user.clone()),
                    _ => None,
                })
                .collect()
        };
        let seeded = &run(7)[..200];
        assert!(users(seeded).is_disjoint(&users(&tagged)));
        for (a, b) in seeded.iter().zip(&tagged) {
            assert_eq!((a.delay, a.action.kind()), (b.delay, b.action.kind()));
        }
    }
}
