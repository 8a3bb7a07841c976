//! One server of a cluster: its place, its files and settings.

use super::super::certificates::{Authority, write_secret};
use super::super::command::run_within;
use super::super::namespace::Namespace;
use super::super::ports::DATABASE_PORT;
use super::super::process::Process;
use super::super::spec::DatabaseSpec;
use super::sandbox::{INSIDE, give_to_postgres, in_home};
use anyhow::{Context, Result};
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Debian 12's server.
pub(super) const BINARIES: &str = "/usr/lib/postgresql/15/bin";

/// Connections reserved for the platform, beside those that a size allows to clients.
pub const PLATFORM_CONNECTIONS: u32 = 3;

/// The platform connects from inside the namespace, everyone else with TLS and a password.
const ACCESS: &str = "\
host replication postgres 127.0.0.1/32 trust
host all postgres 127.0.0.1/32 trust
host all postgres all reject
hostssl all all all scram-sha-256
";

/// How long a copy of a whole server may take.
const COPY_LIMIT: Duration = Duration::from_mins(10);

/// What a change of a server's settings requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Nothing,
    /// The server takes it while it runs.
    Reloadable,
    /// The server reads it when it starts.
    NeedsRestart,
}

/// One server's place on the machine.
#[derive(Debug, Clone)]
pub struct Node {
    /// From 1. The first one listens on the port that clients use.
    pub number: u8,
    pub(super) directory: PathBuf,
    pub(super) namespace: Namespace,
}

impl Node {
    /// Node `number` of the cluster with the directory `cluster`, in `namespace`.
    #[must_use]
    pub fn new(cluster: &Path, number: u8, namespace: Namespace) -> Self {
        let directory = match number {
            1 => cluster.to_owned(),
            _ => cluster.join(format!("node-{number}")),
        };
        Self {
            number,
            directory,
            namespace,
        }
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        match self.number {
            1 => DATABASE_PORT,
            number => DATABASE_PORT + u16::from(number),
        }
    }

    /// Its name as a standby.
    #[must_use]
    pub fn name(&self) -> String {
        format!("node{}", self.number)
    }

    pub(super) fn process_file(&self) -> PathBuf {
        self.directory.join("process")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.directory.join("server.log")
    }

    pub(super) fn home(&self) -> PathBuf {
        self.directory.join("home")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.home().join("data")
    }

    /// Whether it has data.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.data().exists()
    }

    /// Whether its data are a standby's.
    #[must_use]
    pub fn is_standby(&self) -> bool {
        self.data().join("standby.signal").exists()
    }

    /// Whether its process runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.process().is_some()
    }

    pub(super) fn process(&self) -> Option<Process> {
        Process::recorded(&self.process_file())
    }

    /// Creates a new, empty server, unless it has data.
    ///
    /// # Errors
    /// When `initdb` fails.
    pub async fn initialise(&self, addresses: &[Ipv4Addr], authority: &Authority) -> Result<()> {
        if !self.exists() {
            let draft = self.draft()?;
            let target = format!("--pgdata={INSIDE}/draft");
            let words = [&target, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
            self.tool("initdb", &words)
                .await
                .context("creating a PostgreSQL cluster")?;
            fs::rename(draft, self.data())?;
        }
        let data = self.data();
        if !data.join("server.key").exists() {
            let (certificate, key) = authority.issue("managed-postgresql", addresses)?;
            fs::write(data.join("server.crt"), certificate)?;
            write_secret(&data.join("server.key"), &key)?;
            give_to_postgres(&data.join("server.crt"))?;
            give_to_postgres(&data.join("server.key"))?;
        }
        Ok(())
    }

    /// Makes it a copy of `primary` that follows it. Its old data are removed.
    ///
    /// # Errors
    /// When the copy fails.
    pub async fn copy(&self, primary: &Self) -> Result<()> {
        let draft = self.draft()?;
        let port = format!("--port={}", primary.port());
        let words = [
            "--pgdata=/var/lib/postgresql/draft",
            "--host=127.0.0.1",
            &port,
            "--username=postgres",
            "--checkpoint=fast",
            "--wal-method=stream",
            "--no-sync",
        ];
        self.tool("pg_basebackup", &words)
            .await
            .context("copying the primary")?;
        fs::write(draft.join("standby.signal"), "")?;
        let _ = fs::remove_dir_all(self.data());
        fs::rename(draft, self.data()).context("giving a copy its name")
    }

    fn draft(&self) -> Result<PathBuf> {
        let home = self.home();
        fs::create_dir_all(&home)?;
        give_to_postgres(&home)?;
        let draft = home.join("draft");
        let _ = fs::remove_dir_all(&draft);
        Ok(draft)
    }

    async fn tool(&self, program: &str, words: &[&str]) -> Result<String> {
        let program = format!("{BINARIES}/{program}");
        let words = [&[program.as_str()], words].concat();
        run_within(COPY_LIMIT, "nsenter", &self.as_postgres(&words), "").await
    }

    /// Arguments of `nsenter` that run `words` as the user postgres, in the cluster's network.
    pub(super) fn as_postgres(&self, words: &[&str]) -> Vec<String> {
        in_home(&self.namespace.path(), &self.home(), words)
    }

    /// Writes its settings; returns what the change requires. A standby follows `primary`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn configure(&self, spec: &DatabaseSpec, primary: Option<&Self>) -> Result<Changed> {
        fs::write(self.data().join("pg_hba.conf"), ACCESS)?;
        let of_start = self.settings(spec.connections) + &lines(&spec.chosen.at_start);
        let at_start = self.put("postgresql.conf", &of_start)?;
        // A node that was promoted still has this file, which a primary ignores.
        let source = primary.map_or_else(String::new, |p| self.replication_settings(p));
        let new_source = self.put("follow.conf", &source)? && primary.is_some();
        let while_it_runs = self.put("chosen.conf", &lines(&spec.chosen.at_once))?;
        Ok(match (at_start || new_source, while_it_runs) {
            (true, _) => Changed::NeedsRestart,
            (false, true) => Changed::Reloadable,
            (false, false) => Changed::Nothing,
        })
    }

    /// Writes a file of settings; returns whether its text changed.
    fn put(&self, name: &str, text: &str) -> Result<bool> {
        let file = self.data().join(name);
        if fs::read_to_string(&file).is_ok_and(|before| before == text) {
            return Ok(false);
        }
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        Ok(true)
    }

    fn settings(&self, connections: u32) -> String {
        format!(
            "listen_addresses = '*'\n\
             port = {}\n\
             unix_socket_directories = ''\n\
             ssl = on\n\
             max_connections = {}\n\
             superuser_reserved_connections = {reserved}\n\
             password_encryption = 'scram-sha-256'\n\
             shared_buffers = '128MB'\n\
             wal_level = 'replica'\n\
             wal_keep_size = '64MB'\n\
             max_slot_wal_keep_size = '1GB'\n\
             hot_standby = on\n\
             log_connections = off\n\
             timezone = 'UTC'\n\
             include_if_exists = 'chosen.conf'\n\
             include_if_exists = 'follow.conf'\n\
             include_if_exists = 'synchronous.conf'\n",
            self.port(),
            connections + PLATFORM_CONNECTIONS,
            reserved = PLATFORM_CONNECTIONS,
        )
    }

    fn replication_settings(&self, primary: &Self) -> String {
        let (port, name) = (primary.port(), self.name());
        format!(
            "primary_conninfo = 'host=127.0.0.1 port={port} user=postgres application_name={name} sslmode=disable'\n\
             primary_slot_name = '{name}'\n\
             wal_retrieve_retry_interval = '500ms'\n"
        )
    }

    /// Makes commits wait for one of `standbys`, or for none if the list is empty. Returns whether the setting
    /// changed, so that the server has to reload.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn set_synchronous_standbys(&self, standbys: &[String]) -> Result<bool> {
        let names = match standbys {
            [] => String::new(),
            names => format!("ANY 1 ({})", names.join(", ")),
        };
        let text = format!("synchronous_standby_names = '{names}'\n");
        let file = self.data().join("synchronous.conf");
        if fs::read_to_string(&file).is_ok_and(|before| before == text) {
            return Ok(false);
        }
        fs::write(file, text).context("writing the standbys that commits wait for")?;
        Ok(true)
    }
}

fn lines(settings: &[(String, String)]) -> String {
    let line = |(name, value): &(String, String)| format!("{name} = '{value}'\n");
    settings.iter().map(line).collect()
}
