//! The pair that is released to, and the commands that a person would type.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use drill::api::{Api, LIMIT};
use drill::failover::cloud::Cloud;
use drill::target::Target;
use release::artifact;
use release::environment::Environment;
use release::host::Host;
use release::ssh::Ssh;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::command::{Done, command, finish, start};

/// Whatever keeps a trial from being made.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

const DEPARTURE: Duration = Duration::from_secs(5);
const REST: Duration = Duration::from_mins(2);

/// The pair.
pub struct Pair {
    /// What Terraform made.
    pub environment: Environment,
    /// Clients' way in.
    pub api: Api,
    /// Requests a second.
    pub rate: u32,
    /// The share of requests that may fail besides.
    pub tolerance: f64,
    cloud: Cloud,
    ssh: Ssh,
    good: Vec<String>,
    impostor: PathBuf,
}

fn variable(name: &str) -> Result<String, Failure> {
    std::env::var(name)
        .map_err(|_| format!("{name} is not set: run this by `scripts/test-release trials`").into())
}

impl Pair {
    /// The environment that the caller's variables name.
    ///
    /// # Errors
    /// If one is missing, or it isn't on this machine.
    pub async fn new(
        good: &[String],
        impostor: &Path,
        rate: u32,
        tolerance: f64,
    ) -> Result<Self, Failure> {
        let environment = Environment::read(Path::new(&variable("MINITWIT_OUTPUTS")?))?;
        let (key, hosts) = (
            variable("MINITWIT_SSH_KEY")?,
            variable("MINITWIT_KNOWN_HOSTS")?,
        );
        let target = Target::resolve(&format!("http://{}", environment.live_ip), false).await?;
        let cloud = Cloud::new(
            &variable("DIGITALOCEAN_API_URL")?,
            &variable("DIGITALOCEAN_TOKEN")?,
            false,
        )
        .await?;
        Ok(Self {
            environment,
            api: Api::new(target, "simulator:super_safe!", LIMIT),
            rate,
            tolerance,
            cloud,
            ssh: Ssh::new(Some(Path::new(&key)), Some(Path::new(&hosts))),
            good: good.to_vec(),
            impostor: impostor.to_owned(),
        })
    }

    fn host(&self, id: u64) -> Result<Host, Failure> {
        Ok(Host::new(
            self.ssh.clone(),
            self.environment.droplet(id)?.clone(),
        ))
    }

    /// The droplet that holds the live IP, and the other.
    ///
    /// # Errors
    /// If the API does not say.
    pub async fn roles(&self) -> Result<(u64, u64), Failure> {
        let live = self.cloud.holder(self.environment.live_ip.into()).await?;
        let live = live.ok_or("nobody holds the live IP")?;
        Ok((live, self.environment.other(live).id))
    }

    /// Waits until the live IP is on its way.
    ///
    /// # Errors
    /// If it is not within a few seconds, or the API does not say.
    pub async fn moving(&self) -> Result<(), Failure> {
        let deadline = Instant::now() + DEPARTURE;
        while Instant::now() < deadline {
            let (_, locked) = self.cloud.record(self.environment.live_ip.into()).await?;
            if locked {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err("the live IP does not move".into())
    }

    /// The version that is live.
    ///
    /// # Errors
    /// If the droplet can't be asked.
    pub async fn live_version(&self) -> Result<String, Failure> {
        let (live, _) = self.roles().await?;
        Ok(self.host(live)?.current().await?.version)
    }

    /// A good version that is not live.
    ///
    /// # Errors
    /// As for [`Pair::live_version`].
    pub async fn next_good(&self) -> Result<String, Failure> {
        let live = self.live_version().await?;
        let other = self.good.iter().find(|version| **version != live);
        other
            .cloned()
            .ok_or_else(|| "there is no other good version".into())
    }

    /// The version that a rollback of the last release would bring back.
    ///
    /// # Errors
    /// If the journal does not say.
    pub async fn version_before(&self) -> Result<String, Failure> {
        let history = self.history().await?;
        let version = history[0]["previous"].as_str();
        Ok(version.ok_or("the journal has no release")?.to_owned())
    }

    async fn history(&self) -> Result<Value, Failure> {
        let done = finish(command(&["status", "--json"]).spawn()?).await?;
        Ok(done.report)
    }

    /// Makes the artifact of a bad version, and returns its name.
    ///
    /// # Errors
    /// If the impostor can't make it.
    pub async fn bad(&self, vice: &str) -> Result<String, Failure> {
        let version = format!("v0.0.9-{}", vice.replace('-', "."));
        let directory = Path::new(".cache/releases").join(&version);
        std::fs::create_dir_all(&directory)?;
        let inner = Path::new(".cache/releases")
            .join(&self.good[0])
            .join(artifact::BINARY);
        let binary = directory.join(artifact::BINARY);
        let made = Command::new(&self.impostor)
            .arg("make")
            .args([
                inner.as_os_str(),
                version.as_ref(),
                vice.as_ref(),
                binary.as_os_str(),
            ])
            .status()
            .await?;
        if !made.success() {
            return Err("the impostor was not made".into());
        }
        artifact::seal(&directory, &[artifact::BINARY])?;
        if vice == "wrong-checksum" {
            let mut bytes = std::fs::read(&binary)?;
            bytes.push(0);
            std::fs::write(&binary, bytes)?;
        }
        Ok(version)
    }

    /// Runs `release` to its end.
    ///
    /// # Errors
    /// If it takes longer than a release may.
    pub async fn release(
        &self,
        words: &[&str],
        settings: &[(&str, &str)],
    ) -> Result<Done, Failure> {
        finish(start(words, settings)?).await
    }

    /// Says something to `release` that has no report, and returns its exit code.
    ///
    /// # Errors
    /// If it takes longer than a release may.
    pub async fn say(&self, words: &[&str]) -> Result<i32, Failure> {
        let child = command(words).spawn()?;
        Ok(finish(child).await?.code)
    }

    /// Runs a command on the live droplet.
    ///
    /// # Errors
    /// If it fails.
    pub async fn on_live(&self, command: &str) -> Result<(), Failure> {
        let (live, _) = self.roles().await?;
        let droplet = self.environment.droplet(live)?;
        let limit = Duration::from_secs(20);
        self.ssh.run(droplet, command, b"", limit).await?;
        Ok(())
    }

    /// `localcloud fault` with these words.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn fault(&self, words: &[&str]) -> Result<(), Failure> {
        let name = std::env::var("NAME").unwrap_or_else(|_| "dev".to_owned());
        let done = Command::new("target/release/localcloud")
            .args(["--name", &name, "--root", ".cache/localcloud", "fault"])
            .args(words)
            .stdout(Stdio::null())
            .status()
            .await?;
        if done.success() {
            Ok(())
        } else {
            Err(format!("localcloud fault {words:?} failed").into())
        }
    }

    /// Pulls a droplet's plug.
    ///
    /// # Errors
    /// If the cloud refuses.
    pub async fn power_off(&self, droplet: u64) -> Result<(), Failure> {
        Ok(self.cloud.power_off(droplet).await?)
    }

    /// Puts it back.
    ///
    /// # Errors
    /// If the cloud refuses.
    pub async fn power_on(&self, droplet: u64) -> Result<(), Failure> {
        Ok(self.cloud.power_on(droplet).await?)
    }

    /// Waits until both droplets run one version and are fit, the stage IP is nowhere, and no release is open.
    ///
    /// # Errors
    /// What is not at rest.
    pub async fn at_rest(&self) -> Result<(), Failure> {
        let deadline = Instant::now() + REST;
        loop {
            match self.unrest().await {
                Ok(None) => return Ok(()),
                Ok(Some(problem)) if Instant::now() > deadline => return Err(problem.into()),
                Err(error) if Instant::now() > deadline => return Err(error),
                _ => sleep(Duration::from_secs(1)).await,
            }
        }
    }

    async fn unrest(&self) -> Result<Option<String>, Failure> {
        if self
            .cloud
            .holder(self.environment.stage_ip.into())
            .await?
            .is_some()
        {
            return Ok(Some("the stage IP is not parked".to_owned()));
        }
        let (live, standby) = self.roles().await?;
        let (live, standby) = (self.host(live)?, self.host(standby)?);
        for host in [&live, &standby] {
            let status = host.status().await?;
            if release::status::unfit(&status).is_some() || !status.agreement {
                return Ok(Some(format!(
                    "{} is not fit or at odds with the record",
                    host.droplet().name
                )));
            }
        }
        let (here, there) = (live.current().await?, standby.current().await?);
        if here != there {
            return Ok(Some(format!(
                "{} and {} are installed",
                here.version, there.version
            )));
        }
        let last = &self.history().await?[0];
        Ok((last["state"] == "open").then(|| format!("a release is open: {last}")))
    }
}
