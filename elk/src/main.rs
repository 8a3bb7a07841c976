//! Loads the templates of `elk/elasticsearch` into Elasticsearch, and prints the saved objects of
//! `elk/kibana` as Kibana imports them.

mod load;
mod objects;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Where logs go: templates, lifecycle, saved searches and a dashboard.
///
/// Exit codes: 0 done, 1 not done (the reason is on stderr), 2 bad usage.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Directory with the configuration: `elasticsearch/` and `kibana/`
    #[arg(long, env = "ELK_CONFIGURATION", default_value = "elk", global = true)]
    configuration: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Put lifecycle, component templates and index template into Elasticsearch; safe to repeat
    Load {
        /// URL of Elasticsearch
        #[arg(
            long,
            env = "ELASTICSEARCH_URL",
            default_value = "http://127.0.0.1:9200"
        )]
        url: String,
        /// User name, where Elasticsearch asks for one
        #[arg(long, env = "ELASTICSEARCH_USERNAME")]
        username: Option<String>,
        /// Its password
        #[arg(long, env = "ELASTICSEARCH_PASSWORD", hide_env_values = true)]
        password: Option<String>,
        /// Leave the lifecycle out: Elasticsearch's published core can't carry one out
        #[arg(long)]
        without_lifecycle: bool,
    },
    /// Print data view, searches, visualizations and dashboard, an object a line, for Kibana's import
    SavedObjects,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Load {
            url,
            username,
            password,
            without_lifecycle,
        } => {
            let engine = load::Engine::new(url, username, password);
            load::load(&engine, &cli.configuration, without_lifecycle).await
        }
        Command::SavedObjects => objects::print(&cli.configuration),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
