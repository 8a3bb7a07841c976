//! What faults do to a droplet from outside: frozen, slow, full, on another day.

use super::host::Host;
use super::process::{control_groups, systemd_runs};
use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Where a droplet's services and sessions have the file that says by how many seconds their clock
/// is off: one number of 64 bits as the machine writes it (`clock.c`).
pub const CLOCK: &str = env!("LOCALCLOUD_CLOCK");

/// What that file says of a clock that is right.
pub const NO_STEP: [u8; 8] = [0; 8];

/// Microseconds over which the kernel counts a group's processor time.
const PERIOD: u32 = 100_000;

impl Host {
    /// Stops all its processes where they stand (cgroup v2's freezer), or lets them go on.
    ///
    /// # Errors
    /// When this machine has no such control group.
    pub fn freeze(&self, frozen: bool) -> Result<()> {
        let groups = control_groups(self.name());
        let switches = groups.iter().map(|group| group.join("cgroup.freeze"));
        match switches.into_iter().find(|switch| switch.exists()) {
            Some(switch) => write(&switch, if frozen { "1" } else { "0" }),
            None if frozen => bail!(
                "droplet {} does not run, or this machine has no cgroup v2",
                self.id()
            ),
            None => Ok(()),
        }
    }

    /// Lets all its processes together have so many percent of one processor; `None`: all they want.
    ///
    /// # Errors
    /// When this machine has no such control group.
    pub fn slow_down(&self, percent: Option<u8>) -> Result<()> {
        let quota = percent.map(|percent| PERIOD / 100 * u32::from(percent));
        let unified = control_groups(self.name())
            .iter()
            .map(|group| group.join("cpu.max"))
            .find(|limit| limit.exists());
        if let Some(limit) = unified {
            let quota = quota.map_or("max".to_owned(), |quota| quota.to_string());
            return write(&limit, &format!("{quota} {PERIOD}"));
        }
        if systemd_runs() {
            return match percent {
                Some(_) => bail!("droplet {} does not run", self.id()),
                None => Ok(()),
            };
        }
        let group = slow_group(self.name());
        match quota {
            Some(quota) => self.enter_slow_group(&group, quota),
            None => leave_slow_group(&group),
        }
    }

    /// Processes are moved into the group for the fault's time only: where each droplet always had
    /// one, it would weigh as much as one process of the machine's own.
    fn enter_slow_group(&self, group: &Path, quota: u32) -> Result<()> {
        fs::create_dir_all(group)
            .with_context(|| format!("making {}: is there no cpu controller?", group.display()))?;
        write(&group.join("cpu.cfs_period_us"), &PERIOD.to_string())?;
        write(&group.join("cpu.cfs_quota_us"), &quota.to_string())?;
        // A group without a share of real time takes no process that has it.
        let real_time = group.join("cpu.rt_runtime_us");
        if real_time.exists() {
            write(&real_time, &(PERIOD / 2).to_string())?;
        }
        // What forks while it is moved may leave a child behind: look again.
        for _ in 0..3 {
            for own in control_groups(self.name()) {
                move_all(&own, &group.join("cgroup.procs"));
            }
        }
        Ok(())
    }

    /// Leaves no room on its disk, or gives the room back.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn fill_disk(&self, full: bool) -> Result<()> {
        self.disk().fill(self.supervisor(), full)
    }

    /// Steps the clock of its services by so many seconds; `None`: back to the machine's.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn step_clock(&self, seconds: Option<i64>) -> Result<()> {
        let step = seconds.map_or(NO_STEP, i64::to_ne_bytes);
        // Its processes have it mapped: it is written over in one piece, and never cut.
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.clock());
        file.and_then(|file| file.write_at(&step, 0))
            .context("stepping a clock")
            .map(drop)
    }

    /// Asks its init to reboot, as the platform does for its own maintenance.
    ///
    /// # Errors
    /// When it does not run, or the kernel refuses.
    pub fn reboot(&self) -> Result<()> {
        let Some(init) = self.init() else {
            bail!("droplet {} does not run", self.id());
        };
        // systemd takes it for Ctrl-Alt-Del (systemd(1), SIGINT).
        init.signal(Signal::SIGINT)
    }

    /// Undoes what a fault has left.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn relieve(&self) -> Result<()> {
        self.freeze(false)?;
        self.slow_down(None)?;
        self.fill_disk(false)?;
        self.step_clock(None)
    }
}

/// A group of cgroup v1 for a slowed droplet, where the machine has that controller there.
fn slow_group(name: &str) -> PathBuf {
    Path::new("/sys/fs/cgroup/cpu").join(name)
}

/// Puts the processes back where they came from, and removes the group.
pub(super) fn leave_slow_group(group: &Path) -> Result<()> {
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
    bail!("{} does not empty", group.display())
}

/// Lets a droplet that is off have no slow group, which its processes have left by ending.
pub(super) fn forget_slow_group(name: &str) -> Result<()> {
    leave_slow_group(&slow_group(name))
}

/// Moves the processes in and below a control group to another.
fn move_all(group: &Path, target: &Path) {
    let list = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    for pid in list.lines() {
        // It may end at this moment.
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
