//! A droplet as a booted host: systemd-nspawn on a copy-on-write disk, in the cloud's network.

use super::addresses::Addresses;
use super::clock::{self, STEP_FILE};
use super::control_groups::{control_groups, end_control_group, systemd_runs};
use super::disk::Disk;
use super::links::{private_link, public_link};
use super::namespace::Namespace;
use super::process::Process;
use super::spec::DropletSeed;
use super::{first_boot, slow_cpu};
use anyhow::{Context, Result, bail};
use md5::{Digest as _, Md5};
use nix::sys::signal::Signal;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Mounts the disk and systemd-nspawn's directory of state for this host's processes only, enters the host's
/// control groups, and runs systemd-nspawn, again when the host reboots (exit status 133). All mounts disappear
/// with the host, however it ends, and the loop device with its mount.
const LAUNCH: &str = r#"
lower=$1 host=$2 groups=$3; shift 3
mkdir -p /run/systemd/nspawn && mount -t tmpfs tmpfs /run/systemd/nspawn || exit
for group in $groups; do mkdir -p "$group" && echo $$ > "$group/cgroup.procs"; done
mount -o loop,discard,noatime,noinit_itable "$host/disk.img" "$host/disk" || exit
[ -e "$host/disk.full" ] || rm -f "$host/disk/filler"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$host/disk/upper,workdir=$host/disk/work" "$host/root" || exit
while systemd-nspawn --directory="$host/root" "$@"; [ $? -eq 133 ]; do :; done
"#;

/// One droplet's place on the machine.
#[derive(Debug)]
pub struct Host {
    /// Holds `disk.img` (what differs from the image), `console.log` and `process`.
    directory: PathBuf,
    /// Unique on this machine.
    name: String,
    id: u64,
}

impl Host {
    /// Droplet `id` of the cloud `cloud`; its directory is in `droplets`.
    #[must_use]
    pub fn new(droplets: &Path, cloud: &str, id: u64) -> Self {
        Self {
            directory: droplets.join(id.to_string()),
            name: format!("localcloud-{cloud}-{id}"),
            id,
        }
    }

    fn process_file(&self) -> PathBuf {
        self.directory.join("process")
    }

    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Its name on this machine.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn disk(&self) -> Disk {
        Disk::new(&self.directory)
    }

    /// The file that steps its clock.
    #[must_use]
    pub fn clock_file(&self) -> PathBuf {
        self.directory.join("clock")
    }

    /// The parent of all its processes, which sees its mounts.
    #[must_use]
    pub fn supervisor(&self) -> Option<Process> {
        Process::recorded(&self.process_file())
    }

    /// Its first process, which sees what its services see.
    #[must_use]
    pub fn init(&self) -> Option<Process> {
        let nspawn = self.supervisor()?.children();
        nspawn.iter().flat_map(|nspawn| nspawn.children()).next()
    }

    #[must_use]
    pub fn runs(&self) -> bool {
        self.supervisor().is_some()
    }

    /// Boots it, unless it runs, and returns when its links exist.
    ///
    /// # Errors
    /// When its disk can't be made, or it ends or has no links within 30 s.
    pub async fn boot(
        &self,
        seed: &DropletSeed,
        image: &Path,
        network: &Namespace,
        plan: Addresses,
    ) -> Result<()> {
        if Process::recorded(&self.process_file()).is_some_and(|p| p.is_in(&network.path())) {
            return Ok(());
        }
        // Ends a host that lost its supervisor, or whose network was removed.
        self.power_off().await?;
        first_boot::make_disk(&self.directory, seed, plan).await?;
        clock::set_step(&self.clock_file(), None)?;
        let process = self.launch(image, network)?;
        let link = public_link(self.id);
        let deadline = Instant::now() + Duration::from_secs(30);
        while network.run("ip", &["link", "show", &link]).await.is_err() {
            if !process.runs() || Instant::now() > deadline {
                let log =
                    fs::read_to_string(self.directory.join("console.log")).unwrap_or_default();
                let last = log.lines().last().unwrap_or("(empty)").to_owned();
                self.power_off().await?;
                bail!(
                    "droplet {} did not come up; the last line of its console: {last}",
                    self.id
                );
            }
            sleep(Duration::from_millis(30)).await;
        }
        if self.disk().is_to_be_full() {
            self.disk().fill(self.supervisor(), true)?;
        }
        Ok(())
    }

    fn launch(&self, image: &Path, network: &Namespace) -> Result<Process> {
        let groups: Vec<String> = if systemd_runs() {
            Vec::new()
        } else {
            control_groups(&self.name)
                .iter()
                .map(|g| g.display().to_string())
                .collect()
        };
        let mut args: Vec<String> = Vec::new();
        if systemd_runs() {
            // systemd-nspawn uses the unit in which it is started: give it one of its own.
            args.extend(
                [
                    "systemd-run",
                    "--scope",
                    "--quiet",
                    "--collect",
                    "--property=Delegate=yes",
                ]
                .map(str::to_owned),
            );
            args.push(format!("--unit={}", self.name));
            args.push(format!("--description=localcloud droplet {}", self.id));
        }
        args.extend([
            "nsenter".to_owned(),
            format!("--net={}", network.path().display()),
            "unshare".to_owned(),
            "--mount".to_owned(),
            "--propagation=private".to_owned(),
            "sh".to_owned(),
            "-c".to_owned(),
            LAUNCH.to_owned(),
            "launch".to_owned(),
            image.display().to_string(),
            self.directory.display().to_string(),
            groups.join(" "),
        ]);
        args.extend(
            [
                "--boot",
                "--quiet",
                "--register=no",
                "--keep-unit",
                "--link-journal=no",
                "--resolv-conf=off",
                "--timezone=off",
                "--console=pipe",
            ]
            .map(str::to_owned),
        );
        args.push(format!("--machine={}", self.name));
        args.push(format!(
            "--bind-ro={}:{STEP_FILE}",
            self.clock_file().display()
        ));
        args.push(format!("--uuid={}", machine_id(&self.name)));
        args.push(format!(
            "--network-veth-extra={}:eth0",
            public_link(self.id)
        ));
        args.push(format!(
            "--network-veth-extra={}:eth1",
            private_link(self.id)
        ));
        let program = args.remove(0);
        Process::start(
            &program,
            &args,
            &self.directory.join("console.log"),
            &self.process_file(),
        )
    }

    /// Shuts it down by its init; cuts its power after `grace`.
    ///
    /// # Errors
    /// When its processes can't be ended.
    pub async fn shut_down(&self, grace: Duration) -> Result<()> {
        if let Some(process) = Process::recorded(&self.process_file()) {
            // systemd-nspawn then shuts the host down in order.
            for nspawn in process.children() {
                nspawn.signal(Signal::SIGTERM)?;
            }
            if process.ended_within(grace).await {
                return self.clean_up().await;
            }
        }
        self.power_off().await
    }

    /// Cuts its power: kills its init, and the kernel kills the rest. Nothing is written back.
    ///
    /// # Errors
    /// When its processes don't end.
    pub async fn power_off(&self) -> Result<()> {
        if let Some(process) = Process::recorded(&self.process_file()) {
            let nspawn = process.children();
            for init in nspawn.iter().flat_map(|nspawn| nspawn.children()) {
                init.signal(Signal::SIGKILL)?;
            }
            if !process.ended_within(Duration::from_secs(3)).await {
                for process in nspawn.iter().chain([&process]) {
                    process.signal(Signal::SIGKILL)?;
                }
                if !process.ended_within(Duration::from_secs(3)).await {
                    bail!(
                        "droplet {} does not end (process {})",
                        self.id,
                        process.pid()
                    );
                }
            }
        }
        self.clean_up().await
    }

    async fn clean_up(&self) -> Result<()> {
        for group in control_groups(&self.name) {
            end_control_group(&group).await?;
        }
        slow_cpu::forget(&self.name)?;
        self.disk().released().await?;
        match fs::remove_file(self.process_file()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).context("removing the record of a droplet's process")
            }
            _ => Ok(()),
        }
    }

    /// Cuts its power and removes its disk.
    ///
    /// # Errors
    /// When the disk can't be removed.
    pub async fn destroy(&self) -> Result<()> {
        self.power_off().await?;
        if self.directory.exists() {
            fs::remove_dir_all(&self.directory)
                .with_context(|| format!("removing {}", self.directory.display()))?;
        }
        Ok(())
    }
}

/// The id of the host for `/etc/machine-id`. Without it, every host would use the id of the machine.
fn machine_id(name: &str) -> String {
    let mut id = String::new();
    for byte in Md5::digest(name) {
        write!(id, "{byte:02x}").expect("writing to a string works");
    }
    id
}
