//! Connection pools: PgBouncer on port 25061, with the server's certificate and users.

use super::super::ports::{DATABASE_PORT, POOL_PORT};
use super::super::process::Process;
use super::super::spec::{DatabaseSpec, PoolSpec};
use super::node::Node;
use super::sandbox::{INSIDE, give_to_postgres, in_home};
use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where pools connect: the namespace redirects this address to the current primary.
pub const PRIMARY_FOR_POOLS: &str = "127.0.0.2";

/// Debian's package.
const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// The pooler of one cluster.
#[derive(Debug)]
pub struct Pooler {
    /// The cluster's.
    directory: PathBuf,
    network: PathBuf,
}

impl Pooler {
    /// The pooler of the cluster with the directory `cluster`, in the network namespace at `network`.
    #[must_use]
    pub fn new(cluster: &Path, network: PathBuf) -> Self {
        Self {
            directory: cluster.to_owned(),
            network,
        }
    }

    fn process_file(&self) -> PathBuf {
        self.directory.join("pooler-process")
    }

    fn home(&self) -> PathBuf {
        self.directory.join("pooler")
    }

    fn process(&self) -> Option<Process> {
        Process::recorded(&self.process_file()).filter(|process| process.is_in(&self.network))
    }

    /// Makes pools and users equal to `spec`. A cluster without pools has no pooler.
    ///
    /// # Errors
    /// When it can't be set up or started.
    pub async fn sync(&self, spec: &DatabaseSpec, primary: &Node) -> Result<()> {
        if spec.pools.is_empty() {
            self.end().await?;
            let _ = fs::remove_dir_all(self.home());
            return Ok(());
        }
        fs::create_dir_all(self.home())?;
        give_to_postgres(&self.home())?;
        for name in ["server.crt", "server.key"] {
            let text = fs::read_to_string(primary.data().join(name))
                .with_context(|| format!("reading a database's {name}"))?;
            self.put(name, &text)?;
        }
        self.put("users.txt", &users(spec))?;
        self.put("access.conf", &access(&spec.pools))?;
        self.put("pgbouncer.ini", &settings(spec))?;
        match self.process() {
            Some(process) => process.signal(Signal::SIGHUP),
            None => self.start().await,
        }
    }

    /// Starts it if it has been set up and does not run.
    ///
    /// # Errors
    /// When it can't be started.
    pub async fn start(&self) -> Result<()> {
        if !self.home().join("pgbouncer.ini").exists() || self.process().is_some() {
            return Ok(());
        }
        self.end().await?;
        let settings = format!("{INSIDE}/pgbouncer.ini");
        let words = [PROGRAM, "--quiet", &settings];
        let words = in_home(&self.network, &self.home(), &words);
        let log = self.directory.join("pooler.log");
        Process::start("nsenter", &words, &log, &self.process_file()).map(drop)
    }

    /// Ends it, and with it every connection through it.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn end(&self) -> Result<()> {
        if let Some(process) = Process::recorded(&self.process_file()) {
            process.end(Duration::from_secs(2)).await?;
        }
        let _ = fs::remove_file(self.process_file());
        Ok(())
    }

    /// Freezes it, or lets it continue.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn freeze(&self, frozen: bool) -> Result<()> {
        let signal = if frozen {
            Signal::SIGSTOP
        } else {
            Signal::SIGCONT
        };
        self.process()
            .map_or(Ok(()), |process| process.signal(signal))
    }

    /// Writes a file that only the pooler's user reads.
    fn put(&self, name: &str, text: &str) -> Result<()> {
        let file = self.home().join(name);
        fs::write(&file, "")
            .and_then(|()| fs::set_permissions(&file, fs::Permissions::from_mode(0o600)))
            .and_then(|()| fs::write(&file, text))
            .with_context(|| format!("writing {}", file.display()))?;
        give_to_postgres(&file)
    }
}

fn settings(spec: &DatabaseSpec) -> String {
    let mut text = String::from("[databases]\n");
    for pool in &spec.pools {
        let _ = writeln!(text, "{}", pool_line(pool));
    }
    let _ = write!(
        text,
        "\n[pgbouncer]\n\
         listen_addr = *\n\
         listen_port = {POOL_PORT}\n\
         unix_socket_dir =\n\
         auth_type = hba\n\
         auth_hba_file = {INSIDE}/access.conf\n\
         auth_file = {INSIDE}/users.txt\n\
         client_tls_sslmode = require\n\
         client_tls_cert_file = {INSIDE}/server.crt\n\
         client_tls_key_file = {INSIDE}/server.key\n\
         server_tls_sslmode = require\n\
         max_client_conn = 1000\n\
         server_login_retry = 1\n\
         ignore_startup_parameters = extra_float_digits\n\
         log_connections = 0\n\
         log_disconnections = 0\n"
    );
    // If a name occurs twice, the last value takes effect.
    for (name, value) in &spec.chosen.pooler {
        let _ = writeln!(text, "{name} = {value}");
    }
    text
}

/// A pool as a line of `pgbouncer.ini`.
#[must_use]
pub fn pool_line(pool: &PoolSpec) -> String {
    format!(
        "{} = host={PRIMARY_FOR_POOLS} port={DATABASE_PORT} dbname={} pool_mode={} pool_size={}",
        pool.name,
        value(&pool.database),
        pool.mode,
        pool.size
    )
}

/// Who may use which pool: the content of PgBouncer's file of access rules.
#[must_use]
pub fn access(pools: &[PoolSpec]) -> String {
    let mut text = String::new();
    for pool in pools {
        let user = pool.user.as_deref().map_or("all".to_owned(), word);
        let _ = writeln!(
            text,
            "hostssl {} {user} 0.0.0.0/0 scram-sha-256",
            word(&pool.name)
        );
    }
    text
}

fn users(spec: &DatabaseSpec) -> String {
    let mut text = String::new();
    for (name, password) in &spec.users {
        let _ = writeln!(text, "{} {}", word(name), word(password));
    }
    text
}

/// Quotes a name for PgBouncer's files.
fn word(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Quotes a value for PgBouncer's connection strings.
fn value(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
