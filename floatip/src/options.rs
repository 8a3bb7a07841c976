//! The options that all commands share. Each is a flag, an environment variable, and a line of the service's configuration.

use std::path::PathBuf;

use clap::Args;

use crate::config::{ENV_FILE, Values};

/// What is the same for all commands.
#[derive(Debug, Args)]
pub struct Options {
    /// File with more of these variables.
    #[arg(long, global = true, value_name = "FILE", default_value = ENV_FILE)]
    config: PathBuf,
    /// The API [default: from `DIGITALOCEAN_API_URL`, else DigitalOcean's own].
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
    /// URL that shows whether the live IP serves [default: /latest at the live IP].
    #[arg(long, env = "FLOATIP_LIVE_URL", global = true, value_name = "URL")]
    live_url: Option<String>,
    /// Id of this droplet [default: from the metadata service].
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
    /// Where a freeze is kept [default: /var/lib/floatip/freeze.json].
    #[arg(long, env = "FLOATIP_FREEZE_FILE", global = true, value_name = "FILE")]
    freeze_file: Option<String>,
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

impl Options {
    /// All values: flags before environment before file.
    #[must_use]
    pub fn values(&self) -> Values {
        let mut values = Values::from_file(&self.config);
        let flags = [
            ("FLOATIP_API_URL", &self.api_url),
            ("FLOATIP_TOKEN_FILE", &self.token_file),
            ("FLOATIP_LIVE_IP", &self.live_ip),
            ("FLOATIP_STAGE_IP", &self.stage_ip),
            ("FLOATIP_LIVE_URL", &self.live_url),
            ("FLOATIP_DROPLET_ID", &self.droplet_id),
            ("FLOATIP_METADATA_URL", &self.metadata_url),
            ("FLOATIP_READY_URL", &self.ready_url),
            ("FLOATIP_PEERS", &self.peers),
            ("FLOATIP_LISTEN", &self.listen),
            ("FLOATIP_FIFO", &self.fifo),
            ("FLOATIP_BONUS", &self.bonus),
            ("FLOATIP_FREEZE_FILE", &self.freeze_file),
            ("FLOATIP_FIB_TRIE", &self.fib_trie),
        ];
        for (name, flag) in flags {
            values.give(name, flag.clone());
        }
        // A secret has no flag, because the process list would show it. The other two names belong to other programs.
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
