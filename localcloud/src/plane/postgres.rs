//! Managed PostgreSQL: a real server with TLS on port 25060, in a network namespace of its own.

use super::certificates::{Authority, write_secret};
use super::command::run;
use super::namespace::Namespace;
use super::process::Process;
use super::spec::DatabaseSpec;
use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, NoTls};

/// Port of every managed database on the platform.
pub const PORT: u16 = 25060;

/// Debian 12's server.
const BINARIES: &str = "/usr/lib/postgresql/15/bin";

/// Where a server sees its directory: the real place may lie under one that `postgres` can't enter.
/// Exists wherever Debian's package is installed.
const INSIDE: &str = "/var/lib/postgresql";

/// Connections kept for the platform itself, beside those that a size allows to clients.
const PLATFORM_CONNECTIONS: u32 = 3;

/// Becomes `$2…` as the user postgres, with `$1` bound where only that process sees it.
const AS_POSTGRES: &str = "mount --bind \"$1\" /var/lib/postgresql && shift && \
    exec setpriv --reuid=postgres --regid=postgres --init-groups --reset-env \"$@\"";

/// One cluster's place on the machine.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    id: String,
    namespace: Namespace,
}

impl Cluster {
    /// Cluster `id`, kept below `databases` and run in `namespace`.
    #[must_use]
    pub fn new(databases: &Path, id: &str, namespace: Namespace) -> Self {
        Self {
            directory: databases.join(id),
            id: id.to_owned(),
            namespace,
        }
    }

    fn note(&self) -> PathBuf {
        self.directory.join("process")
    }

    fn home(&self) -> PathBuf {
        self.directory.join("home")
    }

    /// Makes the data directory unless it is there.
    ///
    /// # Errors
    /// When `initdb` fails.
    pub async fn make(&self, spec: &DatabaseSpec, authority: &Authority) -> Result<()> {
        let home = self.home();
        if !home.join("data").exists() {
            fs::create_dir_all(&home)?;
            give_to_postgres(&home)?;
            let _ = fs::remove_dir_all(home.join("draft"));
            let initdb = format!("{BINARIES}/initdb");
            let draft = format!("{INSIDE}/draft");
            let mut args = as_postgres(&home);
            args.extend(
                [
                    initdb.as_str(),
                    "--pgdata",
                    &draft,
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync",
                ]
                .map(str::to_owned),
            );
            run("unshare", &args)
                .await
                .context("making a PostgreSQL cluster")?;
            fs::rename(home.join("draft"), home.join("data"))?;
        }
        let data = home.join("data");
        let addresses = [spec.net.public, spec.net.private.address];
        if !data.join("server.key").exists() {
            let (certificate, key) = authority.issue(&format!("db-{}", self.id), &addresses)?;
            fs::write(data.join("server.crt"), certificate)?;
            write_secret(&data.join("server.key"), &key)?;
            give_to_postgres(&data.join("server.crt"))?;
            give_to_postgres(&data.join("server.key"))?;
        }
        fs::write(data.join("pg_hba.conf"), ACCESS)?;
        fs::write(data.join("postgresql.conf"), settings(spec.connections))?;
        Ok(())
    }

    /// Starts the server unless it runs, and waits until it answers.
    ///
    /// # Errors
    /// When it does not answer within 60 s.
    pub async fn start(&self) -> Result<()> {
        let log = self.directory.join("server.log");
        if Process::noted(&self.note()).is_some_and(|p| !p.is_in(&self.namespace.path())) {
            // Its network was lost under it: nothing reaches this server any more.
            self.stop().await?;
        }
        if Process::noted(&self.note()).is_none() {
            // The file that a crash leaves names a process that may by now be another.
            let _ = fs::remove_file(self.home().join("data/postmaster.pid"));
            let mut args = vec![
                format!("--net={}", self.namespace.path().display()),
                "unshare".to_owned(),
            ];
            args.extend(as_postgres(&self.home()));
            args.extend([
                format!("{BINARIES}/postgres"),
                "-D".to_owned(),
                format!("{INSIDE}/data"),
            ]);
            Process::start("nsenter", &args, &log, &self.note())?;
        }
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            match self.connect("postgres").await {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    return Err(
                        error.context(format!("PostgreSQL does not answer; see {}", log.display()))
                    );
                }
                Err(_) if Process::noted(&self.note()).is_none() => {
                    let text = fs::read_to_string(&log).unwrap_or_default();
                    bail!(
                        "PostgreSQL ended: {}",
                        text.lines().last().unwrap_or("no word")
                    );
                }
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// A connection as superuser, from inside the namespace.
    async fn connect(&self, database: &str) -> Result<Client> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
        let namespace = self.namespace.clone();
        let stream = tokio::task::spawn_blocking(move || namespace.connect(address)).await??;
        let stream = tokio::net::TcpStream::from_std(stream)?;
        let (client, connection) = tokio_postgres::Config::new()
            .user("postgres")
            .dbname(database)
            .connect_raw(stream, NoTls)
            .await
            .context("connecting to a managed database as its platform")?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Brings users and databases in line. As on the platform a database belongs to `doadmin`, and
    /// another user may connect but owns nothing.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn sync(&self, spec: &DatabaseSpec) -> Result<()> {
        let client = self.connect("postgres").await?;
        for (user, password) in &spec.users {
            let exists = exists(&client, "SELECT 1 FROM pg_roles WHERE rolname = $1", user).await?;
            let verb = if exists { "ALTER" } else { "CREATE" };
            let rights = if user == "doadmin" {
                "CREATEDB CREATEROLE REPLICATION"
            } else {
                ""
            };
            let (name, password) = (identifier(user), literal(password));
            client
                .batch_execute(&format!(
                    "{verb} ROLE {name} LOGIN {rights} PASSWORD {password}"
                ))
                .await
                .with_context(|| format!("setting up the database user {user}"))?;
        }
        for database in &spec.databases {
            if !exists(
                &client,
                "SELECT 1 FROM pg_database WHERE datname = $1",
                database,
            )
            .await?
            {
                let name = identifier(database);
                client
                    .batch_execute(&format!("CREATE DATABASE {name} OWNER doadmin"))
                    .await
                    .with_context(|| format!("creating the database {database}"))?;
            }
        }
        self.drop_what_is_gone(&client, spec).await
    }

    async fn drop_what_is_gone(&self, client: &Client, spec: &DatabaseSpec) -> Result<()> {
        let rows = client
            .query(
                "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'",
                &[],
            )
            .await?;
        for name in rows.iter().map(|row| row.get::<_, String>(0)) {
            if !spec.databases.contains(&name) {
                let name = identifier(&name);
                client
                    .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
                    .await?;
            }
        }
        let rows = client
            .query(
                "SELECT rolname FROM pg_roles WHERE rolname <> 'postgres' AND rolname !~ '^pg_'",
                &[],
            )
            .await?;
        for user in rows.iter().map(|row| row.get::<_, String>(0)) {
            if !spec.users.iter().any(|(name, _)| *name == user) {
                let name = identifier(&user);
                for database in &spec.databases {
                    let here = self.connect(database).await?;
                    here.batch_execute(&format!(
                        "REASSIGN OWNED BY {name} TO doadmin; DROP OWNED BY {name}"
                    ))
                    .await?;
                }
                client.batch_execute(&format!("DROP ROLE {name}")).await?;
            }
        }
        Ok(())
    }

    /// Stops all its processes where they stand, or lets them go on.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn freeze(&self, frozen: bool) -> Result<()> {
        let signal = if frozen {
            Signal::SIGSTOP
        } else {
            Signal::SIGCONT
        };
        if let Some(process) = Process::noted(&self.note()) {
            // The postmaster first: it makes the others.
            process.signal(signal)?;
            for child in process.children() {
                child.signal(signal)?;
            }
        }
        Ok(())
    }

    /// Stops the server: fast shutdown, then the plug.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&self) -> Result<()> {
        if let Some(process) = Process::noted(&self.note()) {
            process.signal(Signal::SIGINT)?;
            if !process.ended_within(Duration::from_secs(10)).await {
                for child in process.children() {
                    child.signal(Signal::SIGKILL)?;
                }
                process.signal(Signal::SIGKILL)?;
                if !process.ended_within(Duration::from_secs(5)).await {
                    bail!("PostgreSQL (process {}) does not end", process.pid());
                }
            }
        }
        let _ = fs::remove_file(self.note());
        Ok(())
    }

    /// Stops it and removes data and namespace.
    ///
    /// # Errors
    /// When they can't be removed.
    pub async fn destroy(&self) -> Result<()> {
        self.stop().await?;
        self.namespace.remove().await?;
        if self.directory.exists() {
            fs::remove_dir_all(&self.directory)?;
        }
        Ok(())
    }
}

/// The platform gets in from inside its namespace, everyone else with TLS and a password.
const ACCESS: &str = "\
host all postgres 127.0.0.1/32 trust
host all postgres all reject
hostssl all all all scram-sha-256
";

fn settings(connections: u32) -> String {
    format!(
        "listen_addresses = '*'\n\
         port = {PORT}\n\
         unix_socket_directories = ''\n\
         ssl = on\n\
         max_connections = {}\n\
         superuser_reserved_connections = {PLATFORM_CONNECTIONS}\n\
         password_encryption = 'scram-sha-256'\n\
         shared_buffers = '128MB'\n\
         wal_level = 'replica'\n\
         log_connections = off\n\
         timezone = 'UTC'\n",
        connections + PLATFORM_CONNECTIONS
    )
}

/// Arguments of `unshare` that run what follows as the user postgres.
fn as_postgres(home: &Path) -> Vec<String> {
    [
        "--mount",
        "--propagation=private",
        "sh",
        "-c",
        AS_POSTGRES,
        "postgres",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([home.display().to_string()])
    .collect()
}

fn give_to_postgres(path: &Path) -> Result<()> {
    let user = nix::unistd::User::from_name("postgres")?
        .context("there is no user postgres; `make deps` installs PostgreSQL")?;
    nix::unistd::chown(path, Some(user.uid), Some(user.gid))
        .with_context(|| format!("giving {} to postgres", path.display()))
}

async fn exists(client: &Client, query: &str, name: &str) -> Result<bool> {
    Ok(client.query_opt(query, &[&name]).await?.is_some())
}

/// Quoted as an SQL identifier.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quoted as an SQL string.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
