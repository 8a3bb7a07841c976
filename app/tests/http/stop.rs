//! SIGTERM: what runs is finished, nothing that was accepted is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::process::Process;
use crate::site::{Database, Lock, PATIENCE, eventually};

/// Sends messages one after the other until it is stopped, or until connecting is refused; counts
/// the acknowledged ones. A connection that was made must answer.
async fn write_steadily(url: String, client: Client, stop: Arc<AtomicBool>, sent: Arc<AtomicU64>) {
    while !stop.load(Ordering::Relaxed) {
        let request = client
            .post(&url)
            .basic_auth("simulator", Some("super_safe!"));
        match request.json(&json!({"content": "x"})).send().await {
            Ok(response) => {
                assert_eq!(response.status(), 204);
                sent.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) if error.is_connect() => return,
            Err(error) => panic!("an accepted request was lost: {error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_loses_no_accepted_request() {
    let database = Database::migrated().await;
    let add = "INSERT INTO users (name, email, password_hash) VALUES ('ann', 'a@b', '')";
    database.execute(add).await;
    let process = Process::start(&database.url(), &[]).await;
    let url = format!("http://{}/msgs/ann", process.address);
    let (stop, sent) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let writers: Vec<_> = (0..32)
        .map(|n| {
            // Half of them as browsers connect, half as the simulator does.
            let mut headers = reqwest::header::HeaderMap::new();
            if n % 2 == 0 {
                headers.insert("connection", "close".parse().expect("a value"));
            }
            let client = Client::builder().default_headers(headers).build();
            let client = client.expect("a client");
            tokio::spawn(write_steadily(
                url.clone(),
                client,
                stop.clone(),
                sent.clone(),
            ))
        })
        .collect();
    eventually("the load runs", || async {
        sent.load(Ordering::Relaxed) > 300
    })
    .await;
    process.terminate();
    let log = timeout(PATIENCE, process.rest()).await.expect("it ends");
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("no accepted request is lost");
    }

    assert_eq!(log.last().expect("a line")["message"], "stopped");
    let (client, connection) = tokio_postgres::connect(&database.url(), tokio_postgres::NoTls)
        .await
        .expect("connect");
    let connection = tokio::spawn(connection);
    let row = client.query_one("SELECT count(*) FROM messages", &[]).await;
    let stored: i64 = row.expect("a count").get(0);
    assert_eq!(u64::try_from(stored), Ok(sent.load(Ordering::Relaxed)));
    connection.abort();
}

#[tokio::test]
async fn after_sigterm_a_running_request_is_finished_and_readyz_is_503() {
    let database = Database::migrated().await;
    let process = Process::start(&database.url(), &[]).await;
    let lock = Lock::messages_of(&database).await;
    let url = format!("http://{}/public", process.address);
    let running = tokio::spawn(crate::site::client().get(url).send());
    lock.is_waited_for().await;

    process.terminate();
    let ready = format!("http://{}/readyz", process.admin);
    eventually("readyz is 503", || async {
        let response = crate::site::client().get(&ready).send().await;
        let body: Value = response.expect("an answer").json().await.expect("JSON");
        body["reason"] == "shutting down"
    })
    .await;
    lock.release().await;
    let response = running.await.expect("no panic").expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["connection"], "close");
    process.rest().await;
}

#[tokio::test]
async fn requests_that_do_not_end_are_cut_at_the_deadline() {
    let database = Database::migrated().await;
    let process = Process::start(
        &database.url(),
        &["--stop-limit=500ms", "--statement-limit=300s"],
    )
    .await;
    let lock = Lock::messages_of(&database).await;
    let url = format!("http://{}/public", process.address);
    let running = tokio::spawn(crate::site::client().get(url).send());
    lock.is_waited_for().await;
    // The lock is held until after the process has ended.
    process.terminate();
    let log = timeout(PATIENCE, process.rest()).await.expect("it ends");
    let stopped = log
        .iter()
        .find(|line| line["message"] == "stopped")
        .expect("a line");
    assert_eq!(stopped["minitwit.connections.cut"], 1);
    assert!(running.await.expect("no panic").is_err());
    lock.release().await;
}
