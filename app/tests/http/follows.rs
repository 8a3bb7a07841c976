//! `/fllws/{user}`.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::site::{Site, assert_api_error, send};

async fn change(site: &Site, body: &Value) -> StatusCode {
    site.post("/fllws/ann", body).await.status()
}

#[tokio::test]
async fn follow_and_unfollow_may_be_repeated() {
    let site = Site::start().await;
    site.register("ann").await;
    site.register("Bob Ray").await;
    assert_eq!(site.read("/fllws/ann").await, json!({"follows": []}));
    for _ in 0..2 {
        let status = change(&site, &json!({"follow": "Bob Ray"})).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let follows = site.read("/fllws/ann").await;
        assert_eq!(follows, json!({"follows": ["Bob Ray"]}));
    }
    for _ in 0..2 {
        let status = change(&site, &json!({"unfollow": "Bob Ray"})).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(site.read("/fllws/ann").await, json!({"follows": []}));
    }
}

#[tokio::test]
async fn following_is_one_way_and_per_user() {
    let site = Site::start().await;
    for name in ["ann", "bob", "eve"] {
        site.register(name).await;
    }
    assert_eq!(
        change(&site, &json!({"follow": "bob"})).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        change(&site, &json!({"follow": "eve"})).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        change(&site, &json!({"unfollow": "bob"})).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(site.read("/fllws/ann").await, json!({"follows": ["eve"]}));
    assert_eq!(site.read("/fllws/eve").await, json!({"follows": []}));
}

#[tokio::test]
async fn an_unknown_user_or_target_is_404() {
    let site = Site::start().await;
    site.register("ann").await;
    let text = "There is no such user";
    for (path, body) in [
        ("/fllws/nobody", json!({"follow": "ann"})),
        ("/fllws/nobody", json!({"unfollow": "ann"})),
        ("/fllws/ann", json!({"follow": "nobody"})),
        ("/fllws/ann", json!({"unfollow": "nobody"})),
    ] {
        let response = site.post(path, &body).await;
        assert_api_error(response, StatusCode::NOT_FOUND, text).await;
    }
    let read = send(site.simulator(Method::GET, "/fllws/nobody")).await;
    assert_api_error(read, StatusCode::NOT_FOUND, text).await;
}

#[tokio::test]
async fn exactly_one_of_follow_and_unfollow_is_needed() {
    let site = Site::start().await;
    site.register("ann").await;
    let text = "The JSON must have either the key follow or the key unfollow";
    for body in [json!({}), json!({"follow": "ann", "unfollow": "ann"})] {
        let response = site.post("/fllws/ann", &body).await;
        assert_api_error(response, StatusCode::BAD_REQUEST, text).await;
    }
}

#[tokio::test]
async fn no_limits_how_many_follows_are_read() {
    let site = Site::start().await;
    site.register("ann").await;
    let many = "
        INSERT INTO users (name, email, password_hash)
        SELECT 'u' || n, 'u@example.com', '' FROM generate_series(1, 105) n;
        INSERT INTO follows SELECT a.id, b.id FROM users a, users b WHERE a.name = 'ann'";
    site.database.execute(many).await;
    for (query, expected) in [("", 100), ("?no=3", 3), ("?no=0", 0), ("?no=1000", 106)] {
        let read = site.read(&format!("/fllws/ann{query}")).await;
        let follows = read["follows"].as_array().expect("an array");
        assert_eq!(follows.len(), expected, "{query}");
    }
}
