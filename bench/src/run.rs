//! One run: prepares, measures each scenario and its floor in turn, checks, reports.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::process::Command;
use tokio_postgres::{Client, NoTls};

use crate::load::{self, Load, Outcome};
use crate::process::{self, Server};
use crate::report::{self, Line};
use crate::scenario::{ALL, Floor, Scenario};
use crate::{RunConfig, check, seed};

/// Connections of every measurement.
const CONNECTIONS: u32 = 32;

/// The simulator's credential in development.
const AUTHORIZATION: &str = "Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUh";

struct Bench<'a> {
    config: &'a RunConfig,
    directory: &'a Path,
    database: Client,
    postmaster: u32,
    app: Server,
    cookie: Option<String>,
}

/// Runs all of it.
///
/// # Errors
/// When something can't be run, or an answer was wrong.
pub async fn run(config: &RunConfig) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let migrated = Command::new(&config.minitwit)
        .args(["migrate", "--database-url", &config.database_url])
        .status()
        .await
        .context("running minitwit migrate")?;
    ensure!(migrated.success(), "minitwit migrate failed");
    let (database, connection) = tokio_postgres::connect(&config.database_url, NoTls).await?;
    tokio::spawn(connection);
    eprintln!("filling the database with {} messages", config.messages);
    seed::fill(&database, config.messages).await?;

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
    let (mut notes, wrong) = bench.check().await?;
    let milliseconds = ready_after.as_millis();
    notes.push(format!("Ready {milliseconds} ms after it was started."));
    notes.push(log_lines(&log)?);
    for note in &notes {
        println!("- {note}");
    }
    if let Some(path) = &config.write {
        fs::write(path, report::page(&bench.about().await?, &rows, &notes))?;
    }
    ensure!(!wrong, "there were wrong answers or lost writes");
    Ok(())
}

impl Bench<'_> {
    /// The floor, then MiniTwit, as many rounds as asked for; the one with the median ratio.
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

    async fn round(&self, scenario: &Scenario, floor: Option<(f64, &'static str)>) -> Result<Line> {
        let before = self.cpu();
        let app = self.wrk(scenario, &self.app.address).await?;
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

    async fn floor(&self, scenario: &Scenario) -> Result<Option<(f64, &'static str)>> {
        let (outcome, name) = match scenario.floor {
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
                (self.wrk(scenario, &server.address).await?, "hyper")
            }
            Floor::Postgres(script) => {
                let (database, seconds) = (&self.config.database_url, self.config.seconds);
                let load = (CONNECTIONS, seconds);
                let outcome = load::pgbench(self.directory, database, script, load).await?;
                (outcome, "pgbench")
            }
        };
        Ok(Some((outcome.rate, name)))
    }

    async fn wrk(&self, scenario: &Scenario, address: &str) -> Result<Outcome> {
        let mut headers = vec![("Content-Type", "application/json".to_owned())];
        match &self.cookie {
            Some(cookie) if scenario.signed_in => headers.push(("Cookie", cookie.clone())),
            _ => headers.push(("Authorization", AUTHORIZATION.to_owned())),
        }
        if scenario.closes {
            headers.push(("Connection", "close".to_owned()));
        }
        let load = Load {
            request: scenario.request,
            headers: &headers,
            connections: if scenario.pace > 0 {
                2 * scenario.pace
            } else {
                CONNECTIONS
            },
            paced: scenario.pace > 0,
            seconds: self.config.seconds,
        };
        load::wrk(self.directory, address, &load).await
    }

    fn cpu(&self) -> (f64, f64) {
        (self.app.cpu(), process::database_cpu(self.postmaster))
    }

    /// Reads back what was written, under more and more connections.
    async fn check(&self) -> Result<(Vec<String>, bool)> {
        let (mut notes, mut failed) = (Vec::new(), false);
        for connections in [32, 256, 1_000, 4_000] {
            let address = &self.app.address;
            let verdict = check::run(address, &self.database, AUTHORIZATION, connections).await?;
            let lost = verdict.acknowledged.cast_signed() - verdict.stored;
            failed |= lost > 0 || !verdict.wrong.is_empty();
            notes.push(format!(
                "{connections} connections, each posting and reading back: {} writes acknowledged, \
                {lost} lost, {} requests answered 503, wrong answers: {}. RSS {:.0} MB.",
                verdict.acknowledged,
                verdict.refused,
                if verdict.wrong.is_empty() {
                    "none".to_owned()
                } else {
                    verdict.wrong.join("; ")
                },
                self.app.resident(),
            ));
        }
        Ok((notes, failed))
    }

    /// What was measured, where and how.
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

/// Registers a user over the API, follows some, and logs in as a browser does.
async fn sign_in(address: &str) -> Result<String> {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let user = json!({"username": "bench", "email": "bench@example.com", "pwd": "secret"});
    let register = client.post(format!("http://{address}/register"));
    register.json(&user).send().await?.error_for_status()?;
    for n in 1..=5 {
        let follow = client.post(format!("http://{address}/fllws/bench"));
        let follow = follow.header("authorization", AUTHORIZATION);
        follow
            .json(&json!({"follow": format!("u{n}")}))
            .send()
            .await?
            .error_for_status()?;
    }
    let login = client.post(format!("http://{address}/login"));
    let form = login
        .header("content-type", "application/x-www-form-urlencoded")
        .body("username=bench&password=secret");
    let answer = form.send().await?;
    ensure!(answer.status().is_redirection(), "no login");
    let cookies = answer.headers().get_all("set-cookie").iter();
    let pairs: Vec<&str> = cookies
        .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
        .filter(|pair| !pair.contains("flash"))
        .collect();
    ensure!(!pairs.is_empty(), "no cookie");
    Ok(pairs.join("; "))
}

/// How many lines the log has.
fn log_lines(log: &Path) -> Result<String> {
    use std::io::BufRead;
    let mut count = 0_u64;
    for line in std::io::BufReader::new(fs::File::open(log)?).split(b'\n') {
        line?;
        count += 1;
    }
    Ok(format!("{count} log lines were written."))
}
