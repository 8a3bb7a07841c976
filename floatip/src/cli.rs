//! What the user types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{ENV_FILE, Values};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed for another reason
  2  wrong usage or configuration
  3  the API refuses the token (401, 403), or there is none
  4  the API does not answer, has trouble, or its rate limit is used up
  5  the API does not know the reserved IP or the droplet
  6  not claimed: this droplet is unfit, or the live IP serves elsewhere
  7  not claimed within the time given
  8  no droplet's status could be read

Configuration comes from flags, then the environment, then /etc/floatip/floatip.env. The token comes from the file that
FLOATIP_TOKEN_FILE names, from DIGITALOCEAN_TOKEN, from systemd's credentials, or from /etc/floatip/token.";

/// Reads and moves the reserved IPs of a hot standby.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
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
    /// Move the live IP to this droplet, if it is fit and the live IP serves nowhere else.
    Claim {
        /// Also if the live IP serves elsewhere.
        #[arg(long)]
        force: bool,
        /// Seconds after which to give up.
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
        timeout: u64,
    },
    /// Keep the live IP on a fit droplet: the service.
    Watch,
}

#[derive(Debug, Args)]
struct Options {
    /// File with more of these variables.
    #[arg(long, global = true, value_name = "FILE", default_value = ENV_FILE)]
    config: PathBuf,
    /// The API; without it, what the variable that other DigitalOcean tools know says, or DigitalOcean's own.
    #[arg(long, env = "FLOATIP_API_URL", global = true, value_name = "URL")]
    api_url: Option<String>,
    /// File with the API token.
    #[arg(long, env = "FLOATIP_TOKEN_FILE", global = true, value_name = "FILE")]
    token_file: Option<String>,
    /// The live IP.
    #[arg(long, env = "FLOATIP_LIVE_IP", global = true, value_name = "IP")]
    live_ip: Option<String>,
    /// The stage IP.
    #[arg(long, env = "FLOATIP_STAGE_IP", global = true, value_name = "IP")]
    stage_ip: Option<String>,
    /// What to ask, instead of /latest at the live IP, whether it serves.
    #[arg(long, env = "FLOATIP_LIVE_URL", global = true, value_name = "URL")]
    live_url: Option<String>,
    /// This droplet, instead of asking the metadata service.
    #[arg(long, env = "FLOATIP_DROPLET_ID", global = true, value_name = "ID")]
    droplet_id: Option<String>,
    /// The metadata service [default: the one at 169.254.169.254].
    #[arg(long, env = "FLOATIP_METADATA_URL", global = true, value_name = "URL")]
    metadata_url: Option<String>,
    /// Readiness of the service on this droplet.
    #[arg(long, env = "FLOATIP_READY_URL", global = true, value_name = "URL")]
    ready_url: Option<String>,
    /// Status listeners of the other droplets, comma-separated.
    #[arg(long, env = "FLOATIP_PEERS", global = true, value_name = "URLS")]
    peers: Option<String>,
    /// Status listener of this droplet.
    #[arg(long, env = "FLOATIP_LISTEN", global = true, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// Keepalived's notify FIFO [default: /run/floatip/vrrp.fifo].
    #[arg(long, env = "FLOATIP_FIFO", global = true, value_name = "FILE")]
    fifo: Option<String>,
    /// The VRRP bonus [default: /run/floatip/bonus].
    #[arg(long, env = "FLOATIP_BONUS", global = true, value_name = "FILE")]
    bonus: Option<String>,
    /// The kernel's own addresses.
    #[arg(
        long,
        env = "FLOATIP_FIB_TRIE",
        global = true,
        value_name = "FILE",
        hide = true
    )]
    fib_trie: Option<String>,
}

impl Cli {
    /// All values, flags before environment before file.
    #[must_use]
    pub fn values(&self) -> Values {
        let options = &self.options;
        let mut values = Values::from_file(&options.config);
        let flags = [
            ("FLOATIP_API_URL", &options.api_url),
            ("FLOATIP_TOKEN_FILE", &options.token_file),
            ("FLOATIP_LIVE_IP", &options.live_ip),
            ("FLOATIP_STAGE_IP", &options.stage_ip),
            ("FLOATIP_LIVE_URL", &options.live_url),
            ("FLOATIP_DROPLET_ID", &options.droplet_id),
            ("FLOATIP_METADATA_URL", &options.metadata_url),
            ("FLOATIP_READY_URL", &options.ready_url),
            ("FLOATIP_PEERS", &options.peers),
            ("FLOATIP_LISTEN", &options.listen),
            ("FLOATIP_FIFO", &options.fifo),
            ("FLOATIP_BONUS", &options.bonus),
            ("FLOATIP_FIB_TRIE", &options.fib_trie),
        ];
        for (name, flag) in flags {
            values.give(name, flag.clone());
        }
        // A secret has no flag: it would stand in the process list. And the other names are not this program's own.
        for name in [
            "DIGITALOCEAN_TOKEN",
            "DIGITALOCEAN_API_URL",
            "CREDENTIALS_DIRECTORY",
        ] {
            values.give(name, std::env::var(name).ok());
        }
        values
    }
}
