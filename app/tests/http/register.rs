//! `POST /register` by JSON.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::site::{Site, assert_api_error, send};

const NO_NAME: &str = "You have to enter a username";
const NO_EMAIL: &str = "You have to enter a valid email address";
const NO_PASSWORD: &str = "You have to enter a password";
const TAKEN: &str = "The username is already taken";

async fn assert_refused(site: &Site, body: &Value, text: &str) {
    let response = site.post("/register", body).await;
    assert_api_error(response, StatusCode::BAD_REQUEST, text).await;
}

#[tokio::test]
async fn a_new_user_is_registered_without_a_credential() {
    let site = Site::start().await;
    let user = json!({"username": "ann", "email": "ann@example.com", "pwd": "secret"});
    let response = send(site.request(Method::POST, "/register").json(&user)).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(site.read("/msgs/ann").await, json!([]));
}

#[tokio::test]
async fn registration_checks_name_then_email_then_password_then_whether_it_is_taken() {
    let site = Site::start().await;
    site.register("ann").await;
    for (name, email, password, text) in [
        ("", "", "", NO_NAME),
        (" ", "a@b", "x", NO_NAME),
        ("ann", "", "", NO_EMAIL),
        ("ann", "nobody", "", NO_EMAIL),
        ("ann", "a@b", "", NO_PASSWORD),
        ("ann", "a@b", "x", TAKEN),
    ] {
        let body = json!({"username": name, "email": email, "pwd": password});
        assert_refused(&site, &body, text).await;
    }
}

#[tokio::test]
async fn a_missing_key_is_answered_like_an_empty_value() {
    let site = Site::start().await;
    assert_refused(&site, &json!({}), NO_NAME).await;
    assert_refused(&site, &json!({"username": "ann"}), NO_EMAIL).await;
    let no_password = json!({"username": "ann", "email": "a@b", "pwd": null});
    assert_refused(&site, &no_password, NO_PASSWORD).await;
}

#[tokio::test]
async fn names_differ_by_case_and_may_hold_spaces_and_markup() {
    let site = Site::start().await;
    for name in ["ann", "Ann", "Ann Lee", "<b>&\"'", "ÅÄÖ 😀", "a/b", "100%"] {
        site.register(name).await;
    }
    assert_eq!(site.read("/msgs/Ann%20Lee").await, json!([]));
    assert_eq!(site.read("/msgs/a%2Fb").await, json!([]));
    assert_eq!(site.read("/msgs/100%25").await, json!([]));
}

#[tokio::test]
async fn names_of_routes_can_not_be_registered() {
    let site = Site::start().await;
    for name in [
        "public", "msgs", "fllws", "latest", "register", "login", "logout", "static", "..",
    ] {
        let body = json!({"username": name, "email": "a@b", "pwd": "x"});
        assert_refused(&site, &body, TAKEN).await;
    }
}

#[tokio::test]
async fn lengths_count_characters() {
    let site = Site::start().await;
    site.register(&"é".repeat(100)).await;
    let body = json!({"username": "é".repeat(101), "email": "a@b", "pwd": "x"});
    assert_refused(&site, &body, "The username is longer than 100 characters").await;
}

#[tokio::test]
async fn of_many_registrations_of_one_name_at_once_exactly_one_succeeds() {
    let site = Site::start().await;
    let body = json!({"username": "ann", "email": "a@b", "pwd": "x"});
    let attempts = (0..8).map(|_| {
        let request = site.request(Method::POST, "/register").json(&body);
        tokio::spawn(send(request))
    });
    let mut registered = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        let response = attempt.await.expect("no panic");
        if response.status() == StatusCode::NO_CONTENT {
            registered += 1;
        } else {
            assert_api_error(response, StatusCode::BAD_REQUEST, TAKEN).await;
        }
    }
    assert_eq!(registered, 1);
}
