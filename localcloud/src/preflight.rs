//! What a machine must have before a cloud can run on it, checked before anything is made.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Tools and the Debian packages that have them.
const TOOLS: &[(&str, &str)] = &[
    ("conntrack", "conntrack"),
    ("debootstrap", "debootstrap"),
    ("mkfs.ext4", "e2fsprogs"),
    ("ip", "iproute2"),
    ("nft", "nftables"),
    ("nsenter", "util-linux"),
    ("pgbouncer", "pgbouncer"),
    ("setpriv", "util-linux"),
    ("setsid", "util-linux"),
    ("ssh-keygen", "openssh-client"),
    ("sysctl", "procps"),
    ("systemd-nspawn", "systemd-container"),
    ("unshare", "util-linux"),
    ("/usr/lib/postgresql/15/bin/postgres", "postgresql-15"),
];

/// Kernel modules that are loaded where they aren't built in; droplets can't load any.
const MODULES: &[&str] = &[
    "loop",
    "overlay",
    "veth",
    "vxlan",
    "nf_tables",
    "nft_nat",
    "nft_ct",
];

/// How many programs may watch files, of all hosts together: they share root's account. The kernel's
/// default of 128 is used up by three clouds, and a Keepalived that starts then never sees its track
/// files change.
const WATCHERS: u32 = 2048;
const WATCHERS_LIMIT: &str = "/proc/sys/fs/inotify/max_user_instances";

/// Two droplets with what is installed on them, their packages and a database.
const NEEDED_BYTES: u64 = 3 << 30;

/// Finds everything that is missing, in one go.
///
/// # Errors
/// One sentence for each missing thing, with what to do about it.
pub fn check(root: &Path) -> Result<()> {
    let mut missing = Vec::new();
    if !nix::unistd::geteuid().is_root() {
        missing.push("it runs hosts and networks, so it needs root: run it with sudo".to_owned());
    }
    let packages = missing_packages();
    if !packages.is_empty() {
        missing.push(format!(
            "tools are missing: run `apt-get install --no-install-recommends {}`",
            packages.join(" ")
        ));
    }
    load_modules();
    raise_watchers();
    let filesystems = fs::read_to_string("/proc/filesystems").unwrap_or_default();
    if !filesystems.lines().any(|line| line.ends_with("\toverlay")) {
        missing
            .push("the kernel has no overlay file system: load or install its module".to_owned());
    }
    if !Path::new("/dev/loop-control").exists() {
        missing.push("there are no loop devices: load the kernel's module loop".to_owned());
    }
    let free = free_bytes(root)?;
    if free < NEEDED_BYTES {
        missing.push(format!(
            "{} has {} MiB free and a cloud needs {}: make room there, or choose another place with --root",
            root.display(),
            free >> 20,
            NEEDED_BYTES >> 20
        ));
    }
    anyhow::ensure!(missing.is_empty(), "{}", missing.join("; "));
    Ok(())
}

fn missing_packages() -> Vec<&'static str> {
    let mut packages: Vec<_> = TOOLS
        .iter()
        .filter(|(tool, _)| !is_there(tool))
        .map(|(_, package)| *package)
        .collect();
    packages.dedup();
    packages
}

/// Whether a tool exists: by its name in `PATH`, or by its path.
#[must_use]
pub fn is_there(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // An absolute path replaces the directory that it is joined to.
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|directory| directory.join(tool).is_file())
}

fn load_modules() {
    for module in MODULES {
        // A kernel with everything built in may come without modprobe; what is truly missing is
        // noticed where it is used.
        let _ = Command::new("modprobe")
            .args(["--quiet", module])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

/// Does what it can: within a container the limit may be another's to set, and one cloud runs without.
fn raise_watchers() {
    let limit = fs::read_to_string(WATCHERS_LIMIT).unwrap_or_default();
    if limit
        .trim()
        .parse()
        .is_ok_and(|limit: u32| limit < WATCHERS)
    {
        let _ = fs::write(WATCHERS_LIMIT, WATCHERS.to_string());
    }
}

/// The free space of a directory's disk, in bytes. Creates the directory.
///
/// # Errors
/// When the directory can't be created or read.
pub fn free_bytes(directory: &Path) -> Result<u64> {
    fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
    let space = nix::sys::statvfs::statvfs(directory)
        .with_context(|| format!("asking for the free space of {}", directory.display()))?;
    Ok(space.blocks_available() * space.fragment_size())
}
