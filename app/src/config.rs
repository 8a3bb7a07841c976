//! The settings: each field is a flag and an environment variable.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use hyper::header::HeaderValue;

use crate::version::version;

/// MiniTwit: web pages and the simulator API, PostgreSQL behind it.
#[derive(Debug, Parser)]
#[command(name = "minitwit", version = version())]
#[command(after_help = "Exit codes: 0 done, 1 failed (the reason is on stderr), 2 wrong usage.")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the site until SIGTERM
    Serve(ServeConfig),
    /// Bring the database's schema up to date; safe to repeat and to run twice at once
    Migrate(MigrateConfig),
    /// Print the migrations of this binary as JSON: version, name and SQL of each
    Migrations,
}

/// The database's address and trust.
#[derive(Args, Clone, Debug)]
pub struct DatabaseConfig {
    /// PostgreSQL, as `postgresql://USER:PASSWORD@HOST:PORT/NAME?sslmode=require`
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,

    /// PEM file that the database's certificate must chain to; needed with `sslmode=require`
    #[arg(long, env = "MINITWIT_DATABASE_CA")]
    pub database_ca: Option<PathBuf>,

    /// How long to wait for a new database connection
    #[arg(long, env = "MINITWIT_DATABASE_CONNECT_LIMIT", default_value = "2s", value_parser = duration)]
    pub database_connect_limit: Duration,
}

/// Settings of `minitwit serve`. Durations are written `500ms`, `10s`.
#[derive(Args, Clone, Debug)]
pub struct ServeConfig {
    /// Address of the public listener
    #[arg(long, env = "MINITWIT_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Address of the admin listener: VPC or loopback only
    #[arg(long, env = "MINITWIT_ADMIN_LISTEN", default_value = "127.0.0.1:9101")]
    pub admin_listen: SocketAddr,

    /// The database.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// Pooled database connections; readiness, live updates and the public timeline use
    /// one more each
    #[arg(long, env = "MINITWIT_DATABASE_CONNECTIONS", default_value_t = 6,
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1000))]
    pub database_connections: usize,

    /// How long a request waits for a free database connection before it receives 503
    #[arg(long, env = "MINITWIT_DATABASE_WAIT_LIMIT", default_value = "2s", value_parser = duration)]
    pub database_wait_limit: Duration,

    /// How long one statement may take before it is cancelled
    #[arg(long, env = "MINITWIT_STATEMENT_LIMIT", default_value = "2s", value_parser = duration)]
    pub statement_limit: Duration,

    /// How soon the database must answer for this process to be ready
    #[arg(long, env = "MINITWIT_READY_BUDGET", default_value = "500ms", value_parser = duration)]
    pub ready_budget: Duration,

    /// `user:password` that the simulator API accepts; the default is public
    #[arg(
        long,
        env = "MINITWIT_API_CREDENTIAL",
        default_value = "simulator:super_safe!",
        hide_env_values = true
    )]
    pub api_credential: String,

    /// Key that signs session cookies: 32 bytes or more in hex or base64, the same for all processes
    /// behind one address; without it each process generates its own
    #[arg(long, env = "MINITWIT_SESSION_KEY", hide_env_values = true)]
    pub session_key: Option<String>,

    /// How often one address may try to sign in or register on the pages in a row; 0: no limit
    #[arg(long, env = "MINITWIT_ACCOUNT_ATTEMPTS", default_value_t = 60)]
    pub account_attempts: u32,

    /// After this time the address has one more attempt
    #[arg(long, env = "MINITWIT_ACCOUNT_ATTEMPT_INTERVAL", default_value = "1s", value_parser = duration)]
    pub account_attempt_interval: Duration,

    /// Open streams of live updates; further ones receive 503
    #[arg(long, env = "MINITWIT_LIVE_LISTENERS", default_value_t = 2000,
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(0..=100_000))]
    pub live_listeners: usize,

    /// How long a client may take for a request's head, for its body, or to read any of its reply
    #[arg(long, env = "MINITWIT_CLIENT_LIMIT", default_value = "15s", value_parser = duration)]
    pub client_limit: Duration,

    /// How long a client may wait between two requests
    #[arg(long, env = "MINITWIT_IDLE_LIMIT", default_value = "60s", value_parser = duration)]
    pub idle_limit: Duration,

    /// Value of the header `minitwit-served-by` of every reply, such as this droplet's name; for drills, which record which
    /// droplet has answered. Without it there is no such header
    #[arg(long, env = "MINITWIT_SERVED_BY", value_parser = header_value)]
    pub served_by: Option<&'static HeaderValue>,

    /// How long requests may still run after SIGTERM
    #[arg(long, env = "MINITWIT_STOP_LIMIT", default_value = "10s", value_parser = duration)]
    pub stop_limit: Duration,
}

/// Settings of `minitwit migrate`.
#[derive(Args, Clone, Debug)]
pub struct MigrateConfig {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// User that `serve` connects as, if it is not the one in the URL; it is granted the rights that it needs
    #[arg(long, env = "MINITWIT_MIGRATE_GRANT_TO")]
    pub grant_to: Option<String>,

    /// How long to wait for another migration to end
    #[arg(long, env = "MINITWIT_MIGRATE_WAIT_LIMIT", default_value = "60s", value_parser = duration)]
    pub wait_limit: Duration,

    /// Apply contract migrations too; older versions don't work afterwards
    #[arg(long)]
    pub contract: bool,

    /// How long a change of the schema may wait for a table that is in use, per attempt
    #[arg(long, env = "MINITWIT_MIGRATE_LOCK_LIMIT", default_value = "5s", value_parser = duration)]
    pub lock_limit: Duration,
}

/// Parses a header's value. It is leaked: settings live as long as the process.
fn header_value(text: &str) -> Result<&'static HeaderValue, String> {
    let value: HeaderValue = text
        .parse()
        .map_err(|_| "write visible ASCII characters".to_owned())?;
    Ok(Box::leak(Box::new(value)))
}

/// Parses `500ms`, `10s`, `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number
        .parse()
        .map_err(|_| "write a number and a unit, as in 500ms or 10s".to_owned())?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err("the unit must be ms, s or m, as in 500ms or 10s".to_owned()),
    };
    match number.checked_mul(milliseconds) {
        Some(total) if (1..=86_400_000).contains(&total) => Ok(Duration::from_millis(total)),
        _ => Err("must be between 1ms and one day".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_number_and_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        for wrong in [
            "",
            "10",
            "s",
            "-1s",
            "1.5s",
            "1h",
            "0s",
            "99999999999999999999s",
        ] {
            assert!(duration(wrong).is_err(), "{wrong} was accepted");
        }
    }

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
