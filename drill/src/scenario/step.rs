//! One request of a run.

use std::fmt;
use std::time::Duration;

/// One request of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Sent as `?latest=`.
    pub id: i64,
    /// Pause before it, in units of 10 ns.
    pub delay: u64,
    /// When it was recorded, in ms; only the file contains it.
    pub timestamp_ms: i64,
    /// What the request does.
    pub action: Action,
}

impl Step {
    /// The pause before it.
    #[must_use]
    pub fn pause(&self) -> Duration {
        Duration::from_nanos(self.delay.saturating_mul(10))
    }
}

/// What a request does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A new account.
    Register {
        /// User name.
        user: String,
        /// E-mail address.
        email: String,
        /// Password.
        password: String,
    },
    /// A message.
    Tweet {
        /// The author.
        user: String,
        /// The text, byte for byte.
        text: String,
    },
    /// From now on `user` follows `target`.
    Follow {
        /// The follower.
        user: String,
        /// The followed user.
        target: String,
    },
    /// From now on `user` does not follow `target`; it may not have followed before.
    Unfollow {
        /// The follower.
        user: String,
        /// The followed user.
        target: String,
    },
}

/// The type of a request; reports count by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// [`Action::Register`]
    Register,
    /// [`Action::Tweet`]
    Tweet,
    /// [`Action::Follow`]
    Follow,
    /// [`Action::Unfollow`]
    Unfollow,
}

impl Action {
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Register { .. } => Kind::Register,
            Self::Tweet { .. } => Kind::Tweet,
            Self::Follow { .. } => Kind::Follow,
            Self::Unfollow { .. } => Kind::Unfollow,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Register => "register",
            Self::Tweet => "tweet",
            Self::Follow => "follow",
            Self::Unfollow => "unfollow",
        })
    }
}
