//! Faults of a droplet that act from outside: frozen processes, slow CPU, full disk, stepped clock, reboot.

use super::clock;
use super::control_groups::control_groups;
use super::host::Host;
use super::slow_cpu::{self, Limited};
use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use std::fs;
use std::path::Path;

impl Host {
    /// Freezes all its processes (cgroup v2's freezer), or lets them continue.
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

    /// Limits all its processes together to `percent` of one processor; `None` removes the limit.
    ///
    /// # Errors
    /// When this machine has no such control group.
    pub fn slow_down(&self, percent: Option<u8>) -> Result<()> {
        match (slow_cpu::limit(self.name(), percent)?, percent) {
            (Limited::NotRunning, Some(_)) => bail!("droplet {} does not run", self.id()),
            _ => Ok(()),
        }
    }

    /// Fills its disk, or frees the space again.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn fill_disk(&self, full: bool) -> Result<()> {
        self.disk().fill(self.supervisor(), full)
    }

    /// Steps the clock of its services by `seconds`; `None` sets it back to the machine's.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn step_clock(&self, seconds: Option<i64>) -> Result<()> {
        clock::set_step(&self.clock_file(), seconds)
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

    /// Undoes every fault.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn undo_faults(&self) -> Result<()> {
        self.freeze(false)?;
        self.slow_down(None)?;
        self.fill_disk(false)?;
        self.step_clock(None)
    }
}

fn write(switch: &Path, text: &str) -> Result<()> {
    fs::write(switch, text).with_context(|| format!("writing {}", switch.display()))
}
