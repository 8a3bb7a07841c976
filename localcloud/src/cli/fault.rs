//! `localcloud fault`: break things, see what is broken, mend them.

use super::place::Place;
use super::status::call;
use super::{CliError, Failure};
use crate::fault::Fault;
use crate::plane::spec::Direction;
use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// What to break, or to mend.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Show what is in force.
    List,
    /// End all faults.
    Clear,
    /// The API answers with a status.
    ApiStatus {
        /// From 400 to 599.
        status: u16,
        /// How long, and how often.
        #[command(flatten)]
        force: Force,
    },
    /// The API answers late, by so many milliseconds.
    ApiLatency {
        /// By so many milliseconds.
        millis: u64,
        /// How long, and how often.
        #[command(flatten)]
        force: Force,
    },
    /// The API accepts connections and says nothing.
    ApiSilent(Force),
    /// The API does what it is asked, and the answer is lost.
    ApiAnswerLost(Force),
    /// The API says 429.
    ApiRateLimit(Force),
    /// Moves of reserved IPs end as errored.
    ActionErrored(Force),
    /// Moves of reserved IPs end as completed, and traffic follows only when the fault is over.
    ActionEarly(Force),
    /// No process of a droplet runs; its addresses exist.
    DropletFrozen {
        /// Its name or id.
        droplet: String,
        /// How long, and how often.
        #[command(flatten)]
        force: Force,
    },
    /// A droplet's VPC link passes nothing.
    VpcCut {
        /// Its name or id.
        droplet: String,
        /// Seen from the droplet.
        #[arg(long, value_enum, default_value = "both")]
        direction: Way,
        /// How long, and how often.
        #[command(flatten)]
        force: Force,
    },
    /// A share of a droplet's packets is lost.
    PacketLoss {
        /// Its name or id.
        droplet: String,
        /// From 1 to 100.
        percent: u8,
        /// How long, and how often.
        #[command(flatten)]
        force: Force,
    },
    /// A database's server does not run.
    DatabaseDown {
        /// Its name or id.
        database: String,
        /// How long, and how often.
        #[command(flatten)]
        force: Force,
    },
    /// A database's server accepts connections and does nothing.
    DatabaseFrozen {
        /// Its name or id.
        database: String,
        /// How long, and how often.
        #[command(flatten)]
        force: Force,
    },
}

/// How long, and how often.
#[derive(Debug, Clone, Args)]
pub struct Force {
    /// How long it lasts, as in 20s.
    #[arg(long = "for", default_value = "20s", value_parser = super::daemon::duration)]
    duration: Duration,
    /// The share of calls that it hits, from 0 to 1; for faults of the API.
    #[arg(long, default_value_t = 1.0)]
    share: f64,
    /// The same seed hits the same calls.
    #[arg(long)]
    seed: Option<u64>,
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

/// Breaks or mends.
///
/// # Errors
/// [`Failure::NoCloud`] when the daemon does not answer; else when what is named does not exist.
pub async fn run(place: &Place, command: Command) -> Result<(), CliError> {
    let (fault, force) = match command {
        Command::List => return list(place).await,
        Command::Clear => {
            call(place, Method::DELETE, "faults", None).await?;
            return Ok(());
        }
        Command::ApiStatus { status, force } => (Fault::ApiStatus { status }, force),
        Command::ApiLatency { millis, force } => (Fault::ApiLatency { millis }, force),
        Command::ApiSilent(force) => (Fault::ApiSilent, force),
        Command::ApiAnswerLost(force) => (Fault::ApiAnswerLost, force),
        Command::ApiRateLimit(force) => (Fault::ApiRateLimit, force),
        Command::ActionErrored(force) => (Fault::ActionErrored, force),
        Command::ActionEarly(force) => (Fault::ActionEarly, force),
        Command::DropletFrozen { droplet, force } => {
            let droplet = droplet_id(place, &droplet).await?;
            (Fault::DropletFrozen { droplet }, force)
        }
        Command::VpcCut {
            droplet,
            direction,
            force,
        } => {
            let droplet = droplet_id(place, &droplet).await?;
            let direction = match direction {
                Way::In => Direction::In,
                Way::Out => Direction::Out,
                Way::Both => Direction::Both,
            };
            (Fault::VpcCut { droplet, direction }, force)
        }
        Command::PacketLoss {
            droplet,
            percent,
            force,
        } => {
            let droplet = droplet_id(place, &droplet).await?;
            (Fault::PacketLoss { droplet, percent }, force)
        }
        Command::DatabaseDown { database, force } => {
            let database = database_id(place, &database).await?;
            (Fault::DatabaseDown { database }, force)
        }
        Command::DatabaseFrozen { database, force } => {
            let database = database_id(place, &database).await?;
            (Fault::DatabaseFrozen { database }, force)
        }
    };
    inject(place, &fault, &force).await
}

async fn inject(place: &Place, fault: &Fault, force: &Force) -> Result<(), CliError> {
    let mut order = serde_json::to_value(fault).context("writing the fault")?;
    order["seconds"] = json!(force.duration.as_secs_f64());
    order["share"] = json!(force.share);
    order["seed"] = json!(force.seed);
    let made = call(place, Method::POST, "faults", Some(order)).await?;
    print_fault(&made["fault"]);
    Ok(())
}

async fn list(place: &Place) -> Result<(), CliError> {
    let answer = call(place, Method::GET, "faults", None).await?;
    let faults = answer["faults"].as_array().cloned().unwrap_or_default();
    if faults.is_empty() {
        println!("nothing is broken");
    }
    faults.iter().for_each(print_fault);
    Ok(())
}

fn print_fault(fault: &Value) {
    let word = |name: &str| match &fault[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    println!(
        "fault {}: {} until {}",
        word("id"),
        word("kind"),
        word("until")
    );
}

async fn droplet_id(place: &Place, wanted: &str) -> Result<u64, CliError> {
    let found = find(place, "droplets", wanted).await?;
    Ok(found["id"].as_u64().context("a droplet's id is a number")?)
}

async fn database_id(place: &Place, wanted: &str) -> Result<uuid::Uuid, CliError> {
    let found = find(place, "databases", wanted).await?;
    let id = found["id"].as_str().unwrap_or_default();
    Ok(id.parse().context("a database's id is a UUID")?)
}

/// The droplet or database of that name or id.
async fn find(place: &Place, noun: &str, wanted: &str) -> Result<Value, CliError> {
    let status = call(place, Method::GET, "status", None).await?;
    let all = status[noun].as_array().cloned().unwrap_or_default();
    let is =
        |one: &Value| one["name"] == wanted || one["id"].to_string().trim_matches('"') == wanted;
    let names: Vec<String> = all.iter().map(|one| one["name"].to_string()).collect();
    all.into_iter().find(is).ok_or_else(|| {
        let words = format!(
            "there is none of {noun} called {wanted:?}; there are: {}",
            names.join(", ")
        );
        CliError::new(Failure::Failed, words)
    })
}
