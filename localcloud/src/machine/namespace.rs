//! Network namespaces: created, removed, entered.

use super::command::{run, run_with_input};
use anyhow::{Context, Result};
use nix::mount::umount;
use nix::sched::{CloneFlags, setns};
use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A named network namespace. It exists until it is removed.
#[derive(Debug, Clone)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// The namespace called `name`, which may not exist yet.
    #[must_use]
    pub fn new(name: String) -> Self {
        Self { name }
    }

    /// Its path, as `ip netns` has it.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        PathBuf::from("/run/netns").join(&self.name)
    }

    /// The name, as `ip netns` shows it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Creates it, with `lo` up, unless it exists.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub async fn ensure(&self) -> Result<()> {
        if File::open(self.path()).is_ok_and(|file| setns_works(&file)) {
            return Ok(());
        }
        // After a reboot the name may be left as a plain file.
        let _ = std::fs::remove_file(self.path());
        run("ip", &["netns", "add", &self.name]).await?;
        self.ip("link set lo up\n").await
    }

    /// Removes it and every link inside. Succeeds if it does not exist.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub async fn remove(&self) -> Result<()> {
        if self.path().exists() {
            run("ip", &["netns", "del", &self.name]).await?;
        }
        Ok(())
    }

    /// Runs lines of `ip -batch` inside; the first that fails ends it.
    ///
    /// # Errors
    /// When a line fails; the message contains `ip`'s error.
    pub async fn ip(&self, lines: &str) -> Result<()> {
        self.run_with_input("ip", &["-batch", "-"], lines)
            .await
            .map(drop)
    }

    /// Runs a tool inside.
    ///
    /// # Errors
    /// As [`run`].
    pub async fn run(&self, program: &str, args: &[&str]) -> Result<String> {
        self.run_with_input(program, args, "").await
    }

    /// Runs a tool inside with standard input.
    ///
    /// # Errors
    /// As [`run`].
    pub async fn run_with_input(
        &self,
        program: &str,
        args: &[&str],
        input: &str,
    ) -> Result<String> {
        let enter = format!("--net={}", self.path().display());
        let mut words = vec![enter.as_str(), program];
        words.extend(args);
        run_with_input("nsenter", &words, input).await
    }

    /// Listens on `address` inside. The socket stays in the namespace, whichever thread uses it.
    ///
    /// # Errors
    /// When the namespace can't be entered or the address can't be bound.
    pub fn listen(&self, address: SocketAddr) -> Result<TcpListener> {
        self.inside(move || {
            let listener =
                TcpListener::bind(address).with_context(|| format!("listening on {address}"))?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        })
    }

    /// Connects to `address` from inside.
    ///
    /// # Errors
    /// When nothing answers within 2 s.
    pub fn connect(&self, address: SocketAddr) -> Result<TcpStream> {
        self.inside(move || {
            let stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))
                .with_context(|| format!("connecting to {address}"))?;
            stream.set_nonblocking(true)?;
            Ok(stream)
        })
    }

    /// Runs `work` on a thread of its own that enters the namespace; other threads stay outside.
    fn inside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let path = self.path();
        std::thread::spawn(move || {
            let file = File::open(&path)
                .with_context(|| format!("opening the network namespace {}", path.display()))?;
            setns(file, CloneFlags::CLONE_NEWNET).context("entering a network namespace")?;
            work()
        })
        .join()
        .map_err(|_| anyhow::anyhow!("the thread inside the namespace panicked"))?
    }
}

/// Removes the directory of names that the first `ip netns add` mounted, if no name is left.
pub fn forget_empty_directory() {
    let directory = Path::new("/run/netns");
    if std::fs::read_dir(directory).is_ok_and(|mut names| names.next().is_none()) {
        // If another program adds a name at this moment, the kernel refuses, which is fine.
        let _ = umount(directory);
        let _ = std::fs::remove_dir(directory);
    }
}

/// Whether `file` is an existing namespace: a thread can enter it.
fn setns_works(file: &File) -> bool {
    let Ok(copy) = file.try_clone() else {
        return false;
    };
    std::thread::spawn(move || setns(copy, CloneFlags::CLONE_NEWNET).is_ok())
        .join()
        .unwrap_or(false)
}
