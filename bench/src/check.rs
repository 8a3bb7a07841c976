//! Right answers under many connections: every acknowledged write is read back, none is lost.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::seed::USERS;

/// Messages that each connection posts.
const EACH: u32 = 3;

/// Public reads show at most so many messages: with more writers a message may be gone already.
const SEEN_IN_PUBLIC: u32 = 256;

/// What came of it.
#[derive(Default)]
pub struct Verdict {
    /// Writes acknowledged.
    pub acknowledged: u64,
    /// Of those, how many the database has at the end.
    pub stored: i64,
    /// Answers 503: refused for the moment, nothing done.
    pub refused: u64,
    /// The first wrong answers.
    pub wrong: Vec<String>,
}

/// `connections` clients post and read back at once.
///
/// # Errors
/// When the database can't be asked at the end.
pub async fn run(
    address: &str,
    database: &tokio_postgres::Client,
    authorization: &str,
    connections: u32,
) -> Result<Verdict> {
    let mark = format!("check {connections} {}", jiff::Timestamp::now());
    let (base, authorization) = (
        Arc::<str>::from(format!("http://{address}")),
        Arc::<str>::from(authorization),
    );
    let mut clients = JoinSet::new();
    for n in 0..connections {
        let (base, authorization, mark) = (base.clone(), authorization.clone(), mark.clone());
        let public = connections <= SEEN_IN_PUBLIC;
        clients.spawn(async move { one(&base, &authorization, &mark, (n, public)).await });
    }
    let mut verdict = Verdict::default();
    while let Some(outcome) = clients.join_next().await {
        let (acknowledged, refused, wrong) = outcome?;
        verdict.acknowledged += acknowledged;
        verdict.refused += refused;
        verdict
            .wrong
            .extend(wrong.map(|error| format!("{error:#}")));
    }
    verdict.wrong.truncate(5);
    let sql = "SELECT count(*) FROM messages WHERE starts_with(content, $1)";
    verdict.stored = database.query_one(sql, &[&mark]).await?.get(0);
    Ok(verdict)
}

type Tally = (u64, u64, Option<anyhow::Error>);

async fn one(base: &str, authorization: &str, mark: &str, (n, public): (u32, bool)) -> Tally {
    let (mut acknowledged, mut refused) = (0, 0);
    let work = async {
        let client = Client::builder().build()?;
        let user = format!("{base}/msgs/u{}", 1 + n % USERS);
        for k in 0..EACH {
            let content = format!("{mark} {n} {k}");
            let post = client.post(format!("{user}?latest={n}"));
            let post = post.header("authorization", authorization);
            let body = json!({"content": content});
            let status = post.json(&body).send().await.context("posting")?.status();
            if status == StatusCode::SERVICE_UNAVAILABLE {
                refused += 1;
                continue;
            }
            ensure!(status == StatusCode::NO_CONTENT, "a post got {status}");
            acknowledged += 1;
            let mut reads = vec![format!("{user}?no=100")];
            reads.extend(public.then(|| format!("{base}/msgs?no=1000")));
            for url in reads {
                let read = client.get(&url).header("authorization", authorization);
                let answer = read.send().await.context("reading")?;
                if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
                    refused += 1;
                    continue;
                }
                ensure!(
                    answer.status() == StatusCode::OK,
                    "a read got {}",
                    answer.status()
                );
                let messages: Vec<Value> = answer.json().await.context("reading")?;
                let seen = messages
                    .iter()
                    .any(|message| message["content"] == *content);
                ensure!(seen, "{url} lacks a message that was acknowledged before");
            }
        }
        Ok(())
    };
    let wrong = work.await.err();
    (acknowledged, refused, wrong)
}
