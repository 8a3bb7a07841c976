//! The cost of reads with a hundred times the messages: two databases in which each user has written and follows the same
//! number.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::RunConfig;
use crate::process;
use crate::scenario::ALL;
use crate::side::{Contents, Side};

/// The number of users in each database, and of messages of each user.
const SIZES: [u32; 2] = [100, 10_000];
const EACH: u32 = 100;

/// Seconds of each load.
const SECONDS: u64 = 2;

/// Loads of each read, alternating between the sizes.
const ROUNDS: usize = 3;

/// Messages that no vacuum has seen yet: one more of each user.
const NEWEST: &str = "INSERT INTO messages (author_id, content)
    SELECT id, 'What I had to say about this a moment ago, before anything was tidied up.' FROM users";

/// The heading of the rows.
pub const HEAD: &str = "\
| read | CPU s/1,000 at 10,000 messages | at 1,000,000 | ratio | requests/s ratio |
| --- | ---: | ---: | ---: | ---: |";

/// Measures every read at both sizes and returns a row for each.
pub async fn run(config: &RunConfig, directory: &Path, postmaster: u32) -> Result<Vec<String>> {
    let mut sides = Vec::new();
    for users in SIZES {
        let name = format!("scale_{users}");
        let place = (config.database_url.as_str(), name.as_str());
        let contents = Contents {
            users,
            messages: users * EACH,
            then: NEWEST,
        };
        sides.push(Side::start(&config.minitwit, directory, place, contents).await?);
    }
    let mut rows = Vec::new();
    for scenario in ALL.iter().filter(|one| one.scales) {
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let mut measured = Vec::new();
            for side in &sides {
                let cpu = || side.server.cpu() + process::database_cpu(postmaster);
                let before = cpu();
                let outcome = side.target(SECONDS).load(directory, scenario).await?;
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
