//! A database that is busy, slow, frozen or away.

use std::time::{Duration, Instant};

use minitwit::routes;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::proxy::{Proxy, Way};
use crate::site::{Database, Lock, Site, assert_api_error, eventually, send};

const BUSY: &str = "The service is busy or its database is away; please try again";

async fn through_proxy(settings: &[&str]) -> (Site, Proxy) {
    let database = Database::migrated().await;
    let proxy = Proxy::to(database.address()).await;
    let url = database.url_through(proxy.address);
    (Site::on(database, &url, settings, routes::table()), proxy)
}

#[tokio::test]
async fn with_all_connections_taken_requests_wait_and_then_get_503_with_retry_after() {
    let settings = ["--database-connections=1", "--database-wait-limit=300ms"];
    let site = Site::with_settings(&settings).await;
    site.register("ann").await;
    let lock = Lock::messages_of(&site.database).await;

    // The first holds the only connection for as long as the lock is held.
    let first = tokio::spawn(send(site.simulator(Method::GET, "/msgs")));
    lock.is_waited_for().await;
    let started = Instant::now();
    let second = send(site.simulator(Method::GET, "/msgs")).await;
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!(second.headers()["retry-after"], "1");
    assert_api_error(second, StatusCode::SERVICE_UNAVAILABLE, BUSY).await;

    // A busy pool is no reason to move the traffic.
    assert_eq!(site.readiness().await.0, 200);

    lock.release().await;
    assert_eq!(first.await.expect("no panic").status(), StatusCode::OK);
    assert_eq!(site.read("/msgs").await, json!([]));
}

#[tokio::test]
async fn a_statement_over_its_limit_is_cancelled_and_its_request_gets_503() {
    let site = Site::with_settings(&["--statement-limit=1s"]).await;
    let lock = Lock::messages_of(&site.database).await;
    let response = send(site.simulator(Method::GET, "/msgs")).await;
    assert_api_error(response, StatusCode::SERVICE_UNAVAILABLE, BUSY).await;
    lock.is_no_longer_waited_for().await;
    lock.release().await;
    assert_eq!(site.read("/msgs").await, json!([]));
}

#[tokio::test]
async fn requests_wait_their_turn_for_few_connections_and_all_are_answered() {
    let site = Site::with_settings(&["--database-connections=2"]).await;
    site.register("ann").await;
    let posts: Vec<_> = (0..100)
        .map(|n| {
            let request = site.simulator(Method::POST, "/msgs/ann");
            tokio::spawn(send(request.json(&json!({"content": n.to_string()}))))
        })
        .collect();
    for post in posts {
        let status = post.await.expect("no panic").status();
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    let messages = site.read("/msgs/ann").await;
    assert_eq!(messages.as_array().expect("an array").len(), 100);
}

#[tokio::test]
async fn a_restarted_database_is_used_again_without_a_restart_of_this_process() {
    // Whoever waited for a connection here would wait for longer than the client does.
    let (site, proxy) = through_proxy(&["--database-wait-limit=300s"]).await;
    site.read("/msgs?latest=1").await;
    assert_eq!(site.readiness().await.0, 200);

    proxy.set(Way::Cut);
    eventually("not ready", || async { site.readiness().await.0 == 503 }).await;
    assert_eq!(site.readiness().await.1, "the database is away");
    let response = send(site.simulator(Method::GET, "/msgs?latest=2")).await;
    assert_api_error(response, StatusCode::SERVICE_UNAVAILABLE, BUSY).await;
    let page = site.get("/public").await;
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.headers()["retry-after"], "1");

    proxy.set(Way::Open);
    let started = Instant::now();
    eventually("ready", || async { site.readiness().await.0 == 200 }).await;
    site.read("/msgs?latest=3").await;
    assert_eq!(site.latest().await, 3);
    println!("used again after {:?}", started.elapsed());
}

#[tokio::test]
async fn connections_that_the_server_ended_are_replaced() {
    let site = Site::start().await;
    site.read("/msgs").await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    site.database.execute(end).await;
    eventually("served again", || async {
        send(site.simulator(Method::GET, "/msgs")).await.status() == StatusCode::OK
    })
    .await;
    assert_eq!(site.readiness().await.0, 200);
}

#[tokio::test]
async fn a_frozen_database_is_not_ready_within_the_budget_and_heals() {
    let settings = [
        "--ready-budget=200ms",
        "--statement-limit=200ms",
        "--database-connect-limit=300ms",
    ];
    let (site, proxy) = through_proxy(&settings).await;
    site.read("/msgs").await;
    assert_eq!(site.readiness().await.0, 200);

    proxy.set(Way::Frozen);
    let (status, reason) = site.readiness().await;
    assert_eq!(
        (status, reason.as_str()),
        (503, "the database did not answer within 200ms")
    );
    for _ in 0..2 {
        let response = send(site.simulator(Method::GET, "/msgs")).await;
        assert_api_error(response, StatusCode::SERVICE_UNAVAILABLE, BUSY).await;
    }

    proxy.set(Way::Open);
    eventually("ready", || async { site.readiness().await.0 == 200 }).await;
    assert_eq!(site.read("/msgs").await, json!([]));
}

#[tokio::test]
async fn a_server_starts_without_its_database() {
    let database = Database::migrated().await;
    let nobody = "postgres://postgres@127.0.0.1:1/none";
    let site = Site::on(database, nobody, &[], routes::table());
    assert_eq!(
        site.readiness().await,
        (503, "the database is away".to_owned())
    );
    assert_eq!(site.get("/static/style.css").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn there_are_never_more_database_connections_than_configured() {
    let site = Site::with_settings(&["--database-connections=3"]).await;
    site.register("ann").await;
    let connected = tokio_postgres::connect(&site.database.url(), tokio_postgres::NoTls).await;
    let (watcher, connection) = connected.expect("connect");
    let connection = tokio::spawn(connection);
    let calls: Vec<_> = (0..300)
        .map(|n| {
            let path = ["/msgs/ann", "/fllws/ann", "/public", "/latest", "/ann"][n % 5];
            let request = match n % 10 {
                0 => site.simulator(Method::POST, path),
                _ => site.simulator(Method::GET, path),
            };
            tokio::spawn(send(request.json(&json!({"content": "x"}))))
        })
        .collect();
    let sql = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut most = 0;
    for call in calls {
        assert_eq!(site.readiness().await.0, 200);
        let row = watcher.query_one(sql, &[]).await.expect("a count");
        most = most.max(row.get::<_, i64>(0));
        assert!(call.await.expect("no panic").status().is_success());
    }
    // Readiness, live updates and the public timeline have one each beside the pool.
    assert!((3..=6).contains(&most), "{most} connections");
    connection.abort();
}
