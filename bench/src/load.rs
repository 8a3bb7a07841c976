//! Load by wrk and pgbench, and its results.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tokio::process::Command;

/// Requests that each thread prepares, so that the script costs almost nothing per request.
const PREPARED: u32 = 5_000;

/// The result of one load.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Responses or transactions a second.
    pub rate: f64,
    /// All responses or transactions.
    pub count: f64,
    /// Milliseconds; 0 if the tool does not report it.
    pub p50: f64,
    /// Milliseconds; 0 if the tool does not report it.
    pub p99: f64,
    /// Statuses of 400 and more, timeouts and broken connections.
    pub errors: u64,
}

/// The requests of wrk.
pub struct Load<'a> {
    /// Lua that returns the request number `i` as `method, path, nil, body`; `random(n)` and `users` help.
    pub request: &'a str,
    /// Headers besides `Host`.
    pub headers: &'a [(&'a str, String)],
    pub connections: u32,
    /// The number of users: `users` in the Lua.
    pub users: u32,
    pub seconds: u64,
}

/// Runs wrk against `address`.
pub async fn wrk(directory: &Path, address: &str, load: &Load<'_>) -> Result<Outcome> {
    let script = directory.join("load.lua");
    fs::write(&script, lua(load))?;
    let output = Command::new("wrk")
        .args(["-t2".to_owned(), format!("-c{}", load.connections)])
        .args([format!("-d{}s", load.seconds), "--timeout=10s".to_owned()])
        .arg("-s")
        .arg(&script)
        .arg(format!("http://{address}/"))
        .output()
        .await
        .context("running wrk: install Debian's package wrk")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("RESULT "));
    let Some(line) = line else {
        bail!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr));
    };
    let numbers: Vec<f64> = line
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    let [count, microseconds, errors, p50, p99] = numbers[..] else {
        bail!("wrk said {line}");
    };
    Ok(Outcome {
        rate: count / microseconds * 1e6,
        count,
        p50: p50 / 1e3,
        p99: p99 / 1e3,
        // A count.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        errors: errors as u64,
    })
}

fn lua(load: &Load<'_>) -> String {
    let mut headers = String::new();
    for (name, value) in load.headers {
        let _ = writeln!(headers, "wrk.headers[\"{name}\"] = \"{value}\"");
    }
    // wrk runs setup() for every thread first, in one place.
    format!(
        "{headers}
local random, users = math.random, {users}
local function make(i) {request} end
local threads = 0
function setup(thread) thread:set('id', threads); threads = threads + 1 end
function init()
    math.randomseed(os.time() * 10 + id)
    requests, at = {{}}, 0
    for i = 1, {PREPARED} do requests[i] = wrk.format(make(i + id * {PREPARED})) end
end
function request()
    at = at % {PREPARED} + 1
    return requests[at]
end
function done(summary, latency, _)
    local e = summary.errors
    print(string.format('RESULT %d %d %d %d %d', summary.requests, summary.duration,
        e.status + e.timeout + e.connect + e.read + e.write,
        latency:percentile(50), latency:percentile(99)))
end
",
        request = load.request,
        users = load.users,
    )
}

/// Runs pgbench with prepared statements; its clients correspond to wrk's connections.
pub async fn pgbench(
    directory: &Path,
    database: &str,
    script: &str,
    (clients, seconds): (u32, u64),
) -> Result<Outcome> {
    let file = directory.join("load.sql");
    fs::write(&file, script)?;
    let output = Command::new(pgbench_binary()?)
        .args(["-n", "-M", "prepared", "-j", "2"])
        .args([format!("-c{clients}"), format!("-T{seconds}")])
        .arg("-f")
        .arg(&file)
        .arg(database)
        .output()
        .await
        .context("running pgbench")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let number = |start: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(start))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    let (rate, count) = (
        number("tps = "),
        number("number of transactions actually processed: "),
    );
    let (Some(rate), Some(count), true) = (rate, count, output.status.success()) else {
        bail!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr));
    };
    Ok(Outcome {
        rate,
        count,
        ..Outcome::default()
    })
}

fn pgbench_binary() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql")?.flatten();
    let mut found: Vec<_> = versions
        .map(|version| version.path().join("bin/pgbench"))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    found
        .pop()
        .context("pgbench is missing: install Debian's package postgresql-15")
}
