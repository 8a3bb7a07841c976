//! The process of a server: started, connected to, frozen, stopped, killed.

use super::super::process::Process;
use super::node::{BINARIES, Node};
use super::sandbox::INSIDE;
use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_postgres::{Client, NoTls};

impl Node {
    /// Starts it unless it runs, and waits until it answers.
    ///
    /// # Errors
    /// When it does not answer within 60 s.
    pub async fn start(&self) -> Result<()> {
        if self
            .process()
            .is_some_and(|p| !p.is_in(&self.namespace.path()))
        {
            // Its network was removed: nothing reaches this server any more.
            self.stop().await?;
        }
        if self.process().is_none() {
            // The file that a crash leaves names a process that may by now be another.
            let _ = fs::remove_file(self.data().join("postmaster.pid"));
            let (program, data) = (format!("{BINARIES}/postgres"), format!("{INSIDE}/data"));
            let words = self.as_postgres(&[&program, "-D", &data]);
            Process::start("nsenter", &words, &self.log(), &self.process_file())?;
        }
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            match self.connect("postgres").await {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    let log = self.log();
                    let words = format!("PostgreSQL does not answer; see {}", log.display());
                    return Err(error.context(words));
                }
                Err(_) if self.process().is_none() => {
                    let text = fs::read_to_string(self.log()).unwrap_or_default();
                    let last = text.lines().last().unwrap_or("its log is empty").to_owned();
                    bail!("PostgreSQL ended: {last}");
                }
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// A connection as superuser, from inside the namespace.
    ///
    /// # Errors
    /// When the server does not accept it within 2 s.
    pub async fn connect(&self, database: &str) -> Result<Client> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port()));
        let namespace = self.namespace.clone();
        let stream = tokio::task::spawn_blocking(move || namespace.connect(address)).await??;
        let stream = tokio::net::TcpStream::from_std(stream)?;
        let mut config = tokio_postgres::Config::new();
        let config = config.user("postgres").dbname(database);
        // A frozen server's kernel accepts the connection, and then nothing answers.
        let connected =
            tokio::time::timeout(Duration::from_secs(2), config.connect_raw(stream, NoTls));
        let (client, connection) = connected
            .await
            .context("a managed database does not answer")?
            .context("connecting to a managed database as the platform")?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Makes it reload its settings, if it runs.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn reload(&self) -> Result<()> {
        self.process()
            .map_or(Ok(()), |process| process.signal(Signal::SIGHUP))
    }

    /// Freezes all its processes, or lets them continue.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn freeze(&self, frozen: bool) -> Result<()> {
        let signal = if frozen {
            Signal::SIGSTOP
        } else {
            Signal::SIGCONT
        };
        if let Some(process) = self.process() {
            // The postmaster first: it starts the others.
            process.signal(signal)?;
            for child in process.children() {
                child.signal(signal)?;
            }
        }
        Ok(())
    }

    /// Stops it: a fast shutdown first, then a kill.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&self) -> Result<()> {
        if let Some(process) = self.process() {
            process.signal(Signal::SIGINT)?;
            if !process.ended_within(Duration::from_secs(10)).await {
                return self.kill().await;
            }
        }
        let _ = fs::remove_file(self.process_file());
        Ok(())
    }

    /// Kills it: no process of it is left after this.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn kill(&self) -> Result<()> {
        if let Some(process) = self.process() {
            // Stopped first, the postmaster starts no more processes.
            process.signal(Signal::SIGSTOP)?;
            let children = process.children();
            for one in children.iter().chain([&process]) {
                one.signal(Signal::SIGKILL)?;
            }
            for one in children.into_iter().chain([process]) {
                if !one.ended_within(Duration::from_secs(5)).await {
                    bail!("PostgreSQL (process {}) does not end", one.pid());
                }
            }
        }
        let _ = fs::remove_file(self.process_file());
        Ok(())
    }

    /// Removes a node that is not the first and does not run.
    ///
    /// # Errors
    /// When its files can't be removed.
    pub fn remove(&self) -> Result<()> {
        let files = match self.number {
            1 => self.home(),
            _ => self.directory.clone(),
        };
        match fs::remove_dir_all(&files) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("removing {}", files.display()))
            }
            _ => Ok(()),
        }
    }
}
