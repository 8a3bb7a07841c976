//! The faults as the command line names them.

use super::super::error::CliError;
use super::super::place::Place;
use super::super::status::find;
use crate::fault::Fault;
use crate::machine::spec::Direction;
use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use std::time::Duration;
use uuid::Uuid;

/// A fault to start, or `list` or `clear`.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Show the active faults.
    List,
    /// End all faults.
    Clear,
    /// The API responds with a status.
    ApiStatus {
        /// From 400 to 599.
        status: u16,
        /// How long, and how often.
        #[command(flatten)]
        options: FaultOptions,
    },
    /// The API responds late.
    ApiLatency {
        /// Delay in milliseconds.
        millis: u64,
        /// How long, and how often.
        #[command(flatten)]
        options: FaultOptions,
    },
    /// The API accepts connections and does not respond.
    ApiSilent(FaultOptions),
    /// The API handles requests, and the response is lost.
    ApiAnswerLost(FaultOptions),
    /// The API responds with 429.
    ApiRateLimit(FaultOptions),
    /// Moves of reserved IPs end as errored.
    ActionErrored(FaultOptions),
    /// Moves of reserved IPs end as completed, and traffic follows only when the fault is over.
    ActionEarly(FaultOptions),
    /// Actions respond with 404 until they have a given age.
    ActionUnknown {
        /// Age in milliseconds.
        millis: u64,
        /// How long, and how often.
        #[command(flatten)]
        options: FaultOptions,
    },
    /// A droplet that gets another reserved IP too soon after the last one gets no traffic from it.
    ReservedIpPivot {
        /// Shortest time between two reserved IPs, in milliseconds.
        millis: u64,
        /// How long, and how often.
        #[command(flatten)]
        options: FaultOptions,
    },
    /// No process of a droplet runs; its addresses exist.
    DropletFrozen(OnDroplet),
    /// A droplet's power is cut; it boots when the fault is over.
    DropletKilled(OnDroplet),
    /// A droplet is made to reboot, once.
    DropletReboot {
        /// Its name or id.
        droplet: String,
    },
    /// A droplet's processes together get a share of one processor.
    DropletSlowCpu {
        /// Which one, and how long.
        #[command(flatten)]
        on: OnDroplet,
        /// From 1 to 100.
        percent: u8,
    },
    /// A droplet's disk is full.
    DiskFull(OnDroplet),
    /// A droplet's services and sessions see another time of day.
    ClockStep {
        /// Which one, and how long.
        #[command(flatten)]
        on: OnDroplet,
        /// Ahead of the true time in seconds, or behind if negative.
        #[arg(long, allow_hyphen_values = true)]
        by: i64,
    },
    /// A droplet's VPC link passes nothing.
    VpcCut {
        /// Which one, and how long.
        #[command(flatten)]
        on: OnDroplet,
        /// Seen from the droplet.
        #[arg(long, value_enum, default_value = "both")]
        direction: Way,
    },
    /// A share of a droplet's packets is lost.
    PacketLoss {
        /// Which one, and how long.
        #[command(flatten)]
        on: OnDroplet,
        /// From 1 to 100.
        percent: u8,
    },
    /// No server of a database cluster runs.
    DatabaseDown(OnDatabase),
    /// A database's servers accept connections and do nothing.
    DatabaseFrozen(OnDatabase),
    /// A database cluster changes its primary, once.
    DatabaseFailover {
        /// Its name or id.
        database: String,
    },
    /// The primary of a database cluster dies, and its node stays away.
    DatabaseNodeDown(OnDatabase),
    /// All connections that a database's size allows are taken.
    DatabaseConnections(OnDatabase),
}

/// A droplet, and how long.
#[derive(Debug, Clone, Args)]
pub struct OnDroplet {
    /// Its name or id.
    droplet: String,
    /// How long, and how often.
    #[command(flatten)]
    options: FaultOptions,
}

/// A database cluster, and how long.
#[derive(Debug, Clone, Args)]
pub struct OnDatabase {
    /// Its name or id.
    database: String,
    /// How long, and how often.
    #[command(flatten)]
    options: FaultOptions,
}

/// How long, and how often.
#[derive(Debug, Clone, Args)]
pub struct FaultOptions {
    /// How long it lasts, as in 20s.
    #[arg(long = "for", default_value = "20s", value_parser = crate::cli::daemon::duration)]
    pub(super) duration: Duration,
    /// The share of calls that it hits, from 0 to 1; for faults of the API.
    #[arg(long, default_value_t = 1.0)]
    pub(super) share: f64,
    /// The same seed hits the same calls, or loses the same packets; by default a random one, which is printed.
    #[arg(long)]
    pub(super) seed: Option<u64>,
}

/// Which way a link is cut.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Way {
    /// What comes to the droplet.
    In,
    /// What it sends.
    Out,
    /// Both ways.
    Both,
}

impl From<Way> for Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::In => Self::In,
            Way::Out => Self::Out,
            Way::Both => Self::Both,
        }
    }
}

impl FaultOptions {
    /// Of a fault that is over at once.
    fn none() -> Self {
        Self {
            duration: Duration::ZERO,
            share: 1.0,
            seed: None,
        }
    }
}

impl Command {
    /// The fault that it starts, with its options; `None` if it starts none.
    ///
    /// # Errors
    /// When what is named does not exist.
    pub(super) async fn order(
        self,
        place: &Place,
    ) -> Result<Option<(Fault, FaultOptions)>, CliError> {
        Ok(Some(match self {
            Self::List | Self::Clear => return Ok(None),
            Self::ApiStatus { status, options } => (Fault::ApiStatus { status }, options),
            Self::ApiLatency { millis, options } => (Fault::ApiLatency { millis }, options),
            Self::ApiSilent(options) => (Fault::ApiSilent, options),
            Self::ApiAnswerLost(options) => (Fault::ApiAnswerLost, options),
            Self::ApiRateLimit(options) => (Fault::ApiRateLimit, options),
            Self::ActionErrored(options) => (Fault::ActionErrored, options),
            Self::ActionEarly(options) => (Fault::ActionEarly, options),
            Self::ActionUnknown { millis, options } => (Fault::ActionUnknown { millis }, options),
            Self::ReservedIpPivot { millis, options } => {
                (Fault::ReservedIpPivot { millis }, options)
            }
            Self::DropletFrozen(on) => {
                let fault = |droplet| Fault::DropletFrozen { droplet };
                on.order(place, fault).await?
            }
            Self::DropletKilled(on) => {
                let fault = |droplet| Fault::DropletKilled { droplet };
                on.order(place, fault).await?
            }
            Self::DropletReboot { droplet } => {
                let fault = |droplet| Fault::DropletReboot { droplet };
                OnDroplet::once(droplet).order(place, fault).await?
            }
            Self::DropletSlowCpu { on, percent } => {
                let fault = |droplet| Fault::DropletSlowCpu { droplet, percent };
                on.order(place, fault).await?
            }
            Self::DiskFull(on) => {
                let fault = |droplet| Fault::DiskFull { droplet };
                on.order(place, fault).await?
            }
            Self::ClockStep { on, by } => {
                let fault = |droplet| Fault::ClockStep { droplet, by };
                on.order(place, fault).await?
            }
            Self::VpcCut { on, direction } => {
                let direction = direction.into();
                let fault = |droplet| Fault::VpcCut { droplet, direction };
                on.order(place, fault).await?
            }
            Self::PacketLoss { on, percent } => {
                let fault = |droplet| Fault::PacketLoss { droplet, percent };
                on.order(place, fault).await?
            }
            Self::DatabaseDown(on) => {
                let fault = |database| Fault::DatabaseDown { database };
                on.order(place, fault).await?
            }
            Self::DatabaseFrozen(on) => {
                let fault = |database| Fault::DatabaseFrozen { database };
                on.order(place, fault).await?
            }
            Self::DatabaseFailover { database } => {
                let fault = |database| Fault::DatabaseFailover { database };
                OnDatabase::once(database).order(place, fault).await?
            }
            Self::DatabaseNodeDown(on) => {
                let fault = |database| Fault::DatabaseNodeDown { database };
                on.order(place, fault).await?
            }
            Self::DatabaseConnections(on) => {
                let fault = |database| Fault::DatabaseConnections { database };
                on.order(place, fault).await?
            }
        }))
    }
}

impl OnDroplet {
    fn once(droplet: String) -> Self {
        let options = FaultOptions::none();
        Self { droplet, options }
    }

    async fn order(
        self,
        place: &Place,
        fault: impl FnOnce(u64) -> Fault,
    ) -> Result<(Fault, FaultOptions), CliError> {
        let found = find(place, "droplets", &self.droplet).await?;
        let id = found["id"].as_u64();
        let id = id.context("a droplet's id is a number")?;
        Ok((fault(id), self.options))
    }
}

impl OnDatabase {
    fn once(database: String) -> Self {
        let options = FaultOptions::none();
        Self { database, options }
    }

    async fn order(
        self,
        place: &Place,
        fault: impl FnOnce(Uuid) -> Fault,
    ) -> Result<(Fault, FaultOptions), CliError> {
        let found = find(place, "databases", &self.database).await?;
        let id = found["id"].as_str().unwrap_or_default().parse();
        let id = id.context("a database's id is a UUID")?;
        Ok((fault(id), self.options))
    }
}
