//! What reads cost with a hundred times the messages: two databases side by side, in which each user
//! has written as much and follows as many.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;
use tokio_postgres::NoTls;

use crate::process::{self, Server};
use crate::scenario::ALL;
use crate::target::{Target, sign_in};
use crate::{RunConfig, seed};

/// Users in each, and each of them has written so many messages.
const SIZES: [u32; 2] = [100, 10_000];
const EACH: u32 = 100;

/// Seconds of each load.
const SECONDS: u64 = 2;

/// Loads of each, one size after the other.
const ROUNDS: usize = 3;

/// What no vacuum has seen yet: one more message of each user.
const NEWEST: &str = "INSERT INTO messages (author_id, content)
    SELECT id, 'What I had to say about this a moment ago, before anything was tidied up.' FROM users";

/// The heading of the rows.
pub const HEAD: &str = "\
| read | CPU s/1,000 at 10,000 messages | at 1,000,000 | ratio | requests/s ratio |
| --- | ---: | ---: | ---: | ---: |";

struct Side {
    server: Server,
    cookie: String,
    users: u32,
}

/// Measures every read at both sizes; a row of each.
///
/// # Errors
/// When something can't be run.
pub async fn run(config: &RunConfig, directory: &Path, postmaster: u32) -> Result<Vec<String>> {
    let mut sides = Vec::new();
    for users in SIZES {
        let name = format!("scale_{users}");
        let url = database(&config.database_url, &name).await?;
        let side = side(config, directory, &url, users).await;
        sides.push(side.with_context(|| format!("preparing {name}"))?);
    }
    let mut rows = Vec::new();
    for scenario in ALL.iter().filter(|one| one.scales) {
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let mut measured = Vec::new();
            for side in &sides {
                let target = Target {
                    address: &side.server.address,
                    cookie: Some(&side.cookie),
                    users: side.users,
                    seconds: SECONDS,
                };
                let cpu = || side.server.cpu() + process::database_cpu(postmaster);
                let before = cpu();
                let outcome = target.load(directory, scenario).await?;
                ensure!(outcome.errors == 0, "errors of {}", scenario.name);
                measured.push(((cpu() - before) / outcome.count * 1e3, outcome.rate));
            }
            let [small, large] = measured[..] else {
                unreachable!("there are two sizes");
            };
            ratios.push((large.0 / small.0, small.0, large.0, large.1 / small.1));
        }
        ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (ratio, small, large, rate) = ratios[ROUNDS / 2];
        let name = scenario.name;
        rows.push(format!(
            "| {name} | {small:.3} | {large:.3} | **{ratio:.2}** | {rate:.2} |"
        ));
        println!("{}", rows[rows.len() - 1]);
    }
    Ok(rows)
}

/// A database of this name on the same server.
async fn database(url: &str, name: &str) -> Result<String> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await?;
    let (server, _) = url.rsplit_once('/').context("DATABASE_URL has no path")?;
    Ok(format!("{server}/{name}"))
}

async fn side(config: &RunConfig, directory: &Path, url: &str, users: u32) -> Result<Side> {
    let migrate = ["migrate", "--database-url", url];
    let output = Command::new(&config.minitwit)
        .args(migrate)
        .output()
        .await?;
    ensure!(output.status.success(), "minitwit migrate failed");
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    eprintln!("filling a database with {} messages", users * EACH);
    seed::fill(&client, users, users * EACH).await?;
    client
        .batch_execute(NEWEST)
        .await
        .context("adding the newest messages")?;
    let log = directory.join(format!("minitwit.{users}.log"));
    let (server, _) = Server::minitwit(&config.minitwit, url, &log).await?;
    let cookie = sign_in(&server.address).await?;
    Ok(Side {
        server,
        cookie,
        users,
    })
}
