//! The droplet image: Debian 12, built once by debootstrap and shared by all clouds of a root directory.

use super::clock::{NO_STEP, STEP_FILE};
use super::files::{put, write};
use anyhow::{Context, Result, bail};
use nix::mount::umount;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// Name of the image's directory: change it with any change below.
const RECIPE: &str = "debian-12-x64-3";

/// Packages of a new droplet.
const PACKAGES: &[&str] = &[
    "apt-utils",
    "ca-certificates",
    "cloud-init",
    "curl",
    "dbus",
    "iproute2",
    "iputils-ping",
    "kmod",
    "less",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    // Debootstrap does not resolve virtual packages: cloud-init needs this one.
    "python3-cffi-backend",
    "sudo",
    "systemd",
    "systemd-sysv",
];

const SOURCES: &str = "\
deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
";

/// Where the image is, or will be, below the directory `images`.
#[must_use]
pub fn path(images: &Path) -> PathBuf {
    images.join(RECIPE)
}

/// Builds the image unless it exists; calls `progress` with the name of each step.
///
/// # Errors
/// When debootstrap fails; the message contains the path of its log.
pub async fn ensure(images: &Path, mirror: &str, progress: impl Fn(&str)) -> Result<PathBuf> {
    let image = path(images);
    if image.exists() {
        return Ok(image);
    }
    fs::create_dir_all(images).with_context(|| format!("making {}", images.display()))?;
    let draft = images.join(format!("{RECIPE}.draft"));
    if draft.exists() {
        // A debootstrap that was killed left these mounted.
        for mounted in ["proc", "sys"] {
            let _ = umount(&draft.join(mounted));
        }
        fs::remove_dir_all(&draft).with_context(|| format!("removing {}", draft.display()))?;
    }
    debootstrap(&draft, mirror, &progress).await?;
    finish(&draft)?;
    // Only a complete image ever has the final name.
    fs::rename(&draft, &image).context("giving the image its name")?;
    Ok(image)
}

async fn debootstrap(draft: &Path, mirror: &str, progress: &impl Fn(&str)) -> Result<()> {
    let log = draft.with_extension("log");
    let mut child = Command::new("debootstrap")
        .arg("--variant=minbase")
        .arg(format!("--include={}", PACKAGES.join(",")))
        .arg("bookworm")
        .arg(draft)
        .arg(mirror)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&log)?)
        .kill_on_drop(true)
        .spawn()
        .context("can't run debootstrap: install the package debootstrap")?;
    let output = child.stdout.take().expect("standard output is piped");
    let mut lines = BufReader::new(output).lines();
    let mut reported = HashSet::new();
    while let Some(line) = lines.next_line().await? {
        if let Some(step) = line.strip_prefix("I: ") {
            // "Retrieving x 1.2", "Unpacking x…": report each verb once.
            let verb = step.split([' ', '.']).next().unwrap_or(step).to_owned();
            if reported.insert(verb.clone()) {
                progress(&format!("droplet image: {}", verb.to_lowercase()));
            }
        } else if line.starts_with("E: ") {
            progress(&line);
        }
    }
    let status = child.wait().await?;
    if !status.success() {
        bail!(
            "debootstrap from {mirror} failed ({status}); see {} and {}, then run this again",
            log.display(),
            draft.join("debootstrap/debootstrap.log").display()
        );
    }
    fs::remove_file(log).context("removing debootstrap's empty log")
}

/// Removes what must differ between hosts, and configures what all have in common.
fn finish(draft: &Path) -> Result<()> {
    for entry in fs::read_dir(draft.join("etc/ssh"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("ssh_host_") {
            fs::remove_file(&path)?;
        }
    }
    write(draft, "etc/machine-id", "")?;
    write(draft, "etc/apt/sources.list", SOURCES)?;
    write(
        draft,
        "etc/cloud/cloud.cfg.d/90-datasource.cfg",
        "datasource_list: [NoCloud]\nnetwork: {config: disabled}\n",
    )?;
    write(draft, "etc/cloud/cloud-init.disabled", "")?;
    link_unit(draft, "systemd-networkd.service")?;
    prepare_clock(draft)?;
    // A droplet has no console and installs no updates by itself.
    for unit in [
        "getty.target",
        "console-getty.service",
        "apt-daily.timer",
        "apt-daily-upgrade.timer",
    ] {
        mask(draft, unit)?;
    }
    let archives = draft.join("var/cache/apt/archives");
    for entry in fs::read_dir(archives)?.flatten() {
        if entry.path().extension().is_some_and(|e| e == "deb") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Preloads a library in services and sessions that adds a fault's step to the time of day. Each droplet mounts a
/// file of its own over the one that contains the step.
fn prepare_clock(draft: &Path) -> Result<()> {
    let library = "usr/lib/localcloud/clock.so";
    let clock = include_bytes!(concat!(env!("OUT_DIR"), "/clock.so"));
    put(draft, library, clock)?;
    put(draft, STEP_FILE.trim_start_matches('/'), &NO_STEP)?;
    let setting = format!("LD_PRELOAD=/{library}\n");
    write(draft, "etc/environment", &setting)?;
    let unit = format!("[Service]\nEnvironment={setting}");
    write(draft, "etc/systemd/system/service.d/10-clock.conf", &unit)
}

fn link_unit(root: &Path, unit: &str) -> Result<()> {
    let wants = root.join("etc/systemd/system/multi-user.target.wants");
    fs::create_dir_all(&wants)?;
    replace_link(&format!("/lib/systemd/system/{unit}"), &wants.join(unit))
}

fn mask(root: &Path, unit: &str) -> Result<()> {
    replace_link("/dev/null", &root.join("etc/systemd/system").join(unit))
}

fn replace_link(target: &str, link: &Path) -> Result<()> {
    let _ = fs::remove_file(link);
    std::os::unix::fs::symlink(target, link).with_context(|| format!("linking {}", link.display()))
}
