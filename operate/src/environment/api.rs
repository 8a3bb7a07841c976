//! The cloud's API: its address and a token.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::{Error, Result};

/// `sudo` may ask for a password meanwhile.
const LOCALCLOUD_ENV: Duration = Duration::from_mins(1);

/// How to call the cloud's API.
#[derive(Clone, PartialEq, Eq)]
pub struct Api {
    /// As this machine reaches it.
    pub url: String,
    /// Sent as a bearer token.
    pub token: String,
    /// As droplets reach it (`FLOATIP_API_URL`), where that is another address.
    pub droplet_url: Option<String>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Where address and token come from.
#[derive(Clone)]
pub(super) enum Source {
    /// From `localcloud env`.
    Localcloud { repository: PathBuf },
    /// From the command line or variables.
    Given { url: String, token: Option<String> },
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Localcloud { .. } => "Localcloud",
            Self::Given { .. } => "Given",
        })
    }
}

impl Source {
    pub(super) async fn read(&self, name: &str) -> Result<Api> {
        match self {
            Self::Localcloud { repository } => {
                let text = localcloud_env(repository, name).await?;
                parse(&text)
                    .ok_or_else(|| Error::Localcloud("it printed no address or token".to_owned()))
            }
            Self::Given { token: None, .. } => Err(Error::NoToken),
            Self::Given {
                url,
                token: Some(token),
            } => Ok(Api {
                url: url.clone(),
                token: token.clone(),
                droplet_url: None,
            }),
        }
    }
}

async fn localcloud_env(repository: &Path, name: &str) -> Result<String> {
    let program = repository.join("target/release/localcloud");
    let failed = |cause: &str| Error::Localcloud(cause.to_owned());
    let mut command = if is_root() {
        Command::new(program)
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg(program);
        sudo
    };
    command
        .args(["--name", name, "--root"])
        .arg(repository.join(".cache/localcloud"))
        .arg("env")
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let output = timeout(LOCALCLOUD_ENV, command.output())
        .await
        .map_err(|_| failed("no result within a minute"))?
        .map_err(|error| failed(&format!("`localcloud env` can't be started: {error}")))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(failed(errors.trim().lines().last().unwrap_or("no message")))
    }
}

/// Whether this process runs as root. Otherwise `sudo` is needed for what a local cloud keeps to root, such as its token.
#[must_use]
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of a process's own directory is its effective user.
    Path::new("/proc/self")
        .metadata()
        .is_ok_and(|metadata| metadata.uid() == 0)
}

/// Reads `export NAME=VALUE` lines.
fn parse(text: &str) -> Option<Api> {
    let value = |name: &str| {
        text.lines().find_map(|line| {
            let value = line
                .strip_prefix("export ")?
                .strip_prefix(name)?
                .strip_prefix('=')?;
            (!value.is_empty()).then(|| value.to_owned())
        })
    };
    Some(Api {
        url: value("DIGITALOCEAN_API_URL")?,
        token: value("DIGITALOCEAN_TOKEN")?,
        droplet_url: value("LOCALCLOUD_DROPLET_API_URL"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_and_token_are_read_from_shell_assignments() {
        let text = "export DIGITALOCEAN_API_URL=http://127.0.0.1:8471\nexport DIGITALOCEAN_TOKEN=dop_v1_x\n\
                    # The API as droplets reach it.\nexport LOCALCLOUD_DROPLET_API_URL=http://198.18.0.1:8080\n";
        let api = parse(text).unwrap();
        assert_eq!(api.url, "http://127.0.0.1:8471");
        assert_eq!(api.token, "dop_v1_x");
        assert_eq!(api.droplet_url.as_deref(), Some("http://198.18.0.1:8080"));
        assert!(!format!("{api:?}").contains("dop_v1_x"));
        assert_eq!(
            parse("export DIGITALOCEAN_API_URL=http://127.0.0.1:1\n"),
            None
        );
    }

    #[tokio::test]
    async fn digitalocean_needs_a_token() {
        let source = Source::Given {
            url: "https://api.digitalocean.com".to_owned(),
            token: None,
        };
        assert!(matches!(source.read("dev").await, Err(Error::NoToken)));
    }
}
