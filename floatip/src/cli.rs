//! What the user types.

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
  4  the API does not answer, has trouble, or its rate limit is used up
  5  the API does not know the reserved IP or the droplet
  6  refused: this droplet is unfit, the live IP serves elsewhere, the record is not as stated, or the droplet holds another reserved IP
  7  not done within the time given; it may still come to pass
  8  no droplet's status could be read
  9  moved, but the live IP did not serve there: it was moved back
 10  moved, but the live IP does not serve, and could not be moved back
 11  done on this droplet, but the other one could not be seen to follow

Configuration comes from flags, then the environment, then /etc/floatip/floatip.env. The token comes from the file that
FLOATIP_TOKEN_FILE names, from DIGITALOCEAN_TOKEN, from systemd's credentials, or from /etc/floatip/token.";

/// Reads and moves the reserved IPs of a hot standby.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub struct Cli {
    /// What is the same for all commands.
    #[command(flatten)]
    pub options: Options,
    /// What to do.
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
    /// Say what this droplet's agent would do now, and why: every input with its age, and the row of the table that applies.
    Explain {
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Move the live IP to this droplet, if it is fit and the live IP serves nowhere else.
    Claim {
        /// Also if the live IP serves elsewhere.
        #[arg(long)]
        force: bool,
        /// Seconds after which to give up.
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
        timeout: u64,
    },
    /// Move a reserved IP to a droplet, or release it, if the record is as stated.
    Move(MoveArgs),
    /// Let live and stage IP change droplets, verify from outside, and move the live IP back if it does not serve.
    Swap(SwapArgs),
    /// Hold automatic moves on both droplets; run it on one of them.
    Freeze(FreezeArgs),
    /// Let automatic moves go on, on both droplets; run it on one of them.
    Unfreeze {
        /// Why; it stays in the log.
        #[arg(long, default_value = "")]
        why: String,
        /// Who says so [default: the user who runs this].
        #[arg(long, value_name = "NAME")]
        who: Option<String>,
        /// Print the result as JSON.
        #[arg(long)]
        json: bool,
        /// Only print what would be done.
        #[arg(long)]
        dry_run: bool,
    },
    /// Keep the live IP on a fit droplet: the service.
    Watch,
}

/// What acts on the API has these.
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
    /// Who must hold it now: a droplet's id, or the word none; without it, whoever does.
    #[arg(long, value_name = "DROPLET", value_parser = place)]
    pub from: Option<Place>,
    /// Release the live IP too, which takes the site off the net.
    #[arg(long)]
    pub force: bool,
    /// How.
    #[command(flatten)]
    pub acting: Acting,
}

/// `floatip swap`.
#[derive(Clone, Debug, Args)]
pub struct SwapArgs {
    /// Who is to be live [default: the droplet that holds the stage IP].
    #[arg(long, value_name = "DROPLET")]
    pub to: Option<u64>,
    /// Who must be live now; without it, whoever is.
    #[arg(long, value_name = "DROPLET")]
    pub from: Option<u64>,
    /// Leave the stage IP parked instead of moving it to the droplet that was live.
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
    /// How.
    #[command(flatten)]
    pub acting: Acting,
}

/// `floatip freeze`.
#[derive(Clone, Debug, Args)]
pub struct FreezeArgs {
    /// Why; everyone who looks at the status sees it.
    #[arg(long)]
    pub why: String,
    /// Who says so [default: the user who runs this].
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
