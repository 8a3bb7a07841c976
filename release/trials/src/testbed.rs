//! The environment that is released to, and the commands that an operator would type.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use drill::api::{Api, LIMIT};
use drill::failover::cloud::Cloud;
use drill::target::resolve;
use operate::environment::Environment;
use release::artifact::{BINARY, write_checksums};
use release::host::Host;
use release::pair::Pair;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::cli::{Cli, Suite};
use crate::runner::{Finished, Runner};
use crate::trial::Fault;

/// Why a trial could not be carried out.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

const ARTIFACTS: &str = ".cache/releases";
const DEPARTURE: Duration = Duration::from_secs(5);
const REST: Duration = Duration::from_mins(2);
const COMMAND: Duration = Duration::from_secs(20);

/// The environment under trial.
pub struct TestBed {
    /// The simulator API at the live IP.
    pub api: Api,
    /// Requests per second.
    pub rate: u32,
    /// The share of requests that may fail besides.
    pub tolerance: f64,
    /// The program `release`.
    pub program: PathBuf,
    environment: Environment,
    pair: Pair,
    cloud: Cloud,
    good: Vec<String>,
    faulty_minitwit: PathBuf,
    localcloud: PathBuf,
    watch: u32,
}

impl TestBed {
    /// The environment that the command line names.
    ///
    /// # Errors
    /// If it does not exist or is not on this machine.
    pub async fn open(cli: &Cli) -> Result<Self, Failure> {
        let environment = cli.environment.open()?;
        let cloud = environment.api().await?;
        let target = resolve(&environment.live_url(), false).await?;
        Ok(Self {
            api: Api::new(target, "simulator:super_safe!", LIMIT),
            rate: cli.rate,
            tolerance: cli.tolerance,
            program: cli.program.clone(),
            pair: Pair::of(&environment)?,
            cloud: Cloud::new(&cloud.url, &cloud.token, false).await?,
            good: cli.good.clone(),
            faulty_minitwit: cli.faulty_minitwit.clone(),
            localcloud: cli.localcloud.clone(),
            watch: if cli.suite == Suite::Quick {
                cli.watch.min(2)
            } else {
                cli.watch
            },
            environment,
        })
    }

    /// The variables of all commands: a trial does not wait longer than it has to.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("CLOUD", self.environment.cloud.as_str().to_owned()),
            ("NAME", self.environment.name.clone()),
            ("TRIAL", "1".to_owned()),
            ("RELEASE_BAKE", "5".to_owned()),
            ("RELEASE_COOL_DOWN", "1".to_owned()),
            ("RELEASE_WATCH", self.watch.to_string()),
        ]
    }

    fn host(&self, id: u64) -> Result<Host, Failure> {
        Ok(Host::new(
            self.environment.ssh.clone(),
            self.pair.droplet(id)?.clone(),
        ))
    }

    /// The droplet that holds the live IP, and the other one.
    ///
    /// # Errors
    /// If the API does not respond.
    pub async fn roles(&self) -> Result<(u64, u64), Failure> {
        let live = self.cloud.holder(self.environment.outputs.live_ip).await?;
        let live = live.ok_or("no droplet holds the live IP")?;
        Ok((live, self.pair.other(live).id))
    }

    /// Waits until the cloud begins to move the live IP.
    ///
    /// # Errors
    /// If it does not within a few seconds, or the API does not respond.
    pub async fn wait_until_moving(&self) -> Result<(), Failure> {
        let deadline = Instant::now() + DEPARTURE;
        while Instant::now() < deadline {
            let ip = self.environment.outputs.live_ip;
            let (_, locked) = self.cloud.record(ip).await?;
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
    /// If the droplet does not respond.
    pub async fn live_version(&self) -> Result<String, Failure> {
        let (live, _) = self.roles().await?;
        Ok(self.host(live)?.current().await?.version)
    }

    /// A good version that is not live.
    ///
    /// # Errors
    /// If the droplet does not respond.
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
    /// If the journal can't be read, or is empty.
    pub async fn version_before(&self) -> Result<String, Failure> {
        let history = self.history().await?;
        let version = history[0]["previous"].as_str();
        Ok(version.ok_or("the journal is empty")?.to_owned())
    }

    async fn history(&self) -> Result<Value, Failure> {
        Ok(self.release(&["status", "--json"], &[]).await?.report)
    }

    /// Makes the artifact of a bad version. Returns the version.
    ///
    /// # Errors
    /// If `faulty-minitwit` fails.
    pub async fn make_bad(&self, fault: Fault) -> Result<String, Failure> {
        let version = format!("v0.0.9-{}", fault.name().replace('-', "."));
        let directory = Path::new(ARTIFACTS).join(&version);
        std::fs::create_dir_all(&directory)?;
        let good = Path::new(ARTIFACTS).join(&self.good[0]).join(BINARY);
        let binary = directory.join(BINARY);
        let made = Command::new(&self.faulty_minitwit)
            .arg("make")
            .args([
                good.as_os_str(),
                version.as_ref(),
                fault.name().as_ref(),
                binary.as_os_str(),
            ])
            .status()
            .await?;
        if !made.success() {
            return Err("faulty-minitwit failed".into());
        }
        write_checksums(&directory, &[BINARY])?;
        if fault == Fault::WrongChecksum {
            let mut bytes = std::fs::read(&binary)?;
            bytes.push(0);
            std::fs::write(&binary, bytes)?;
        }
        Ok(version)
    }

    /// Runs `release` with these arguments and variables to its end.
    ///
    /// # Errors
    /// If it takes longer than any release of a trial does.
    pub async fn release(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<Finished, Failure> {
        Runner::start(self, arguments, variables)?.finish().await
    }

    /// Runs a command on the live droplet.
    ///
    /// # Errors
    /// If it fails.
    pub async fn on_live(&self, command: &str) -> Result<(), Failure> {
        let (live, _) = self.roles().await?;
        let droplet = self.pair.droplet(live)?;
        let ssh = &self.environment.ssh;
        ssh.run(droplet, command, b"", COMMAND).await?;
        Ok(())
    }

    /// Runs `localcloud fault` with these arguments.
    ///
    /// # Errors
    /// If it fails.
    pub async fn fault(&self, arguments: &[&str]) -> Result<(), Failure> {
        let name = &self.environment.name;
        let done = Command::new(&self.localcloud)
            .args(["--name", name, "--root", ".cache/localcloud", "fault"])
            .args(arguments)
            .stdout(Stdio::null())
            .status()
            .await?;
        if done.success() {
            Ok(())
        } else {
            Err(format!("localcloud fault {arguments:?} failed").into())
        }
    }

    /// Switches a droplet off at once.
    ///
    /// # Errors
    /// If the API refuses.
    pub async fn power_off(&self, droplet: u64) -> Result<(), Failure> {
        Ok(self.cloud.power_off(droplet).await?)
    }

    /// Switches it on again.
    ///
    /// # Errors
    /// If the API refuses.
    pub async fn power_on(&self, droplet: u64) -> Result<(), Failure> {
        Ok(self.cloud.power_on(droplet).await?)
    }

    /// Waits until both droplets run the same version and are fit, no droplet holds the stage IP, and no release is open.
    ///
    /// # Errors
    /// What is missing.
    pub async fn wait_until_at_rest(&self) -> Result<(), Failure> {
        let deadline = Instant::now() + REST;
        loop {
            match self.what_is_missing().await {
                Ok(None) => return Ok(()),
                Ok(Some(problem)) if Instant::now() > deadline => return Err(problem.into()),
                Err(error) if Instant::now() > deadline => return Err(error),
                _ => sleep(Duration::from_secs(1)).await,
            }
        }
    }

    async fn what_is_missing(&self) -> Result<Option<String>, Failure> {
        if self
            .cloud
            .holder(self.environment.outputs.stage_ip)
            .await?
            .is_some()
        {
            return Ok(Some("a droplet holds the stage IP".to_owned()));
        }
        let (live, standby) = self.roles().await?;
        let (live, standby) = (self.host(live)?, self.host(standby)?);
        for host in [&live, &standby] {
            let status = host.status().await?;
            if release::status::unfit(&status).is_some() || !status.agreement {
                return Ok(Some(format!(
                    "{} is not fit, or the record of the live IP and VRRP disagree",
                    host.droplet().name
                )));
            }
        }
        let (here, there) = (live.current().await?, standby.current().await?);
        if here != there {
            return Ok(Some(format!(
                "one droplet runs {}, the other one {}",
                here.version, there.version
            )));
        }
        let last = &self.history().await?[0];
        Ok((last["state"] == "open").then(|| format!("a release is open: {last}")))
    }
}
