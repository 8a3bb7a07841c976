//! What is to be moved, from where, to where; and why it wasn't.

use std::{fmt, net::Ipv4Addr, time::Duration};

use crate::{api::Error, decision::Holding};

/// What is to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The reserved IP.
    pub ip: Ipv4Addr,
    /// Who must hold it when the move begins.
    pub from: Expected,
    /// Who is to hold it: a droplet, or nobody.
    pub to: Option<u64>,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = match self.from {
            Expected::Anyone => String::new(),
            Expected::Holder(holder) => format!(", {},", on(holder)),
        };
        match self.to {
            Some(to) => write!(f, "move {}{from} to droplet {to}", self.ip),
            None => write!(f, "release {}{}", self.ip, from.trim_end_matches(',')),
        }
    }
}

/// The record that a move starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whoever holds the IP when it is read first.
    Anyone,
    /// This droplet, or nobody.
    Holder(Option<u64>),
}

impl Order {
    /// True if a record calls for this move, false if the IP is where it should be.
    ///
    /// # Errors
    /// If the record is not as stated, or the droplet that is to get the IP holds another.
    pub fn check(&self, record: &[(Ipv4Addr, Holding)]) -> Result<bool, NotMoved> {
        let Self { ip, from, to } = *self;
        let here = record.iter().find(|(it, _)| *it == ip);
        let found = here.ok_or(NotMoved::UnknownIp(ip))?.1.holder;
        if found == to {
            return Ok(false);
        }
        if let Expected::Holder(expected) = from
            && expected != found
        {
            return Err(NotMoved::Changed {
                ip,
                expected,
                found,
            });
        }
        match (to, self.occupant(record)) {
            (Some(droplet), Some((ip, _))) => Err(NotMoved::Occupied { droplet, ip }),
            _ => Ok(true),
        }
    }

    /// Which other reserved IP the droplet holds that is to get this one.
    pub(crate) fn occupant(&self, record: &[(Ipv4Addr, Holding)]) -> Option<(Ipv4Addr, Holding)> {
        let to = self.to?;
        let other = |(ip, it): &&(Ipv4Addr, Holding)| *ip != self.ip && it.holder == Some(to);
        record.iter().find(other).copied()
    }
}

/// How it didn't.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotMoved {
    /// Someone else moved the IP.
    #[error("{ip} is {}, not {} as expected: someone else moved it, and it was left there", on(*.found), on(*.expected))]
    Changed {
        /// The reserved IP.
        ip: Ipv4Addr,
        /// Who was to hold it.
        expected: Option<u64>,
        /// Who does.
        found: Option<u64>,
    },
    /// The account has no such reserved IP.
    #[error(
        "the API knows no reserved IP {0}: check the address, and that the token is of the same account"
    )]
    UnknownIp(Ipv4Addr),
    /// A droplet holds one reserved IP at most.
    #[error(
        "droplet {droplet} holds {ip}, and a droplet holds one reserved IP at most: move that one away first"
    )]
    Occupied {
        /// The droplet that was to get the IP.
        droplet: u64,
        /// What it holds.
        ip: Ipv4Addr,
    },
    /// The API refuses for good.
    #[error(transparent)]
    Refused(#[from] Error),
    /// Time is up.
    #[error("not done within {} s{}; it may still be carried out: read the record before anything else", .after.as_secs(), because(.last.as_ref()))]
    NotInTime {
        /// The time given.
        after: Duration,
        /// The last failure.
        last: Option<Error>,
    },
}

/// "on droplet 7", or "nowhere".
#[must_use]
pub fn on(holder: Option<u64>) -> String {
    holder.map_or_else(|| "nowhere".to_owned(), |id| format!("on droplet {id}"))
}

fn because(last: Option<&Error>) -> String {
    last.map_or_else(String::new, |it| format!(": {it}"))
}
