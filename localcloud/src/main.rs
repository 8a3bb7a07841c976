//! The command `localcloud`.

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use jiff::SignedDuration;
use localcloud::daemon::{self, DaemonConfig, Listeners};
use localcloud::jobs::MoveLatency;
use localcloud::plane::Plane;
use localcloud::plane::addresses::SLOTS;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;

/// A DigitalOcean-compatible cloud on one Linux machine.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API of one cloud, in the foreground.
    Daemon(Daemon),
}

#[derive(Debug, Args)]
struct Daemon {
    /// Name of the cloud.
    #[arg(long, default_value = "default")]
    name: String,
    /// Directory of the cloud: its record, `token` (an API token with all scopes) and `api` (the API's URL).
    #[arg(long)]
    dir: PathBuf,
    /// Which part of 198.18.0.0/15 the cloud uses.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(..i64::from(SLOTS)))]
    slot: u8,
    /// Address and port of the API; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: Vec<SocketAddr>,
    /// Address and port of the metadata service; none if absent.
    #[arg(long)]
    metadata_listen: Vec<SocketAddr>,
    /// Keep the record only: no host runs, and no privileges are needed.
    #[arg(long)]
    record_only: bool,
    /// How long the move of a reserved IP takes, as in 2s or 500ms.
    #[arg(long, default_value = "2s", value_parser = duration)]
    move_latency: Duration,
    /// How much longer, at random, a move may take.
    #[arg(long, default_value = "0s", value_parser = duration)]
    move_jitter: Duration,
}

fn duration(text: &str) -> Result<Duration> {
    let signed: SignedDuration = text.parse()?;
    Duration::try_from(signed).context("it must not be negative")
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Daemon(args) => run_daemon(args).await,
    }
}

async fn run_daemon(args: Daemon) -> Result<()> {
    ensure!(
        args.record_only,
        "this build can only keep the record: add --record-only"
    );
    std::fs::create_dir_all(&args.dir).with_context(|| format!("making {}", args.dir.display()))?;
    let listeners = Listeners {
        api: listen(&args.listen).await?,
        metadata: listen(&args.metadata_listen).await?,
    };
    let config = DaemonConfig {
        name: args.name,
        slot: args.slot,
        directory: args.dir,
        move_latency: MoveLatency {
            fixed: args.move_latency,
            random: args.move_jitter,
        },
    };
    daemon::run(config, Plane::record_only(), listeners).await?;
    Ok(())
}

async fn listen(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for address in addresses {
        let listener = TcpListener::bind(address).await;
        listeners.push(listener.with_context(|| format!("listening on {address}"))?);
    }
    Ok(listeners)
}
