//! The command line of [`lookout`].

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use lookout::dashboard::{Dashboard, Kind};
use lookout::prometheus::{Prometheus, Span};
use lookout::{check, picture, sample, terminal};

/// Grafana's dashboards without Grafana, drawn from Prometheus.
///
/// Exit codes: 0 done, 1 something failed, 2 wrong usage, 3 the check found defects.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Address of Prometheus
    #[arg(
        long,
        env = "LOOKOUT_PROMETHEUS",
        default_value = "http://127.0.0.1:9090"
    )]
    prometheus: String,
    /// Directory with the dashboards
    #[arg(long, env = "LOOKOUT_DASHBOARDS", default_value = "grafana/dashboards")]
    dashboards: PathBuf,
    /// How far to look back, in minutes
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show them in this terminal until q is pressed
    Show {
        /// Print one, by its name, and end
        #[arg(long)]
        once: Option<String>,
    },
    /// Draw each as an SVG picture into a directory
    Draw {
        /// The directory
        directory: PathBuf,
        /// What to say of when and where that was
        #[arg(long, default_value = "")]
        caption: String,
    },
    /// Run each query of dashboards and rules: each has to find something, of the right unit
    Check {
        /// Series that come with a fault only, and are missed by no rule
        #[arg(long, value_delimiter = ',')]
        absent: Vec<String>,
    },
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let prometheus = Prometheus::at(&cli.prometheus)?;
    let dashboards = Dashboard::read_all(&cli.dashboards)?;
    let length = Duration::from_mins(cli.minutes);
    match cli.command {
        Command::Show { once: None } => terminal::run(&prometheus, &dashboards, length).await?,
        Command::Show { once: Some(name) } => {
            let shown = dashboards.iter().position(|it| it.uid == name);
            let shown = shown.with_context(|| format!("there is no dashboard {name}"))?;
            let page = terminal::page(&prometheus, &dashboards, shown, length, (170, 60));
            print!("{}", page.await?);
        }
        Command::Draw { directory, caption } => {
            let span = Span::until_now(length, 240);
            for dashboard in &dashboards {
                let mut lines = Vec::new();
                for panel in &dashboard.panels {
                    lines.push(match panel.kind {
                        Kind::Row => Vec::new(),
                        _ => sample::of(panel, &prometheus, span).await?,
                    });
                }
                let path = directory.join(format!("{}.svg", dashboard.uid));
                let svg = picture::draw(dashboard, &lines, span, &caption);
                std::fs::write(&path, svg)
                    .with_context(|| format!("writing {}", path.display()))?;
                println!("{}", path.display());
            }
        }
        Command::Check { absent } => {
            let absent = absent.into_iter().collect();
            let span = Span::until_now(length, 60);
            let findings = check::run(&prometheus, &dashboards, span, &absent).await?;
            for defect in &findings.defects {
                println!("FAILED  {defect}");
            }
            println!(
                "{} queries and rules, {} defects",
                findings.checked,
                findings.defects.len()
            );
            if !findings.defects.is_empty() {
                return Ok(ExitCode::from(3));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
