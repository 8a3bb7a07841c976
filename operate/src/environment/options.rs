//! The options by which every tool chooses its environment.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::api::Source;
use super::{Environment, Error, Outputs, Result, repository};
use crate::ssh::Ssh;

/// The public API, unless another address is given.
const DIGITALOCEAN: &str = "https://api.digitalocean.com";

/// Where an environment's droplets run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Cloud {
    /// The cloud on this machine.
    Localcloud,
    /// A real account.
    Digitalocean,
}

impl Cloud {
    /// As `CLOUD` has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Localcloud => "localcloud",
            Self::Digitalocean => "digitalocean",
        }
    }
}

/// Which environment is meant. `CLOUD` and `NAME` are enough for what `make up` created. `MINITWIT_OUTPUTS` names an
/// environment by its files instead; then the API's address and token come from the other options.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Environment")]
pub struct Options {
    /// Where its droplets run
    #[arg(
        long,
        env = "CLOUD",
        value_enum,
        default_value = "localcloud",
        global = true
    )]
    pub cloud: Cloud,
    /// Its name
    #[arg(long, env = "NAME", default_value = "dev", global = true)]
    pub name: String,
    /// Read Terraform's outputs from this file [default: the one that `make up` wrote]
    #[arg(long, env = "MINITWIT_OUTPUTS", value_name = "FILE", global = true)]
    pub environment: Option<PathBuf>,
    /// The private key for root on the droplets [default: the one that `make up` made]
    #[arg(long, env = "MINITWIT_SSH_KEY", value_name = "FILE", global = true)]
    pub ssh_key: Option<PathBuf>,
    /// The file with the droplets' host keys [default: the one beside the outputs]
    #[arg(long, env = "MINITWIT_KNOWN_HOSTS", value_name = "FILE", global = true)]
    pub known_hosts: Option<PathBuf>,
    /// The cloud's API; localcloud's is found by itself [default: DigitalOcean's]
    #[arg(long, env = "DIGITALOCEAN_API_URL", value_name = "URL", global = true)]
    pub api_url: Option<String>,
    /// The API's token; set the variable instead of typing it, because the list of processes shows what is typed
    #[arg(
        long,
        env = "DIGITALOCEAN_TOKEN",
        hide_env_values = true,
        global = true
    )]
    pub token: Option<String>,
}

impl Options {
    /// Reads the environment's outputs.
    ///
    /// # Errors
    /// [`Error::Missing`] if `make up` has not created it, [`Error::Outputs`] if its outputs are damaged.
    pub fn open(&self) -> Result<Environment> {
        let given = Source::Given {
            url: self
                .api_url
                .clone()
                .unwrap_or_else(|| DIGITALOCEAN.to_owned()),
            token: self.token.clone(),
        };
        let (outputs_file, directory, source) = if let Some(file) = &self.environment {
            (file.clone(), None, given)
        } else {
            let repository = repository()?;
            let directory = self.directory(&repository)?;
            let outputs_file = directory.join("outputs.json");
            if !has_content(&outputs_file) {
                return Err(self.missing());
            }
            let source = match self.cloud {
                // DIGITALOCEAN_TOKEN and DIGITALOCEAN_API_URL may be those of a real account.
                Cloud::Localcloud => Source::Localcloud { repository },
                Cloud::Digitalocean => given,
            };
            (outputs_file, Some(directory), source)
        };
        let beside = |file: &str| directory.as_ref().map(|directory| directory.join(file));
        let key = self.ssh_key.clone().or_else(|| beside("ssh-key"));
        let known_hosts = self.known_hosts.clone().or_else(|| beside("known-hosts"));
        Ok(Environment {
            cloud: self.cloud,
            name: self.name.clone(),
            outputs: Outputs::read(&outputs_file)?,
            outputs_file,
            ssh: Ssh::new(key.as_deref(), known_hosts.as_deref()),
            source,
        })
    }

    fn missing(&self) -> Error {
        Error::Missing {
            cloud: self.cloud.as_str(),
            name: self.name.clone(),
        }
    }

    /// Where `make up` keeps the environment's files.
    fn directory(&self, repository: &Path) -> Result<PathBuf> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_';
        if self.name.is_empty() || !self.name.chars().all(allowed) {
            return Err(Error::BadName(self.name.clone()));
        }
        let name = format!("{}-{}", self.cloud.as_str(), self.name);
        Ok(repository.join(".cache/environments").join(name))
    }
}

fn has_content(file: &Path) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.len() > 0)
}
