//! `latest`: stored first, whatever becomes of the call.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::site::{Site, send};
use minitwit::routes;

#[tokio::test]
async fn latest_is_minus_one_before_any() {
    let site = Site::start().await;
    assert_eq!(site.latest().await, -1);
}

#[tokio::test]
async fn every_simulator_call_stores_latest() {
    let site = Site::start().await;
    site.register("ann").await;
    let user = json!({"username": "bob", "email": "a@b", "pwd": "x"});
    let calls = [
        (Method::POST, "/register?latest=1", user),
        (Method::GET, "/msgs?latest=2", json!({})),
        (Method::GET, "/msgs/ann?latest=3", json!({})),
        (Method::POST, "/msgs/ann?latest=4", json!({"content": "hi"})),
        (Method::GET, "/fllws/ann?no=5&latest=5", json!({})),
        (
            Method::POST,
            "/fllws/ann?latest=6",
            json!({"follow": "bob"}),
        ),
    ];
    for ((method, path, body), expected) in calls.into_iter().zip(1..) {
        let response = send(site.simulator(method, path).json(&body)).await;
        assert!(response.status().is_success(), "{path}");
        assert_eq!(site.latest().await, expected, "{path}");
    }
}

#[tokio::test]
async fn latest_is_stored_also_when_the_call_fails() {
    let site = Site::start().await;
    let refused = send(site.request(Method::GET, "/msgs?latest=1")).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(site.latest().await, 1);

    let unknown = send(site.simulator(Method::GET, "/msgs/nobody?latest=2")).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert_eq!(site.latest().await, 2);

    let invalid = site.post("/register?latest=3", &json!({})).await;
    assert_eq!(invalid.status(), StatusCode::BAD_REQUEST);
    assert_eq!(site.latest().await, 3);

    let request = site.simulator(Method::POST, "/msgs/nobody?latest=4");
    let garbage = send(request.body("{")).await;
    assert_eq!(garbage.status(), StatusCode::BAD_REQUEST);
    assert_eq!(site.latest().await, 4);

    let request = site.request(Method::POST, "/register?latest=5");
    let large = send(request.body(vec![b' '; 100_000])).await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(site.latest().await, 5);
}

#[tokio::test]
async fn the_last_write_wins_also_with_a_lower_value() {
    let site = Site::start().await;
    for value in [7, 3, 0, 9_000_000_000_i64, -2, 12] {
        site.read(&format!("/msgs?latest={value}")).await;
        assert_eq!(site.latest().await, value);
    }
}

#[tokio::test]
async fn absent_minus_one_and_what_is_no_integer_leave_latest() {
    let site = Site::start().await;
    site.read("/msgs?latest=42").await;
    for query in [
        "",
        "?latest=",
        "?latest=-1",
        "?latest=soon",
        "?latest=1.5",
        "?latest=%00",
        "?latest=99999999999999999999",
        "?Latest=7",
    ] {
        site.read(&format!("/msgs{query}")).await;
        assert_eq!(site.latest().await, 42, "{query}");
    }
}

#[tokio::test]
async fn latest_is_shared_by_all_servers_of_a_database_and_survives_them() {
    let first = Site::start().await;
    let url = first.database.url();
    first.read("/msgs?latest=5").await;
    let other = crate::site::Database::empty().await;
    let second = Site::on(other, &url, &[], routes::table());
    assert_eq!(second.latest().await, 5);
    second.read("/msgs?latest=4").await;
    assert_eq!(first.latest().await, 4);
    first.read("/msgs?latest=6").await;
    assert_eq!(second.latest().await, 6);
}

#[tokio::test]
async fn writers_of_latest_do_not_wait_for_each_other() {
    let site = Site::start().await;
    site.read("/msgs?latest=1").await;
    // Another writer's transaction that never ends.
    let url = site.database.url();
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .expect("connect");
    let connection = tokio::spawn(connection);
    let write = "BEGIN; INSERT INTO latest VALUES (-1, nextval('latest_position'), 99)";
    client.batch_execute(write).await.expect("write");
    site.read("/msgs?latest=2").await;
    assert_eq!(site.latest().await, 2);
    connection.abort();
}

#[tokio::test]
async fn a_write_and_the_latest_that_came_with_it_are_stored_both_or_neither() {
    let site = Site::with_settings(&["--statement-limit=1s"]).await;
    site.register("ann").await;
    site.register("bob").await;
    let url = site.database.url();
    let connected = tokio_postgres::connect(&url, tokio_postgres::NoTls).await;
    let (client, connection) = connected.expect("connect");
    let connection = tokio::spawn(connection);
    let lock = "BEGIN; LOCK TABLE latest IN ACCESS EXCLUSIVE MODE";
    client.batch_execute(lock).await.expect("lock");
    let user = json!({"username": "cid", "email": "a@b", "pwd": "x"});
    let calls = [
        ("/msgs/ann?latest=1", json!({"content": "hi"})),
        ("/fllws/ann?latest=2", json!({"follow": "bob"})),
        ("/register?latest=3", user),
    ];
    for (path, body) in &calls {
        let status = site.post(path, body).await.status();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
    client.batch_execute("COMMIT").await.expect("unlock");
    connection.abort();
    assert_eq!(site.latest().await, -1);
    assert_eq!(site.read("/msgs/ann").await, json!([]));
    assert_eq!(site.read("/fllws/ann").await, json!({"follows": []}));
    for ((path, body), latest) in calls.iter().zip(1..) {
        let status = site.post(path, body).await.status();
        assert_eq!(status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(site.latest().await, latest, "{path}");
    }
}
