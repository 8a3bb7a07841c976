//! Correct answers with many connections: every acknowledged write is read back, none is lost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::Connection;
use crate::process::Server;
use crate::seed::USERS;

/// The messages of each connection.
const EACH: u32 = 3;

/// A public read shows a limited number of messages: with more connections than this a message may not be among them.
const SEEN_IN_PUBLIC: u32 = 256;

/// Connections that are opened at the same time.
const CONNECTING: usize = 512;

/// The idle time after the work before memory is measured: MiniTwit's allocator returns free pages within 10 s.
const SETTLES: Duration = Duration::from_secs(12);

#[derive(Default)]
pub struct Verdict {
    /// Acknowledged writes.
    pub acknowledged: u64,
    /// Writes that the database contains at the end.
    pub stored: i64,
    /// Answers 503: nothing was stored.
    pub refused: u64,
    /// The first wrong answers.
    pub wrong: Vec<String>,
    /// Resident MB with all connections open and idle, each after one read.
    pub idle: f64,
    /// The same after all have worked at once.
    pub worked: f64,
}

/// The state that all clients share.
struct Plan {
    to: SocketAddr,
    authorization: String,
    mark: String,
    connecting: Semaphore,
    connected: Barrier,
    begin: Barrier,
    done: Barrier,
    end: Barrier,
    public: bool,
}

/// `connections` clients post and read back; all are connected before the first of them begins.
pub async fn run(
    server: &Server,
    database: &tokio_postgres::Client,
    authorization: &str,
    connections: u32,
) -> Result<Verdict> {
    let clients = usize::try_from(connections)?;
    let plan = Arc::new(Plan {
        to: server.address.parse()?,
        authorization: authorization.to_owned(),
        mark: format!("check {connections} {}", jiff::Timestamp::now()),
        connecting: Semaphore::new(CONNECTING),
        connected: Barrier::new(clients + 1),
        begin: Barrier::new(clients + 1),
        done: Barrier::new(clients + 1),
        end: Barrier::new(clients + 1),
        public: connections <= SEEN_IN_PUBLIC,
    });
    let mut tasks = JoinSet::new();
    for n in 0..connections {
        let plan = plan.clone();
        tasks.spawn(async move { one(&plan, n).await });
    }
    plan.connected.wait().await;
    let idle = server.resident();
    plan.begin.wait().await;
    plan.done.wait().await;
    sleep(SETTLES).await;
    let worked = server.resident();
    plan.end.wait().await;
    let mut verdict = Verdict {
        idle,
        worked,
        ..Verdict::default()
    };
    while let Some(outcome) = tasks.join_next().await {
        let (acknowledged, refused, wrong) = outcome?;
        verdict.acknowledged += acknowledged;
        verdict.refused += refused;
        let wrong = wrong.map(|error| format!("{error:#}"));
        verdict.wrong.extend(wrong);
    }
    verdict.wrong.truncate(5);
    let sql = "SELECT count(*) FROM messages WHERE starts_with(content, $1)";
    verdict.stored = database.query_one(sql, &[&plan.mark]).await?.get(0);
    Ok(verdict)
}

type Tally = (u64, u64, Option<anyhow::Error>);

async fn one(plan: &Plan, n: u32) -> Tally {
    let mut tally = (0, 0);
    let turn = plan.connecting.acquire().await;
    let connection = connect(plan, n).await.context("connecting");
    drop(turn);
    plan.connected.wait().await;
    plan.begin.wait().await;
    let outcome = match connection {
        Ok(mut connection) => {
            let outcome = work(plan, &mut connection, n, &mut tally).await;
            plan.done.wait().await;
            plan.end.wait().await;
            outcome
        }
        Err(error) => {
            plan.done.wait().await;
            plan.end.wait().await;
            Err(error)
        }
    };
    (tally.0, tally.1, outcome.err())
}

/// Connects and reads something.
async fn connect(plan: &Plan, n: u32) -> Result<Connection> {
    let mut connection = Connection::open(plan.to, n).await?;
    let path = format!("/msgs/u{}?no=100", 1 + n % USERS);
    let authorization = Some(plan.authorization.as_str());
    let sent = connection.send((Method::GET, &path), authorization, String::new());
    let (status, _) = sent.await?;
    ensure!(status == StatusCode::OK, "the first read got {status}");
    Ok(connection)
}

async fn work(
    plan: &Plan,
    connection: &mut Connection,
    n: u32,
    (acknowledged, refused): &mut (u64, u64),
) -> Result<()> {
    let authorization = Some(plan.authorization.as_str());
    let user = format!("/msgs/u{}", 1 + n % USERS);
    for k in 0..EACH {
        let content = format!("{} {n} {k}", plan.mark);
        let body = json!({"content": content}).to_string();
        let path = format!("{user}?latest={n}");
        let sent = connection.send((Method::POST, &path), authorization, body);
        let (status, _) = sent.await.context("posting")?;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            *refused += 1;
            continue;
        }
        ensure!(status == StatusCode::NO_CONTENT, "a post got {status}");
        *acknowledged += 1;
        let mut reads = vec![format!("{user}?no=100")];
        reads.extend(plan.public.then(|| "/msgs?no=1000".to_owned()));
        for path in reads {
            let sent = connection.send((Method::GET, &path), authorization, String::new());
            let (status, body) = sent.await.context("reading")?;
            if status == StatusCode::SERVICE_UNAVAILABLE {
                *refused += 1;
                continue;
            }
            ensure!(status == StatusCode::OK, "a read got {status}");
            let messages: Vec<Value> = serde_json::from_slice(&body).context("reading")?;
            let seen = messages
                .iter()
                .any(|message| message["content"] == *content);
            ensure!(seen, "{path} lacks a message that was acknowledged before");
        }
    }
    Ok(())
}
