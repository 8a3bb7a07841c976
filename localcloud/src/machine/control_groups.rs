//! The control groups in which the processes of each host run.

use anyhow::{Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::sleep;

/// Whether this machine's init is systemd (`sd_booted(3)`).
#[must_use]
pub fn systemd_runs() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// The control groups of one host. Each host has its own: in a common group two hosts would end each other's
/// services. The groups contain every process of the host, also those that lost their supervisor.
///
/// Where init is systemd, this is the scope that systemd creates; else one group in each hierarchy, which the caller
/// creates.
#[must_use]
pub fn control_groups(name: &str) -> Vec<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    if systemd_runs() {
        return vec![root.join("system.slice").join(format!("{name}.scope"))];
    }
    ["systemd", "unified", "freezer"]
        .iter()
        .map(|hierarchy| root.join(hierarchy))
        .filter(|hierarchy| hierarchy.join("cgroup.procs").exists())
        .map(|hierarchy| hierarchy.join(SHARED_GROUP).join(name))
        .collect()
}

/// Name of the group above those of all hosts.
const SHARED_GROUP: &str = "localcloud";

/// Kills all processes in a control group and below it, and removes the groups. Succeeds if there is none.
///
/// # Errors
/// When something in it does not end within 5 s.
pub async fn end_control_group(directory: &Path) -> Result<()> {
    for _ in 0..250 {
        kill_below(directory);
        remove_groups_below(directory);
        if fs::remove_dir(directory).is_ok() || !directory.exists() {
            return Ok(());
        }
        // The kernel needs a moment after the last process.
        sleep(Duration::from_millis(20)).await;
    }
    bail!("processes in {} don't end", directory.display())
}

fn kill_below(directory: &Path) {
    let list = fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
    for pid in list.lines().filter_map(|line| line.parse().ok()) {
        // It may end by itself at this moment.
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            kill_below(&entry.path());
        }
    }
}

fn remove_groups_below(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            remove_groups_below(&path);
            // The caller retries a group that still has a process.
            let _ = fs::remove_dir(path);
        }
    }
}

/// Removes what all hosts of this machine share, if no host is left: the parent of their groups in every hierarchy,
/// and the directory over which each host mounts its own.
pub fn remove_shared_directories() {
    for hierarchy in ["systemd", "unified", "freezer"] {
        let _ = fs::remove_dir(format!("/sys/fs/cgroup/{hierarchy}/{SHARED_GROUP}"));
    }
    let _ = fs::remove_dir("/run/systemd/nspawn");
}
