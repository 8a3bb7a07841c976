//! What is to be moved, from where, to where; and why a move failed.

use std::{fmt, net::Ipv4Addr, time::Duration};

use crate::mover::api::{Error, Holding};

/// Where a reserved IP is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Assigned to this droplet.
    On(u64),
    /// Assigned to no droplet.
    Nowhere,
}

impl From<Option<u64>> for Place {
    fn from(holder: Option<u64>) -> Self {
        holder.map_or(Self::Nowhere, Self::On)
    }
}

impl Place {
    /// The droplet, if there is one.
    #[must_use]
    pub fn droplet(self) -> Option<u64> {
        match self {
            Self::On(droplet) => Some(droplet),
            Self::Nowhere => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(droplet) => write!(f, "on droplet {droplet}"),
            Self::Nowhere => f.write_str("nowhere"),
        }
    }
}

/// One move of a reserved IP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The reserved IP.
    pub ip: Ipv4Addr,
    /// Where it may be when it is moved. Each time before the API is asked to move it, the record is compared with this.
    pub from: Accepted,
    /// Where it is to be.
    pub to: Place,
}

/// From where a reserved IP may be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// From where it is when the record is read first; only from there on.
    WhereFound,
    /// From any of these places.
    AnyOf(Vec<Place>),
}

impl Accepted {
    /// From this place only.
    #[must_use]
    pub fn only(place: Place) -> Self {
        Self::AnyOf(vec![place])
    }

    fn allows(&self, place: Place) -> bool {
        match self {
            Self::WhereFound => true,
            Self::AnyOf(places) => places.contains(&place),
        }
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WhereFound => f.write_str("anywhere"),
            Self::AnyOf(places) => {
                let names: Vec<_> = places.iter().map(ToString::to_string).collect();
                f.write_str(&names.join(" or "))
            }
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = match &self.from {
            Accepted::WhereFound => String::new(),
            places @ Accepted::AnyOf(_) => format!(", {places}"),
        };
        match self.to {
            Place::On(to) if from.is_empty() => write!(f, "move {} to droplet {to}", self.ip),
            Place::On(to) => write!(f, "move {}{from}, to droplet {to}", self.ip),
            Place::Nowhere => write!(f, "release {}{from}", self.ip),
        }
    }
}

impl Order {
    /// True if a record calls for this move, false if the IP is where it should be.
    ///
    /// # Errors
    /// If the record is not as stated, or the droplet that is to get the IP holds another.
    pub fn check(&self, record: &[(Ipv4Addr, Holding)]) -> Result<bool, MoveError> {
        let here = record.iter().find(|(it, _)| *it == self.ip);
        let found = Place::from(here.ok_or(MoveError::UnknownIp(self.ip))?.1.holder);
        if found == self.to {
            return Ok(false);
        }
        if !self.from.allows(found) {
            return Err(MoveError::Overtaken {
                ip: self.ip,
                expected: self.from.clone(),
                found,
            });
        }
        match (self.to, self.occupant(record)) {
            (Place::On(droplet), Some((ip, _))) => Err(MoveError::Occupied { droplet, ip }),
            _ => Ok(true),
        }
    }

    /// The order that takes the IP back, if it went from one droplet to another.
    #[must_use]
    pub fn back(&self) -> Option<Self> {
        match (&self.from, self.to) {
            (Accepted::AnyOf(places), Place::On(_)) => match places[..] {
                [from @ Place::On(_)] => Some(Self {
                    ip: self.ip,
                    from: Accepted::only(self.to),
                    to: from,
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// Which other reserved IP the droplet holds that is to get this one.
    pub(crate) fn occupant(&self, record: &[(Ipv4Addr, Holding)]) -> Option<(Ipv4Addr, Holding)> {
        let to = self.to.droplet()?;
        let other = |(ip, it): &&(Ipv4Addr, Holding)| *ip != self.ip && it.holder == Some(to);
        record.iter().find(other).copied()
    }
}

/// Why a move failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// Someone else moved the IP.
    #[error(
        "{ip} is {found}, not {expected} as expected: someone else moved it, and it was left there"
    )]
    Overtaken {
        /// The reserved IP.
        ip: Ipv4Addr,
        /// Where it was expected.
        expected: Accepted,
        /// Where it is.
        found: Place,
    },
    /// The account has no such reserved IP.
    #[error(
        "the API has no reserved IP {0}: check the address, and that the token is of the same account"
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
    /// The deadline passed.
    #[error("not done within {} s{}; it may still be carried out: read the record before anything else", .after.as_secs(), because(.last.as_ref()))]
    NotInTime {
        /// The time that was allowed.
        after: Duration,
        /// The last failure.
        last: Option<Error>,
    },
}

fn because(last: Option<&Error>) -> String {
    last.map_or_else(String::new, |it| format!(": {it}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: Ipv4Addr = Ipv4Addr::new(198, 18, 1, 1);
    const STAGE: Ipv4Addr = Ipv4Addr::new(198, 18, 1, 2);

    fn record(live: Option<u64>, stage: Option<u64>) -> [(Ipv4Addr, Holding); 2] {
        [(LIVE, live), (STAGE, stage)].map(|(ip, holder)| {
            let locked = false;
            (ip, Holding { holder, locked })
        })
    }

    #[test]
    fn an_order_accepts_each_place_that_it_names_and_no_other() {
        let order = Order {
            ip: STAGE,
            from: Accepted::AnyOf(vec![Place::Nowhere, Place::On(1)]),
            to: Place::On(2),
        };
        assert_eq!(order.check(&record(Some(1), None)), Ok(true));
        assert_eq!(order.check(&record(None, Some(1))), Ok(true));
        assert_eq!(order.check(&record(Some(1), Some(2))), Ok(false));
        let overtaken = order.check(&record(Some(1), Some(3))).unwrap_err();
        assert_eq!(
            overtaken.to_string(),
            "198.18.1.2 is on droplet 3, not nowhere or on droplet 1 as expected: someone else moved it, and it was left there"
        );
    }

    #[test]
    fn a_droplet_that_holds_another_reserved_ip_gets_no_second_one() {
        let order = Order {
            ip: STAGE,
            from: Accepted::only(Place::Nowhere),
            to: Place::On(2),
        };
        let occupied = MoveError::Occupied {
            droplet: 2,
            ip: LIVE,
        };
        assert_eq!(order.check(&record(Some(2), None)), Err(occupied));
    }

    #[test]
    fn an_order_reads_as_a_sentence() {
        let mut order = Order {
            ip: LIVE,
            from: Accepted::only(Place::On(1)),
            to: Place::On(2),
        };
        assert_eq!(
            order.to_string(),
            "move 198.18.1.1, on droplet 1, to droplet 2"
        );
        order.from = Accepted::WhereFound;
        assert_eq!(order.to_string(), "move 198.18.1.1 to droplet 2");
        order.from = Accepted::AnyOf(vec![Place::On(1), Place::On(2)]);
        order.to = Place::Nowhere;
        assert_eq!(
            order.to_string(),
            "release 198.18.1.1, on droplet 1 or on droplet 2"
        );
    }
}
