//! Loads the templates in `elk/elasticsearch` into Elasticsearch, and prints the saved objects in `elk/kibana` in
//! the format that Kibana imports.

mod load;
mod objects;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Configures Elasticsearch and Kibana for logs: templates, lifecycle, searches and a dashboard.
///
/// Exit codes: 0 success, 1 failure (the reason is on stderr), 2 wrong usage.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Directory that contains `elasticsearch/` and `kibana/`
    #[arg(long, env = "ELK_CONFIGURATION", default_value = "elk", global = true)]
    configuration: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Load lifecycle, component templates and index template into Elasticsearch; safe to repeat
    Load {
        /// URL of Elasticsearch
        #[arg(
            long,
            env = "ELASTICSEARCH_URL",
            default_value = "http://127.0.0.1:9200"
        )]
        url: String,
        /// User name, if Elasticsearch has users
        #[arg(long, env = "ELASTICSEARCH_USERNAME")]
        username: Option<String>,
        /// Its password
        #[arg(long, env = "ELASTICSEARCH_PASSWORD", hide_env_values = true)]
        password: Option<String>,
        /// Skip the lifecycle, which Elasticsearch's published core does not support
        #[arg(long)]
        without_lifecycle: bool,
    },
    /// Print data view, searches, visualizations and dashboard for Kibana's import, one object a line
    SavedObjects,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Load {
            url,
            username,
            password,
            without_lifecycle,
        } => {
            let elasticsearch = load::Elasticsearch::new(url, username, password);
            load::load(&elasticsearch, &cli.configuration, without_lifecycle).await
        }
        Command::SavedObjects => objects::print(&cli.configuration),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
