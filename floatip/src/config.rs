//! The checked configuration, from flags, the environment, and the configuration file of the service.

use std::{
    collections::HashMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use healthcheck::Target;

use crate::{
    mover::api::{NoToken, Token},
    observe::{
        droplet::METADATA_URL,
        vrrp::{FIB_TRIE, Sources},
    },
};

/// DigitalOcean's own API.
pub const API_URL: &str = "https://api.digitalocean.com";
/// The configuration file of the service. The operator's commands read it too, so they need no flags on a droplet.
pub const ENV_FILE: &str = "/etc/floatip/floatip.env";
const TOKEN_FILE: &str = "/etc/floatip/token";
const RUN_DIR: &str = "/run/floatip";
const FREEZE_FILE: &str = "/var/lib/floatip/freeze.json";

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is set nowhere.
    #[error(
        "{0} is not set: set it in the environment, in /etc/floatip/floatip.env, or by its flag"
    )]
    Missing(&'static str),
    /// It can't be read.
    #[error("{name} is {value:?}: {problem}")]
    Bad {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Live and stage IP are the same.
    #[error(
        "FLOATIP_STAGE_IP is the same as FLOATIP_LIVE_IP: the stage IP is released before a claim, the live IP never is"
    )]
    SameIp,
    /// No token.
    #[error(transparent)]
    Token(#[from] NoToken),
}

/// Values by variable name, flags before environment before file.
#[derive(Debug, Default)]
pub struct Values {
    given: HashMap<&'static str, String>,
    file: HashMap<String, String>,
}

impl Values {
    /// The values in a file; none if it can't be read.
    #[must_use]
    pub fn from_file(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with('#'));
        let pairs = lines.filter_map(|line| line.split_once('='));
        let unquoted = |value: &str| value.trim().trim_matches(['"', '\'']).to_owned();
        let file = pairs
            .map(|(name, value)| (name.trim().to_owned(), unquoted(value)))
            .collect();
        Self {
            given: HashMap::new(),
            file,
        }
    }

    /// Adds the value of a flag or of the environment.
    pub fn give(&mut self, name: &'static str, value: Option<String>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.given.insert(name, value);
        }
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &'static str) -> Option<&str> {
        let value = self.given.get(name).or_else(|| self.file.get(name))?;
        (!value.is_empty()).then_some(value)
    }

    fn parsed<T>(&self, name: &'static str) -> Result<Option<T>, ConfigError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let bad = |error: T::Err| ConfigError::Bad {
            name,
            value: value.to_owned(),
            problem: error.to_string(),
        };
        value.parse().map(Some).map_err(bad)
    }

    fn needed<T>(&self, name: &'static str) -> Result<T, ConfigError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        self.parsed(name)?.ok_or(ConfigError::Missing(name))
    }

    fn path(&self, name: &'static str, default: &str) -> PathBuf {
        self.get(name)
            .map_or_else(|| Path::new(RUN_DIR).join(default), PathBuf::from)
    }

    /// The token: from the named file, else from the variable, else from systemd's credentials, else from the default file.
    fn token(&self) -> Result<Token, NoToken> {
        if let Some(path) = self.get("FLOATIP_TOKEN_FILE") {
            return Token::from_file(Path::new(path));
        }
        if let Some(text) = self.get("DIGITALOCEAN_TOKEN") {
            return Token::new(text, "DIGITALOCEAN_TOKEN");
        }
        match self.get("CREDENTIALS_DIRECTORY") {
            Some(directory) => Token::from_file(&Path::new(directory).join("token")),
            None => Token::from_file(Path::new(TOKEN_FILE)),
        }
    }

    /// The live IP.
    ///
    /// # Errors
    /// If it is missing or no address.
    pub fn live_ip(&self) -> Result<Ipv4Addr, ConfigError> {
        self.needed("FLOATIP_LIVE_IP")
    }

    /// The stage IP.
    ///
    /// # Errors
    /// If it is missing or no address.
    pub fn stage_ip(&self) -> Result<Ipv4Addr, ConfigError> {
        self.needed("FLOATIP_STAGE_IP")
    }

    /// Where a freeze is kept.
    #[must_use]
    pub fn freeze_file(&self) -> PathBuf {
        PathBuf::from(self.get("FLOATIP_FREEZE_FILE").unwrap_or(FREEZE_FILE))
    }

    /// Status listeners of the other droplets.
    #[must_use]
    pub fn peers(&self) -> Vec<String> {
        let peers = self.get("FLOATIP_PEERS").unwrap_or_default().split(',');
        let peers = peers.map(|peer| peer.trim().trim_end_matches('/').to_owned());
        peers.filter(|peer| !peer.is_empty()).collect()
    }

    /// Addresses of both droplets' status listeners, this one's first.
    ///
    /// # Errors
    /// If `FLOATIP_LISTEN` is missing or no address.
    pub fn listeners(&self) -> Result<Vec<String>, ConfigError> {
        let own: SocketAddr = self.needed("FLOATIP_LISTEN")?;
        let own = std::iter::once(format!("http://{own}"));
        Ok(own.chain(self.peers()).collect())
    }
}

/// The API and its token.
#[derive(Clone, Debug)]
pub struct Access {
    /// The API.
    pub api_url: String,
    /// Its token.
    pub token: Token,
}

impl Access {
    /// Reads it from `values`.
    ///
    /// # Errors
    /// If there is no usable token.
    pub fn new(values: &Values) -> Result<Self, ConfigError> {
        let text = |name| values.get(name).map(str::to_owned);
        let api_url = text("FLOATIP_API_URL").or_else(|| text("DIGITALOCEAN_API_URL"));
        Ok(Self {
            api_url: api_url.unwrap_or_else(|| API_URL.into()),
            token: values.token()?,
        })
    }
}

/// The API, the two IPs and this droplet.
#[derive(Clone, Debug)]
pub struct Site {
    /// The API.
    pub access: Access,
    /// The live IP.
    pub live_ip: Ipv4Addr,
    /// The stage IP.
    pub stage_ip: Option<Ipv4Addr>,
    /// URL that shows whether the live IP serves, if it is not `http://LIVE_IP/latest`.
    pub live_url: Option<String>,
    /// Id of this droplet, if it is configured.
    pub droplet_id: Option<u64>,
    /// The metadata service, for the id.
    pub metadata_url: String,
}

impl Site {
    /// Reads it from `values`.
    ///
    /// # Errors
    /// If something is missing or malformed.
    pub fn new(values: &Values) -> Result<Self, ConfigError> {
        let text = |name| values.get(name).map(str::to_owned);
        let site = Self {
            live_ip: values.live_ip()?,
            stage_ip: values.parsed("FLOATIP_STAGE_IP")?,
            live_url: text("FLOATIP_LIVE_URL"),
            droplet_id: values.parsed("FLOATIP_DROPLET_ID")?,
            metadata_url: text("FLOATIP_METADATA_URL").unwrap_or_else(|| METADATA_URL.into()),
            access: Access::new(values)?,
        };
        if site.stage_ip == Some(site.live_ip) {
            return Err(ConfigError::SameIp);
        }
        Ok(site)
    }
}

/// The configuration of `watch`.
#[derive(Clone, Debug)]
pub struct WatchConfig {
    /// The API, the two IPs and this droplet.
    pub site: Site,
    /// The local readiness URL.
    pub ready_url: Target,
    /// The status listener.
    pub listen: SocketAddr,
    /// The sources of Keepalived's state.
    pub vrrp: Sources,
    /// The VRRP bonus.
    pub bonus: PathBuf,
    /// Where a freeze is kept.
    pub freeze_file: PathBuf,
    /// Status listeners of the other droplets.
    pub peers: Vec<String>,
}

impl WatchConfig {
    /// Reads it from `values`.
    ///
    /// # Errors
    /// If something is missing or malformed.
    pub fn new(values: &Values) -> Result<Self, ConfigError> {
        let fifo = values.path("FLOATIP_FIFO", "vrrp.fifo");
        Ok(Self {
            ready_url: ready_url(values)?,
            listen: values.needed("FLOATIP_LISTEN")?,
            bonus: values.path("FLOATIP_BONUS", "bonus"),
            freeze_file: values.freeze_file(),
            peers: values.peers(),
            vrrp: Sources {
                last: fifo.with_extension("last"),
                fifo,
                fib_trie: values.get("FLOATIP_FIB_TRIE").unwrap_or(FIB_TRIE).into(),
            },
            site: Site::new(values)?,
        })
    }
}

/// The local readiness URL.
///
/// # Errors
/// If it is missing or can't be probed.
pub fn ready_url(values: &Values) -> Result<Target, ConfigError> {
    values.needed("FLOATIP_READY_URL")
}
