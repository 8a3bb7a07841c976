//! `/msgs` and `/msgs/{user}`.

use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::site::{Site, assert_api_error, send};

const UNKNOWN: &str = "There is no such user";

fn contents(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().expect("an array");
    messages
        .iter()
        .map(|message| message["content"].as_str().expect("text"))
        .collect()
}

#[tokio::test]
async fn messages_are_read_newest_first_with_their_author_and_time() {
    let site = Site::start().await;
    assert_eq!(site.read("/msgs").await, json!([]));
    site.register("ann").await;
    site.register("Bob Ray").await;
    site.say("ann", "first").await;
    site.say("Bob%20Ray", "second").await;

    let all = site.read("/msgs").await;
    assert_eq!(contents(&all), ["second", "first"]);
    assert_eq!(all[0]["user"], "Bob Ray");
    let age = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let date = all[0]["pub_date"].as_u64().expect("seconds");
    assert!(age.as_secs().abs_diff(date) < 60, "{date}");
    assert_eq!(all[0].as_object().expect("an object").len(), 3);

    assert_eq!(contents(&site.read("/msgs/ann").await), ["first"]);
}

#[tokio::test]
async fn flagged_messages_are_not_shown() {
    let site = Site::start().await;
    site.register("ann").await;
    site.say("ann", "kept").await;
    site.say("ann", "removed").await;
    let flag = "UPDATE messages SET flagged = true WHERE content = 'removed'";
    site.database.execute(flag).await;
    for path in ["/msgs", "/msgs/ann"] {
        assert_eq!(contents(&site.read(path).await), ["kept"]);
    }
    for path in ["/public", "/ann"] {
        let page = site.get(path).await.text().await.expect("a page");
        assert!(page.contains("kept") && !page.contains("removed"));
    }
}

#[tokio::test]
async fn every_character_is_kept() {
    let site = Site::start().await;
    site.register("ann").await;
    let texts = [
        "\u{feff}starts with a mark",
        "“quotes” — é 😀 \u{202e}",
        " \t\r\n spaces \n",
        "<script>&amp;'\"\\",
        "",
    ];
    for text in texts {
        site.say("ann", text).await;
    }
    let all = site.read("/msgs/ann").await;
    let kept: Vec<_> = contents(&all).into_iter().rev().collect();
    assert_eq!(kept, texts);
}

#[tokio::test]
async fn message_length_counts_characters() {
    let site = Site::start().await;
    site.register("ann").await;
    site.say("ann", &"😀".repeat(4000)).await;
    let long = json!({"content": "a".repeat(4001)});
    let response = site.post("/msgs/ann", &long).await;
    let text = "The message is longer than 4000 characters";
    assert_api_error(response, StatusCode::BAD_REQUEST, text).await;
}

#[tokio::test]
async fn no_limits_the_count_and_is_clamped() {
    let site = Site::start().await;
    site.register("ann").await;
    let many = "INSERT INTO messages (author_id, content)
        SELECT users.id, n::text FROM users, generate_series(1, 1005) n";
    site.database.execute(many).await;
    for path in ["/msgs", "/msgs/ann"] {
        for (query, expected) in [
            ("", 100),
            ("?no=5", 5),
            ("?no=0", 0),
            ("?no=-1", 0),
            ("?no=many", 100),
            ("?no=", 100),
            ("?no=5000", 1000),
            ("?no=99999999999999999999", 1000),
        ] {
            let messages = site.read(&format!("{path}{query}")).await;
            assert_eq!(contents(&messages).len(), expected, "{path}{query}");
        }
    }
    assert_eq!(contents(&site.read("/msgs?no=2").await), ["1005", "1004"]);
}

#[tokio::test]
async fn messages_of_an_unknown_user_are_404() {
    let site = Site::start().await;
    for name in ["nobody", "%00", "%FF", "nobody%00"] {
        let path = format!("/msgs/{name}");
        let read = send(site.simulator(Method::GET, &path)).await;
        assert_api_error(read, StatusCode::NOT_FOUND, UNKNOWN).await;
        let written = site.post(&path, &json!({"content": "hi"})).await;
        assert_api_error(written, StatusCode::NOT_FOUND, UNKNOWN).await;
    }
}

#[tokio::test]
async fn a_wrong_or_missing_credential_is_403() {
    let site = Site::start().await;
    site.register("ann").await;
    let text = "You are not authorized to use this resource!";
    for (method, path) in [
        (Method::GET, "/msgs"),
        (Method::GET, "/msgs/ann"),
        (Method::POST, "/msgs/ann"),
        (Method::GET, "/fllws/ann"),
        (Method::POST, "/fllws/ann"),
    ] {
        let request = site.request(method.clone(), path);
        let missing = send(request.try_clone().expect("no body")).await;
        assert_api_error(missing, StatusCode::FORBIDDEN, text).await;
        let wrong = send(request.basic_auth("simulator", Some("guess"))).await;
        assert_api_error(wrong, StatusCode::FORBIDDEN, text).await;
    }
}

#[tokio::test]
async fn the_credential_is_configuration() {
    let site = Site::with_settings(&["--api-credential=robot:s3cret:x"]).await;
    let request = site.request(Method::GET, "/msgs");
    let given = request.basic_auth("robot", Some("s3cret:x"));
    assert_eq!(send(given).await.status(), StatusCode::OK);
    let default = send(site.simulator(Method::GET, "/msgs")).await;
    assert_eq!(default.status(), StatusCode::FORBIDDEN);
}
