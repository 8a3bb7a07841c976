//! Calls that share a statement: each gets its own answer, and no read misses what came before it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use minitwit::routes;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::site::{Database, Site, assert_api_error, send};

/// Two processes' worth of servers on one database.
async fn two() -> [Arc<Site>; 2] {
    let first = Site::start().await;
    let url = first.database.url();
    let other = Database::empty().await;
    let second = Site::on(other, &url, &[], routes::table());
    [Arc::new(first), Arc::new(second)]
}

async fn shows(site: &Site, content: &str) -> bool {
    let messages = site.read("/msgs?no=100").await;
    let page = site.get("/public").await.text().await.expect("a page");
    let messages = messages.as_array().expect("an array");
    messages
        .iter()
        .any(|message| message["content"] == *content)
        && page.contains(content)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_message_is_in_every_later_read_of_every_process() {
    let sites = two().await;
    sites[0].register("ann").await;
    let stop = Arc::new(AtomicBool::new(false));
    // Readers without a pause: there is always a read under way that others could share.
    let mut readers = JoinSet::new();
    for site in sites.iter().cycle().take(8) {
        let (site, stop) = (site.clone(), stop.clone());
        readers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                site.read("/msgs?no=100").await;
                site.get("/public").await;
            }
        });
    }
    let mut writers = JoinSet::new();
    for writer in 0..4_usize {
        let sites = sites.clone();
        writers.spawn(async move {
            for n in 0..25 {
                let content = format!("message {writer}.{n}.");
                sites[(writer + n) % 2].say("ann", &content).await;
                assert!(shows(&sites[n % 2], &content).await, "{content}");
                assert!(shows(&sites[1 - n % 2], &content).await, "{content}");
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.expect("every read shows it");
    }
    stop.store(true, Ordering::Relaxed);
    while readers.join_next().await.is_some() {}
}

#[tokio::test]
async fn a_message_that_commits_after_a_younger_one_is_shown() {
    let site = Site::start().await;
    site.register("ann").await;
    let url = site.database.url();
    let connected = tokio_postgres::connect(&url, tokio_postgres::NoTls).await;
    let (client, connection) = connected.expect("connect");
    let connection = tokio::spawn(connection);
    let begin = "BEGIN; INSERT INTO messages (author_id, content) SELECT id, 'older' FROM users";
    client.batch_execute(begin).await.expect("insert");
    site.say("ann", "younger").await;
    for _ in 0..2 {
        assert!(shows(&site, "younger").await);
        assert!(!shows(&site, "older").await);
    }
    client.batch_execute("COMMIT").await.expect("commit");
    assert!(shows(&site, "older").await);
    connection.abort();
}

#[tokio::test]
async fn a_cached_message_that_was_flagged_is_not_shown() {
    let site = Site::start().await;
    site.register("ann").await;
    site.say("ann", "offending").await;
    assert!(shows(&site, "offending").await);
    site.database
        .execute("UPDATE messages SET flagged = true")
        .await;
    assert!(!shows(&site, "offending").await);
    assert_eq!(site.read("/msgs").await, json!([]));
}

#[tokio::test]
async fn a_message_that_was_read_and_then_changed_is_shown_as_it_is_now() {
    let site = Site::start().await;
    site.register("ann").await;
    for n in 0..5 {
        site.say("ann", &format!("before {n}")).await;
    }
    assert!(shows(&site, "before 3").await);
    let change = "UPDATE messages SET content = 'after' WHERE content = 'before 3'";
    site.database.execute(change).await;
    assert!(shows(&site, "after").await);
    assert!(!shows(&site, "before 3").await);
    let contents = site.read("/msgs").await;
    let contents: Vec<&Value> = contents
        .as_array()
        .expect("an array")
        .iter()
        .map(|message| &message["content"])
        .collect();
    assert_eq!(
        contents,
        ["before 4", "after", "before 2", "before 1", "before 0"]
    );
}

#[tokio::test]
async fn calls_in_one_batch_get_answers_of_their_own() {
    let site = Arc::new(Site::start().await);
    for name in ["ann", "bob", "cid"] {
        site.register(name).await;
    }
    let mut calls = JoinSet::new();
    for n in 0..60 {
        let site = site.clone();
        calls.spawn(async move {
            let name = ["ann", "bob", "cid", "nobody"][n % 4];
            let content = format!("{name} {n}");
            let path = format!("/msgs/{name}");
            let said = site.post(&path, &json!({"content": content})).await;
            let target = ["bob", "cid", "ann", "ann"][n % 4];
            let follow = json!({"follow": target});
            let followed = site.post(&format!("/fllws/{name}"), &follow).await;
            let read = send(site.simulator(Method::GET, &path)).await;
            if name == "nobody" {
                for response in [said, followed, read] {
                    let text = "There is no such user";
                    assert_api_error(response, StatusCode::NOT_FOUND, text).await;
                }
                return;
            }
            assert_eq!(said.status(), StatusCode::NO_CONTENT);
            assert_eq!(followed.status(), StatusCode::NO_CONTENT);
            let messages: Vec<Value> = read.json().await.expect("JSON");
            assert!(messages.iter().all(|message| message["user"] == name));
            assert!(messages.iter().any(|message| message["content"] == content));
            let follows = site.read(&format!("/fllws/{name}")).await;
            assert_eq!(follows["follows"], json!([target]));
        });
    }
    while let Some(call) = calls.join_next().await {
        call.expect("an answer of its own");
    }
    let all = site.read("/msgs?no=1000").await;
    assert_eq!(all.as_array().expect("an array").len(), 45);
}

#[tokio::test]
async fn follows_and_unfollows_in_one_batch_are_all_done() {
    let site = Arc::new(Site::start().await);
    site.register("hub").await;
    let names: Vec<String> = (0..20).map(|n| format!("user{n}")).collect();
    for name in &names {
        site.register(name).await;
    }
    for key in ["follow", "unfollow"] {
        let mut calls = JoinSet::new();
        for (n, name) in names.iter().enumerate() {
            // Half of the first round's follows end in the second, the others are repeated.
            let key = if n % 2 == 0 { "follow" } else { key };
            let (site, body) = (site.clone(), json!({key: name}));
            calls.spawn(async move { site.post("/fllws/hub", &body).await.status() });
        }
        while let Some(status) = calls.join_next().await {
            assert_eq!(status.expect("no panic"), StatusCode::NO_CONTENT);
        }
    }
    let follows = site.read("/fllws/hub").await;
    let mut left: Vec<&str> = follows["follows"]
        .as_array()
        .expect("an array")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    left.sort_unstable();
    let mut expected: Vec<&str> = names.iter().step_by(2).map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(left, expected);
}
