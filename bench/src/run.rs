//! One run: prepares the database, measures each scenario and its floor in turn, checks answers and reports.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;
use tokio_postgres::{Client, NoTls};

use crate::load;
use crate::process::{self, DATABASE_CONNECTIONS, Server};
use crate::report::{self, Line, Measured};
use crate::scenario::{ALL, Floor, Scenario};
use crate::target::{AUTHORIZATION, CONNECTIONS, Target, sign_in};
use crate::watch::Watch;
use crate::{RunConfig, check, paced, scale, seed, variants};

/// The numbers of connections that post and read back at once.
const CHECKED: [u32; 3] = [32, 256, 10_000];

/// Seconds of registrations: their 99th percentile needs a number of them.
const PACED: u64 = 15;

struct Bench<'a> {
    config: &'a RunConfig,
    directory: &'a Path,
    database: Client,
    postmaster: u32,
    app: Server,
    cookie: Option<String>,
}

/// The error is a program that can't be run, or a wrong answer.
pub async fn run(config: &RunConfig) -> Result<()> {
    let directory = tempfile::tempdir()?;
    if !config.variant.is_empty() {
        let (database, connection) = tokio_postgres::connect(&config.database_url, NoTls).await?;
        tokio::spawn(connection);
        let postmaster = postmaster(&database).await?;
        return variants::run(config, directory.path(), postmaster).await;
    }
    let migrated = Command::new(&config.minitwit)
        .args(["migrate", "--database-url", &config.database_url])
        .status()
        .await
        .context("running minitwit migrate")?;
    ensure!(migrated.success(), "minitwit migrate failed");
    let (database, connection) = tokio_postgres::connect(&config.database_url, NoTls).await?;
    tokio::spawn(connection);
    eprintln!("filling the database with {} messages", config.messages);
    seed::fill(&database, seed::USERS, config.messages).await?;

    let log = directory.path().join("minitwit.log");
    let started = Server::minitwit(&config.minitwit, &config.database_url, &log).await;
    let (app, ready_after) = started?;
    let bench = Bench {
        postmaster: postmaster(&database).await?,
        cookie: sign_in(&app.address).await.ok(),
        directory: directory.path(),
        config,
        database,
        app,
    };
    let watch = Watch::start(&config.database_url).await?;
    let mut rows = Vec::new();
    println!("{}", report::HEAD);
    for scenario in ALL.iter().filter(|one| one.name.contains(&config.only)) {
        if scenario.signed_in && bench.cookie.is_none() {
            rows.push(format!("| {} | left out: no login |", scenario.name));
        } else {
            rows.push(report::row(&bench.measure(scenario).await?));
        }
        println!("{}", rows[rows.len() - 1]);
    }
    let (mut notes, wrong) = if config.wants("check") {
        bench.check().await?
    } else {
        (Vec::new(), false)
    };
    let most = watch.most();
    notes.push(format!(
        "MiniTwit had at most {most} connections to the database; {DATABASE_CONNECTIONS} are allowed."
    ));
    let milliseconds = ready_after.as_millis();
    notes.push(format!("Ready {milliseconds} ms after it was started."));
    let dropped = bench.app.metric("minitwit_log_lines_dropped_total").await?;
    notes.push(format!(
        "{} log lines were written, {dropped} lost.",
        log_lines(&log)?
    ));
    let postmaster = bench.postmaster;
    let about = bench.about().await?;
    // The log is not needed any more; it contains a line for each request.
    drop(bench);
    fs::remove_file(&log)?;
    let mut scaled = Vec::new();
    if config.wants("scale") {
        println!("{}", scale::HEAD);
        scaled = scale::run(config, directory.path(), postmaster).await?;
    }
    for note in &notes {
        println!("- {note}");
    }
    if let Some(path) = &config.write {
        fs::write(path, report::page(&about, &rows, &scaled, &notes))?;
    }
    ensure!(!wrong, "there were wrong answers or lost writes");
    ensure!(
        most <= DATABASE_CONNECTIONS,
        "there were too many connections to the database"
    );
    Ok(())
}

impl Bench<'_> {
    /// Measures the floor, then MiniTwit, in each round; returns the round with the median ratio.
    async fn measure(&self, scenario: &Scenario) -> Result<Line> {
        let mut lines = Vec::new();
        for _ in 0..self.config.rounds.max(1) {
            let floor = self.floor(scenario).await?;
            lines.push(self.round(scenario, floor).await?);
        }
        let order = |line: &Line| line.ratio().unwrap_or(line.app.rate);
        lines.sort_by(|a, b| order(a).total_cmp(&order(b)));
        Ok(lines.swap_remove(lines.len() / 2))
    }

    async fn round(&self, scenario: &Scenario, floor: Option<Measured>) -> Result<Line> {
        let before = self.cpu();
        let app = if scenario.pace > 0 {
            paced::register(self.app.address.parse()?, scenario.pace, PACED).await?
        } else {
            self.target(&self.app.address)
                .load(self.directory, scenario)
                .await?
        };
        let after = self.cpu();
        Ok(Line {
            name: scenario.name,
            floor,
            target: scenario.target,
            cpu: (
                (after.0 - before.0) / app.count * 1e3,
                (after.1 - before.1) / app.count * 1e3,
            ),
            resident: self.app.resident(),
            app,
        })
    }

    async fn floor(&self, scenario: &Scenario) -> Result<Option<Measured>> {
        let before = self.cpu().1;
        let (name, outcome, cpu) = match scenario.floor {
            Floor::None => return Ok(None),
            Floor::Hyper { path } => {
                let url = format!("http://{}{path}", self.app.address);
                let request = reqwest::Client::new().get(url);
                let answer = request
                    .header("authorization", AUTHORIZATION)
                    .send()
                    .await?;
                let body = answer.error_for_status()?.bytes().await?;
                let server = Server::floor(self.directory, &body)?;
                let target = self.target(&server.address);
                let outcome = target.load(self.directory, scenario).await?;
                ("hyper", outcome, server.cpu())
            }
            Floor::Postgres(script) => {
                let (database, seconds) = (&self.config.database_url, self.config.seconds);
                let load = (CONNECTIONS, seconds);
                let outcome = load::pgbench(self.directory, database, script, load).await?;
                ("pgbench", outcome, self.cpu().1 - before)
            }
        };
        Ok(Some(Measured {
            name,
            rate: outcome.rate,
            cpu: cpu / outcome.count * 1e3,
        }))
    }

    fn target<'a>(&'a self, address: &'a str) -> Target<'a> {
        Target {
            address,
            cookie: self.cookie.as_deref(),
            users: seed::USERS,
            seconds: self.config.seconds,
        }
    }

    fn cpu(&self) -> (f64, f64) {
        (self.app.cpu(), process::database_cpu(self.postmaster))
    }

    /// Writes and reads back with more and more connections.
    async fn check(&self) -> Result<(Vec<String>, bool)> {
        let (mut notes, mut failed) = (Vec::new(), false);
        for connections in CHECKED {
            let verdict = check::run(&self.app, &self.database, AUTHORIZATION, connections).await?;
            let lost = verdict.acknowledged.cast_signed() - verdict.stored;
            failed |= lost > 0 || !verdict.wrong.is_empty();
            notes.push(format!(
                "{connections} connections, each posting and reading back: {} writes acknowledged, \
                {lost} lost, {} requests answered 503, wrong answers: {}. \
                RSS with all of them open and idle: {:.0} MB after one read each, {:.0} MB some seconds after all worked at once.",
                verdict.acknowledged,
                verdict.refused,
                if verdict.wrong.is_empty() {
                    "none".to_owned()
                } else {
                    verdict.wrong.join("; ")
                },
                verdict.idle,
                verdict.worked,
            ));
        }
        Ok((notes, failed))
    }

    /// The place and the settings of the run.
    async fn about(&self) -> Result<Vec<String>> {
        let mut settings = Vec::new();
        for name in [
            "server_version",
            "fsync",
            "synchronous_commit",
            "full_page_writes",
            "shared_buffers",
        ] {
            let row = self
                .database
                .query_one(&format!("SHOW {name}"), &[])
                .await?;
            settings.push(format!("{name} {}", row.get::<_, String>(0)));
        }
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpuinfo
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let cores = std::thread::available_parallelism()?;
        let RunConfig {
            seconds,
            rounds,
            messages,
            ..
        } = self.config;
        Ok(vec![
            format!(
                "{}, {cores} cores ({})",
                jiff::Zoned::now().date(),
                model.map_or("?", |(_, name)| name)
            ),
            format!(
                "`BENCH_SECONDS={seconds} BENCH_ROUNDS={rounds} BENCH_MESSAGES={messages} make bench`; {CONNECTIONS} connections"
            ),
            format!("PostgreSQL: {}", settings.join(", ")),
            format!(
                "before: {} users, {messages} messages, 50,000 follows",
                seed::USERS
            ),
        ])
    }
}

/// The server's main process, the first line of its lock file.
async fn postmaster(database: &Client) -> Result<u32> {
    let sql = "SELECT pg_read_file('postmaster.pid')";
    let text: String = database.query_one(sql, &[]).await?.get(0);
    let line = text.lines().next().context("postmaster.pid is empty")?;
    Ok(line.trim().parse()?)
}

/// The number of lines in the log.
fn log_lines(log: &Path) -> Result<u64> {
    use std::io::BufRead;
    let mut count = 0_u64;
    for line in std::io::BufReader::new(fs::File::open(log)?).split(b'\n') {
        line?;
        count += 1;
    }
    Ok(count)
}
