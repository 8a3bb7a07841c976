//! The command line.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand};
use operate::environment::Options;

use crate::error::EXIT_CODES;

/// Operates an environment that `make up` has created.
#[derive(Parser)]
#[command(name = "minitwitctl", version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    pub environment: Options,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Show what each droplet is doing, as reported by the first one that answers
    Status {
        /// Arguments for `floatip status`, such as --json
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Print the live address, for scripts
    LiveUrl,
    /// Open a root shell on a droplet, or run a command there
    Shell {
        /// live, standby, monitor or a name that `status` shows
        droplet: String,
        /// The command; without one, a login shell
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Run SQL as the owner of the database, on the monitor droplet
    Sql {
        /// The statement; without one, standard input is read
        statement: Option<String>,
        /// Another database of the cluster
        #[arg(long, env = "DATABASE", value_name = "NAME")]
        database: Option<String>,
    },
    /// Run a query on the monitor's Prometheus
    Promql {
        /// The query, such as 'up == 0'
        query: String,
    },
    /// Switch a droplet's power on, through the cloud's API
    PowerOn {
        /// Its name, as alerts and `status` show it
        droplet: String,
    },
    /// Show Grafana's dashboards and alerts in this terminal until q is pressed
    Watch {
        /// Print one dashboard, by its name, and exit
        #[arg(long, value_name = "NAME")]
        once: Option<String>,
        #[command(flatten)]
        source: Source,
    },
    /// Draw the dashboards as pictures, or check their queries
    Dashboards {
        #[command(subcommand)]
        command: DashboardsCommand,
        #[command(flatten)]
        source: Source,
    },
    /// Send light traffic, during which no alert may fire
    Quiet(Quiet),
    /// Restore the newest backup beside the live database, count its rows, and drop it
    Restore {
        /// Keep the restored database
        #[arg(long, env = "KEEP", value_parser = FalseyValueParser::new())]
        keep: bool,
        /// An older backup, by its name in the bucket
        #[arg(long, env = "DUMP", value_name = "NAME.dump")]
        dump: Option<String>,
    },
    /// Measure what monitoring costs the live droplet in processor time and memory
    WatchCost {
        /// How often each metrics endpoint is read
        #[arg(long, env = "SCRAPES", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
        scrapes: u32,
    },
    /// Measure what Filebeat costs MiniTwit in throughput, in a localcloud
    WatchThroughput(WatchThroughput),
    /// Print Ansible's dynamic inventory
    Inventory {
        /// All groups and hosts; this is the default
        #[arg(long, conflicts_with = "host")]
        list: bool,
        /// The variables of one host
        #[arg(long, value_name = "NAME")]
        host: Option<String>,
    },
}

#[derive(Subcommand)]
pub enum DashboardsCommand {
    /// Draw each dashboard as an SVG picture into a directory
    Draw {
        directory: PathBuf,
        /// When and where it was, for the picture's foot
        #[arg(long, default_value = "")]
        caption: String,
    },
    /// Run each query of dashboards and rules: each must find something, in the right unit
    Check {
        /// Series that only exist during a fault
        #[arg(long, value_delimiter = ',', value_name = "SERIES")]
        absent: Vec<String>,
    },
}

/// Where the graphs come from.
#[derive(Args)]
pub struct Source {
    /// A Prometheus that this machine reaches [default: the monitor's, through ssh]
    #[arg(long, env = "MINITWIT_PROMETHEUS", value_name = "URL", global = true)]
    pub prometheus: Option<String>,
    /// The directory with the dashboards [default: grafana/dashboards of the repository]
    #[arg(
        long,
        env = "MINITWIT_DASHBOARDS",
        value_name = "DIRECTORY",
        global = true
    )]
    pub files: Option<PathBuf>,
    /// The period that is shown, in minutes until now
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..), global = true)]
    pub minutes: u64,
}

#[derive(Args)]
pub struct Quiet {
    /// How long, in minutes
    #[arg(long, env = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub minutes: u64,
    /// Only report which alerts there were in that time, without traffic
    #[arg(long)]
    pub look: bool,
    /// Makes the traffic repeatable [default: a random number]
    #[arg(long, env = "SEED")]
    pub seed: Option<u32>,
}

#[derive(Args)]
pub struct WatchThroughput {
    /// Pairs of measurements, with and without Filebeat
    #[arg(long, env = "ROUNDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Seconds of each measurement
    #[arg(long, env = "EACH", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub each: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn a_command_for_a_droplet_keeps_its_own_options() {
        let line = ["minitwitctl", "shell", "live", "ls", "-l", "--name"];
        let Command::Shell { command, .. } = Cli::parse_from(line).command else {
            panic!("not a shell");
        };
        assert_eq!(command, ["ls", "-l", "--name"]);
    }
}
