//! The droplet image: Debian 12, made once by debootstrap and shared by every cloud of a checkout.

use super::command::run;
use super::impairment::CLOCK;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// Part of the image's directory name: a change below must change it.
const RECIPE: &str = "debian-12-x64-2";

/// What a bare droplet has, as far as what runs on one depends on it.
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
    // Lets a fault step the clock of a droplet, whose kernel's clock is the machine's.
    "libfaketime",
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

/// Makes the image unless it is there; `progress` is told each step in a few words.
///
/// # Errors
/// When debootstrap fails; its log stays beside the image's place and is named.
pub async fn ensure(images: &Path, mirror: &str, progress: impl Fn(&str)) -> Result<PathBuf> {
    let image = path(images);
    if image.exists() {
        return Ok(image);
    }
    fs::create_dir_all(images).with_context(|| format!("making {}", images.display()))?;
    let draft = images.join(format!("{RECIPE}.draft"));
    if draft.exists() {
        fs::remove_dir_all(&draft).with_context(|| format!("removing {}", draft.display()))?;
    }
    debootstrap(&draft, mirror, &progress).await?;
    finish(&draft)?;
    // Only a whole image ever has the final name.
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
        .context("can't run debootstrap; `make deps` installs it")?;
    let output = child.stdout.take().expect("standard output is piped");
    let mut lines = BufReader::new(output).lines();
    let mut last = String::new();
    while let Some(line) = lines.next_line().await? {
        if let Some(step) = line.strip_prefix("I: ") {
            // "Retrieving x 1.2", "Unpacking x…": the verb is enough, once.
            let verb = step.split([' ', '.']).next().unwrap_or(step).to_owned();
            if verb != last {
                progress(&format!("droplet image: {}", verb.to_lowercase()));
                last = verb;
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

/// Takes out what must differ between hosts, and sets what all have in common.
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
    // A droplet has no disks to check and nobody at a console.
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

/// Has services and sessions read the time of day through libfaketime, which gives the true one as
/// long as there is no file [`CLOCK`]. Their timers and the monotonic clock stay the kernel's.
/// It mistakes the timers of systemd's own services for ones by the time of day: those go without, and so
/// does `systemd-run`, whose `--wait` would not end.
fn prepare_clock(draft: &Path) -> Result<()> {
    let settings = [
        "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1".to_owned(),
        format!("FAKETIME_TIMESTAMP_FILE={CLOCK}"),
        "FAKETIME_CACHE_DURATION=1".to_owned(),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
        "FAKETIME_SKIP_CMDS=java,node,systemd-run".to_owned(),
        "NO_FAKE_STAT=1".to_owned(),
    ];
    write(draft, "etc/environment", &(settings.join("\n") + "\n"))?;
    let with = format!("[Service]\nEnvironment={}\n", settings.join(" "));
    write(draft, "etc/systemd/system/service.d/10-clock.conf", &with)?;
    let without = "[Service]\nUnsetEnvironment=LD_PRELOAD\n";
    for units in ["systemd-", "dbus", "user@"] {
        let file = format!("etc/systemd/system/{units}.service.d/20-clock.conf");
        write(draft, &file, without)?;
    }
    Ok(())
}

/// Writes `text` to `path` below `root`, with its directories.
///
/// # Errors
/// When the disk refuses.
pub fn write(root: &Path, path: &str, text: &str) -> Result<()> {
    let target = root.join(path);
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&target, text).with_context(|| format!("writing {}", target.display()))
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

/// New SSH host keys below `root`, if there are none.
///
/// # Errors
/// When `ssh-keygen` fails.
pub async fn host_keys(root: &Path) -> Result<()> {
    let directory = root.join("etc/ssh");
    fs::create_dir_all(&directory)?;
    let key = directory.join("ssh_host_ed25519_key");
    if !key.exists() {
        let key = key.display().to_string();
        run(
            "ssh-keygen",
            &["-q", "-t", "ed25519", "-N", "", "-C", "droplet", "-f", &key],
        )
        .await?;
    }
    Ok(())
}
