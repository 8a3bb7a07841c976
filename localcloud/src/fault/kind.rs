//! The ways in which things go wrong.

use crate::machine::spec::{Direction, Impairment};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One way in which things go wrong. In JSON, `kind` names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fault {
    /// The API answers every call with this status.
    ApiStatus {
        /// From 400 to 599.
        status: u16,
    },
    /// The API answers late.
    ApiLatency {
        /// The delay.
        millis: u64,
    },
    /// The API accepts connections and does not respond.
    ApiSilent,
    /// The API handles requests, and the response is lost.
    ApiAnswerLost,
    /// The API responds with 429 and `retry-after`.
    ApiRateLimit,
    /// Moves of reserved IPs end as `errored`.
    ActionErrored,
    /// Moves of reserved IPs end as `completed`, and traffic follows only when the fault is over.
    ActionEarly,
    /// An action answers 404 at first.
    ActionUnknown {
        /// Until it is this old.
        millis: u64,
    },
    /// A droplet that gets another reserved IP soon after it lost one does not get its traffic, for
    /// as long as the fault lasts or until the IP moves again.
    ReservedIpPivot {
        /// Shortest time between the two that is not too soon.
        millis: u64,
    },
    /// No process of a droplet runs; its addresses exist.
    DropletFrozen {
        /// Its id.
        droplet: u64,
    },
    /// A droplet's power is cut; it boots when the fault is over.
    DropletKilled {
        /// Its id.
        droplet: u64,
    },
    /// A droplet is made to reboot, once.
    DropletReboot {
        /// Its id.
        droplet: u64,
    },
    /// A droplet's processes get little processor time.
    DropletSlowCpu {
        /// Its id.
        droplet: u64,
        /// Percent of one processor, for all of them together, from 1 to 100.
        percent: u8,
    },
    /// A droplet's disk is full.
    DiskFull {
        /// Its id.
        droplet: u64,
    },
    /// A droplet's services and sessions see another time of day; timers go on as before.
    ClockStep {
        /// Its id.
        droplet: u64,
        /// Ahead of the true time in seconds, or behind if negative.
        by: i64,
    },
    /// A droplet's VPC link passes nothing.
    VpcCut {
        /// Its id.
        droplet: u64,
        /// Seen from the droplet.
        direction: Direction,
    },
    /// A share of a droplet's packets is lost, on both interfaces, both ways.
    PacketLoss {
        /// Its id.
        droplet: u64,
        /// From 1 to 100.
        percent: u8,
    },
    /// No server of a database cluster runs.
    DatabaseDown {
        /// The cluster's id.
        database: Uuid,
    },
    /// A database's servers accept connections and do nothing.
    DatabaseFrozen {
        /// The cluster's id.
        database: Uuid,
    },
    /// A database cluster changes its primary, once, as for maintenance.
    DatabaseFailover {
        /// The cluster's id.
        database: Uuid,
    },
    /// The primary of a database cluster dies, and its node stays away; what then happens is up to
    /// the platform.
    DatabaseNodeDown {
        /// The cluster's id.
        database: Uuid,
    },
    /// All connections that a database's size allows are taken.
    DatabaseConnections {
        /// The cluster's id.
        database: Uuid,
    },
}

impl Fault {
    /// The droplet that it is about.
    #[must_use]
    pub fn droplet(&self) -> Option<u64> {
        match *self {
            Self::DropletFrozen { droplet }
            | Self::DropletKilled { droplet }
            | Self::DropletReboot { droplet }
            | Self::DropletSlowCpu { droplet, .. }
            | Self::DiskFull { droplet }
            | Self::ClockStep { droplet, .. }
            | Self::VpcCut { droplet, .. }
            | Self::PacketLoss { droplet, .. } => Some(droplet),
            _ => None,
        }
    }

    /// The database cluster that it is about.
    #[must_use]
    pub fn database(&self) -> Option<Uuid> {
        match *self {
            Self::DatabaseDown { database }
            | Self::DatabaseFrozen { database }
            | Self::DatabaseFailover { database }
            | Self::DatabaseNodeDown { database }
            | Self::DatabaseConnections { database } => Some(database),
            _ => None,
        }
    }

    /// What it does to its droplet from outside, if that is all of it.
    #[must_use]
    pub fn impairment(&self) -> Option<Impairment> {
        Some(match *self {
            Self::DropletFrozen { .. } => Impairment::Frozen,
            Self::DropletReboot { .. } => Impairment::Reboot,
            Self::DropletSlowCpu { percent, .. } => Impairment::SlowCpu { percent },
            Self::DiskFull { .. } => Impairment::DiskFull,
            Self::ClockStep { by, .. } => Impairment::ClockStep { seconds: by },
            _ => return None,
        })
    }

    /// Whether it is a single event that needs no end.
    #[must_use]
    pub fn is_over_at_once(&self) -> bool {
        matches!(
            self,
            Self::DropletReboot { .. } | Self::DatabaseFailover { .. }
        )
    }

    /// What is wrong with its numbers.
    #[must_use]
    pub fn invalid_reason(&self) -> Option<&'static str> {
        match self {
            Self::ApiStatus { status } if !(400..600).contains(status) => {
                Some("status must be from 400 to 599")
            }
            Self::PacketLoss { percent, .. } | Self::DropletSlowCpu { percent, .. }
                if !(1..=100).contains(percent) =>
            {
                Some("percent must be from 1 to 100")
            }
            // Beyond that, dates no longer have four digits.
            Self::ClockStep { by, .. } if by.unsigned_abs() > 100 * 366 * 86400 => {
                Some("by must be within a hundred years")
            }
            _ => None,
        }
    }
}
