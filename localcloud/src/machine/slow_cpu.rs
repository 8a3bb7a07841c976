//! A limit on the processor time of one droplet, by the kernel's control groups, version 1 or 2.

use super::control_groups::{control_groups, systemd_runs};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Microseconds over which the kernel counts a group's processor time.
const PERIOD: u32 = 100_000;

/// Whether there was something to limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    Done,
    /// The droplet does not run, so it has no control group.
    NotRunning,
}

/// Limits all processes of the host `name` together to `percent` of one processor; `None` removes the limit.
///
/// # Errors
/// When this machine has no such control group.
pub fn limit(name: &str, percent: Option<u8>) -> Result<Limited> {
    let quota = percent.map(|percent| PERIOD / 100 * u32::from(percent));
    let unified = control_groups(name)
        .iter()
        .map(|group| group.join("cpu.max"))
        .find(|limit| limit.exists());
    if let Some(limit) = unified {
        let quota = quota.map_or("max".to_owned(), |quota| quota.to_string());
        write(&limit, &format!("{quota} {PERIOD}"))?;
        return Ok(Limited::Done);
    }
    if systemd_runs() {
        return Ok(Limited::NotRunning);
    }
    match quota {
        Some(quota) => enter_group(name, quota)?,
        None => leave_group(&group_of(name))?,
    }
    Ok(Limited::Done)
}

/// Removes the control group of a droplet that is off, if it has one.
///
/// # Errors
/// When a process is left in it.
pub fn forget(name: &str) -> Result<()> {
    leave_group(&group_of(name))
}

/// The control group of version 1 for a slowed droplet, on a machine that has the cpu controller there.
fn group_of(name: &str) -> PathBuf {
    Path::new("/sys/fs/cgroup/cpu").join(name)
}

/// Moves the processes into the group, for the time of the fault only: a permanent group of each droplet would
/// have the weight of one process of the machine.
fn enter_group(name: &str, quota: u32) -> Result<()> {
    let group = group_of(name);
    fs::create_dir_all(&group)
        .with_context(|| format!("making {}: is there no cpu controller?", group.display()))?;
    write(&group.join("cpu.cfs_period_us"), &PERIOD.to_string())?;
    write(&group.join("cpu.cfs_quota_us"), &quota.to_string())?;
    // A group without a share of real time accepts no process that has it.
    let real_time = group.join("cpu.rt_runtime_us");
    if real_time.exists() {
        write(&real_time, &(PERIOD / 2).to_string())?;
    }
    // A process that forks while it is moved may leave a child behind: repeat.
    for _ in 0..3 {
        for own in control_groups(name) {
            move_all(&own, &group.join("cgroup.procs"));
        }
    }
    Ok(())
}

/// Moves the processes back to the parent group, and removes the group.
fn leave_group(group: &Path) -> Result<()> {
    if !group.exists() {
        return Ok(());
    }
    let parent = group.parent().unwrap_or(group);
    for _ in 0..3 {
        move_all(group, &parent.join("cgroup.procs"));
        if fs::remove_dir(group).is_ok() {
            return Ok(());
        }
    }
    bail!("processes are left in {}", group.display())
}

/// Moves the processes in and below a control group to another.
fn move_all(group: &Path, target: &Path) {
    let list = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    for pid in list.lines() {
        // The process may end at this moment.
        let _ = fs::write(target, pid);
    }
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            move_all(&entry.path(), target);
        }
    }
}

fn write(switch: &Path, text: &str) -> Result<()> {
    fs::write(switch, text).with_context(|| format!("writing {}", switch.display()))
}
