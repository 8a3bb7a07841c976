//! Keepalived's state on this droplet. MASTER is read from the dummy address on `lo`, which can't be lost as an event can; other states
//! come from its notify FIFO.

use std::{fs, io, path::PathBuf, time::Duration};

use nix::{sys::stat::Mode, unistd::mkfifo};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::unix::pipe::{OpenOptions, Receiver},
    sync::watch,
    time::sleep,
};

/// Keepalived's state on this droplet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Vrrp {
    /// Elected: the other is gone, unfit, or of lower priority.
    Master,
    /// The other is elected.
    Backup,
    /// Out of the election: unfit, or its link is gone.
    Fault,
    /// Keepalived does not run, or has not reported a state yet.
    #[default]
    Unknown,
}

impl Vrrp {
    /// As Keepalived writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// The dummy address of VRRP. It is on `lo` exactly while this droplet is master (`keepalived/keepalived.conf.j2`).
pub const MASTER_ADDRESS: &str = "192.0.0.8";
/// The file with the addresses of this host; readable without privileges.
pub const FIB_TRIE: &str = "/proc/net/fib_trie";
/// How soon mastership is noticed without a line from the FIFO.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Where to find Keepalived's state.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Keepalived's `vrrp_notify_fifo`.
    pub fifo: PathBuf,
    /// The last line of the FIFO, kept over a restart of this agent.
    pub last: PathBuf,
    /// [`FIB_TRIE`].
    pub fib_trie: PathBuf,
}

/// Parses a line such as `INSTANCE "VI_1" MASTER 100`; `None` for lines without a state.
#[must_use]
pub fn parse_line(line: &str) -> Option<Vrrp> {
    let mut words = line.split_ascii_whitespace();
    if words.next()? != "INSTANCE" {
        return None;
    }
    match words.nth(1)? {
        "MASTER" => Some(Vrrp::Master),
        "BACKUP" => Some(Vrrp::Backup),
        "FAULT" => Some(Vrrp::Fault),
        "STOP" => Some(Vrrp::Unknown),
        _ => None,
    }
}

/// True if `address` is one of this host's own in the text of `fib_trie`.
#[must_use]
pub fn has_address(fib_trie: &str, address: &str) -> bool {
    let mut lines = fib_trie.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if line.strip_prefix("|-- ") == Some(address) {
            return lines
                .next()
                .is_some_and(|next| next.ends_with("host LOCAL"));
        }
    }
    false
}

/// The state from both sources. The address alone decides about MASTER; the last line of the FIFO (`reported`) decides about the rest.
#[must_use]
pub fn state(is_master: bool, reported: Vrrp) -> Vrrp {
    match reported {
        _ if is_master => Vrrp::Master,
        Vrrp::Master => Vrrp::Backup,
        other => other,
    }
}

/// Opens the FIFO for reading and writing, so that it never ends. Creates it if it is missing.
///
/// # Errors
/// If it can't be created or opened, or is no FIFO.
pub fn open_fifo(sources: &Sources) -> io::Result<Receiver> {
    match mkfifo(&sources.fifo, Mode::S_IRUSR | Mode::S_IWUSR) {
        Ok(()) | Err(nix::errno::Errno::EEXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    OpenOptions::new()
        .read_write(true)
        .open_receiver(&sources.fifo)
}

/// Follows both sources for ever, and publishes changes.
pub async fn follow(sources: Sources, fifo: Receiver, published: watch::Sender<Vrrp>) {
    let mut last = fs::read_to_string(&sources.last)
        .ok()
        .and_then(|line| parse_line(&line));
    let mut lines = BufReader::new(fifo).lines();
    loop {
        let is_master = fs::read_to_string(&sources.fib_trie)
            .is_ok_and(|text| has_address(&text, MASTER_ADDRESS));
        let now = state(is_master, last.unwrap_or_default());
        published.send_if_modified(|before| std::mem::replace(before, now) != now);
        let line = tokio::select! {
            line = lines.next_line() => line,
            () = sleep(LOOK_EVERY) => continue,
        };
        match line {
            Ok(Some(line)) => {
                if let Some(state) = parse_line(&line) {
                    last = Some(state);
                    // Without it, a restart shows UNKNOWN until the next transition: no reason to stop.
                    let _ = fs::write(&sources.last, line);
                }
            }
            // It can't end while it is open for writing too. If it fails, the address alone is used.
            Ok(None) | Err(_) => sleep(LOOK_EVERY).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifo_lines_are_parsed() {
        assert_eq!(
            parse_line("INSTANCE \"VI_1\" MASTER 150"),
            Some(Vrrp::Master)
        );
        assert_eq!(parse_line("INSTANCE \"VI_1\" FAULT 100"), Some(Vrrp::Fault));
        assert_eq!(
            parse_line("INSTANCE \"VI_1\" STOP 100"),
            Some(Vrrp::Unknown)
        );
        assert_eq!(
            parse_line("INSTANCE \"VI_1\" MASTER_RX_LOWER_PRI 100"),
            None
        );
        assert_eq!(parse_line("GROUP \"G\" MASTER 100"), None);
        assert_eq!(parse_line(""), None);
    }

    #[test]
    fn only_an_own_address_is_mastership() {
        let text = "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.0.0.8\n        /32 host LOCAL\n     |-- 192.0.0.80\n        /32 host LOCAL\n";
        assert!(has_address(text, "192.0.0.8"));
        assert!(!has_address(text, "192.0.0.9"));
        assert!(!has_address(
            "|-- 192.0.0.8\n   /32 link BROADCAST\n",
            "192.0.0.8"
        ));
        assert!(!has_address("|-- 192.0.0.8", "192.0.0.8"));
    }

    #[test]
    fn the_address_outranks_the_fifo() {
        assert_eq!(state(true, Vrrp::Backup), Vrrp::Master);
        assert_eq!(state(false, Vrrp::Master), Vrrp::Backup);
        assert_eq!(state(false, Vrrp::Fault), Vrrp::Fault);
        assert_eq!(state(false, Vrrp::Unknown), Vrrp::Unknown);
    }
}
