//! Runs PostgreSQL's programs as the user postgres, with a directory of their own in a network namespace.

use anyhow::{Context, Result};
use std::path::Path;

/// Where a server finds its directory: the user postgres may not be allowed to enter the real one. Exists
/// wherever Debian's package is installed.
pub const INSIDE: &str = "/var/lib/postgresql";

/// Runs `$2…` as the user postgres, with `$1` mounted for that process only, and with shared memory that is
/// removed with the process, however it ends.
const AS_POSTGRES: &str = "mount -t tmpfs -o mode=1777 tmpfs /dev/shm && \
    mount --bind \"$1\" /var/lib/postgresql && shift && \
    exec setpriv --reuid=postgres --regid=postgres --init-groups --reset-env \"$@\"";

/// Arguments of `nsenter` that run `words` as the user postgres in the network namespace at the path `network`,
/// with the directory `home` mounted at [`INSIDE`].
pub fn in_home(network: &Path, home: &Path, words: &[&str]) -> Vec<String> {
    let network = format!("--net={}", network.display());
    let home = home.display().to_string();
    let enter = [
        &network,
        "unshare",
        "--mount",
        "--ipc",
        "--propagation=private",
        "sh",
        "-c",
        AS_POSTGRES,
        "postgres",
        &home,
    ];
    let all = enter.into_iter().chain(words.iter().copied());
    all.map(str::to_owned).collect()
}

/// Makes the user postgres own a file.
///
/// # Errors
/// When there is no such user.
pub fn give_to_postgres(path: &Path) -> Result<()> {
    let user = nix::unistd::User::from_name("postgres")?
        .context("there is no user postgres; install the package postgresql-15")?;
    nix::unistd::chown(path, Some(user.uid), Some(user.gid))
        .with_context(|| format!("giving {} to postgres", path.display()))
}
