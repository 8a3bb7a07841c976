//! The command line.

use std::{net::Ipv4Addr, time::Duration};

use clap::{Args, Parser, Subcommand};
use jiff::{SignedDuration, Timestamp};

use crate::{
    mover::{move_state::Limits, order::Place},
    options::Options,
};

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing to do
  1  failed for another reason
  2  wrong usage or configuration
  3  the API refuses the token (401, 403), or there is none
  4  the API does not respond or fails, or its rate limit is used up
  5  the API has no such reserved IP or droplet
  6  refused: this droplet is unfit, the live IP serves elsewhere, the record is not as stated, or the droplet holds another reserved IP
  7  not done in time; it may still be carried out
  8  no droplet's status could be read
  9  moved, but the live IP did not serve there: it was moved back
 10  moved, but the live IP does not serve, and could not be moved back
 11  done on this droplet, but the other one was not seen to follow

Configuration comes from flags, then the environment, then /etc/floatip/floatip.env. The token comes from the file that
FLOATIP_TOKEN_FILE names, from DIGITALOCEAN_TOKEN, from systemd's credentials, or from /etc/floatip/token.";

/// Reads and moves the reserved IPs of a hot standby.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub struct Cli {
    /// Options of all commands.
    #[command(flatten)]
    pub options: Options,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Show both droplets, the record, and whether VRRP agrees with it.
    Status {
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what this droplet's agent would do now, and why: the row of the decision table, and every input with its age.
    Explain {
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Move the live IP to this droplet, if it is fit and the live IP serves nowhere else.
    Claim {
        /// Move it even if it serves elsewhere.
        #[arg(long)]
        force: bool,
        /// Seconds after which to give up.
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
        timeout: u64,
    },
    /// Move a reserved IP to a droplet, or release it, if the record is as stated.
    Move(MoveArgs),
    /// Swap the live and the stage IP, verify from outside, and move the live IP back if it does not serve.
    Swap(SwapArgs),
    /// Freeze automatic moves on both droplets; run it on one of them.
    Freeze(FreezeArgs),
    /// Allow automatic moves again on both droplets; run it on one of them.
    Unfreeze {
        /// Why; it is printed.
        #[arg(long, default_value = "")]
        why: String,
        /// Who does it [default: the user who runs this].
        #[arg(long, value_name = "NAME")]
        who: Option<String>,
        /// Print the result as JSON.
        #[arg(long)]
        json: bool,
        /// Only print what would be done.
        #[arg(long)]
        dry_run: bool,
    },
    /// Run the service that keeps the live IP on a fit droplet.
    Watch,
}

/// Options of commands that change something.
#[derive(Clone, Debug, Args)]
pub struct Acting {
    /// Only read the record, and print what would be done.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result as JSON, with every failed try.
    #[arg(long)]
    pub json: bool,
    /// Seconds after which to give up one move.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
}

/// `floatip move`.
#[derive(Clone, Debug, Args)]
pub struct MoveArgs {
    /// The reserved IP, or the word live or stage.
    #[arg(value_name = "IP")]
    pub ip: Which,
    /// The droplet's id, or the word none.
    #[arg(long, value_name = "DROPLET", value_parser = place)]
    pub to: Place,
    /// The droplet that must hold it now: its id, or the word none [default: any].
    #[arg(long, value_name = "DROPLET", value_parser = place)]
    pub from: Option<Place>,
    /// Allow to release the live IP, which takes the site off the net.
    #[arg(long)]
    pub force: bool,
    /// Options.
    #[command(flatten)]
    pub acting: Acting,
}

/// `floatip swap`.
#[derive(Clone, Debug, Args)]
pub struct SwapArgs {
    /// The droplet that is to be live [default: the one that holds the stage IP].
    #[arg(long, value_name = "DROPLET")]
    pub to: Option<u64>,
    /// The droplet that must be live now [default: any].
    #[arg(long, value_name = "DROPLET")]
    pub from: Option<u64>,
    /// Leave the stage IP unassigned instead of moving it to the droplet that was live.
    #[arg(long)]
    pub park: bool,
    /// Seconds between losing one reserved IP and getting the other.
    #[arg(long, env = "FLOATIP_COOL_DOWN", default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub cool_down: u64,
    /// Seconds for the live IP to serve after its move, before it goes back.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub verify: u64,
    /// Version that the live IP must serve after its move.
    #[arg(long, value_name = "VERSION")]
    pub expect_version: Option<String>,
    /// Options.
    #[command(flatten)]
    pub acting: Acting,
}

/// `floatip freeze`.
#[derive(Clone, Debug, Args)]
pub struct FreezeArgs {
    /// Why; it is shown in the status.
    #[arg(long)]
    pub why: String,
    /// Who does it [default: the user who runs this].
    #[arg(long, value_name = "NAME")]
    pub who: Option<String>,
    /// When it ends by itself: a time such as 30m or 2h, or a moment such as 2026-11-21T18:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub until: Option<Timestamp>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
    /// Only print what would be done.
    #[arg(long)]
    pub dry_run: bool,
}

/// A reserved IP, by address or by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// `FLOATIP_LIVE_IP`.
    Live,
    /// `FLOATIP_STAGE_IP`.
    Stage,
    /// Any.
    Ip(Ipv4Addr),
}

impl std::str::FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "live" => Ok(Self::Live),
            "stage" => Ok(Self::Stage),
            _ => text
                .parse()
                .map(Self::Ip)
                .map_err(|_| "expected an IPv4 address, live, or stage".to_owned()),
        }
    }
}

/// A droplet's id, or the word none.
fn place(text: &str) -> Result<Place, String> {
    if text == "none" {
        return Ok(Place::Nowhere);
    }
    let id = text.parse().map(Place::On);
    id.map_err(|_| "expected a droplet's id, or none".to_owned())
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let now = Timestamp::now();
    let at = match text.parse::<SignedDuration>() {
        Ok(time) => now.checked_add(time).map_err(|error| error.to_string())?,
        Err(_) => text
            .parse()
            .map_err(|_| "expected a time such as 30m, or a moment such as 2026-11-21T18:00:00Z")?,
    };
    if at <= now {
        return Err("that is in the past".to_owned());
    }
    Ok(at)
}

impl Acting {
    /// Times of a move.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            deadline: Duration::from_secs(self.timeout),
            ..Limits::default()
        }
    }
}
