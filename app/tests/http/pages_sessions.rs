//! Who is signed in, across processes, and what other sites can't do.

use minitwit::socket_handover::Inherited;
use reqwest::{Method, StatusCode};

use crate::browser::{Browser, Fields};
use crate::site::{Site, serve_config};

const KEY: &str = "--session-key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

#[tokio::test]
async fn the_navigation_shows_the_signed_in_user() {
    let site = Site::start().await;
    let anonymous = Browser::new(&site).get("/public").await;
    anonymous
        .shows("<a href=\"/public\">public timeline</a> |\n<a href=\"/register\">sign up</a> |\n<a href=\"/login\">sign in</a>")
        .lacks("my timeline");
    let browser = Browser::signed_in(&site, "<Ann>").await;
    let signed_in = "<a href=\"/\">my timeline</a> |\n<a href=\"/public\">public timeline</a> |\n<a href=\"/logout\">sign out [&lt;Ann&gt;]</a>";
    for path in ["/", "/public", "/%3CAnn%3E", "/nobody"] {
        browser
            .get(path)
            .await
            .shows(signed_in)
            .lacks("sign in</a>");
    }
    browser.get("/logout").await.lacks("sign out");
}

#[tokio::test]
async fn a_flash_is_shown_once_and_alone_in_its_item() {
    let site = Site::start().await;
    let browser = Browser::new(&site);
    let page = browser.register("ann", "x", None, None).await;
    let text = "You were successfully registered and can login now";
    page.shows(&format!("<ul class=\"flashes\">\n<li>{text}</li>\n</ul>"));
    browser.get("/login").await.lacks("flashes");
}

#[tokio::test]
async fn a_session_holds_on_every_process_with_the_same_key() {
    let site = Site::with_settings(&[KEY]).await;
    let browser = Browser::signed_in(&site, "ann").await;
    let session = browser.cookie("session").expect("a cookie");
    for (key, path) in [(KEY, "/"), ("--account-attempts=1", "/public")] {
        let url = site.database.url();
        let config = serve_config(&url, &[key]);
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let other = minitwit::server::start(
            &config,
            Inherited::default(),
            minitwit::routes::table(),
            &logger,
            minitwit::metrics::Metrics::default(),
        );
        let other = other.expect("start");
        let response = site
            .client
            .get(format!("http://{}/", other.address))
            .header("cookie", format!("session={session}"))
            .send()
            .await
            .expect("an answer");
        let location = response.headers().get("location");
        let location = location.map_or("/", |path| path.to_str().expect("ASCII"));
        assert_eq!(location, path, "{key}");
    }
}

#[tokio::test]
async fn every_sign_in_gets_another_cookie() {
    let site = Site::start().await;
    let browser = Browser::signed_in(&site, "ann").await;
    let first = browser.cookie("session");
    browser.login("ann", "default").await;
    assert_ne!(browser.cookie("session"), first);
    browser.get("/logout").await;
    assert_eq!(browser.cookie("session"), None);
}

#[tokio::test]
async fn a_changed_cookie_and_a_deleted_user_are_anonymous() {
    let site = Site::start().await;
    let browser = Browser::signed_in(&site, "ann").await;
    let session = browser.cookie("session").expect("a cookie");
    for wrong in ["", "x", "x.y", &session[1..], &format!("{session}x")] {
        browser.set_cookie("session", wrong);
        browser.get("/").await.is(200, "/public");
    }
    // A flash can't be used as a session.
    browser.set_cookie("session", &session);
    browser.get("/").await.is(200, "/");
    site.database.execute("DELETE FROM users").await;
    browser.get("/").await.is(200, "/public");
    browser.get("/public").await.lacks("sign out");
    let page = browser.say("a ghost's").await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn other_sites_can_change_nothing() {
    let site = Site::start().await;
    site.register("bob").await;
    let browser = Browser::signed_in(&site, "ann").await;
    let attacks: [(Method, &str, Option<Fields<'_>>); 6] = [
        (Method::POST, "/add_message", Some(&[("text", "evil")])),
        (Method::POST, "/login", Some(&[("username", "bob")])),
        (Method::POST, "/register", Some(&[("username", "eve")])),
        (Method::GET, "/bob/follow", None),
        (Method::GET, "/bob/unfollow", None),
        (Method::GET, "/logout", None),
    ];
    let foreign = [
        ("sec-fetch-site", "cross-site"),
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("referer", "http://evil.example/page"),
    ];
    for (method, path, form) in &attacks {
        for header in foreign {
            let response = browser.once(method.clone(), path, *form, &[header]).await;
            assert_eq!(
                response.status(),
                StatusCode::FORBIDDEN,
                "{path} {header:?}"
            );
            let html = response.text().await.expect("a page");
            assert!(html.contains("came from another site"), "{html}");
        }
    }
    browser.get("/").await.is(200, "/").lacks("evil");
    browser.get("/bob").await.shows("You are not yet following");
    // Links from elsewhere to what only shows are welcome.
    let response = browser
        .once(
            Method::GET,
            "/bob",
            None,
            &[("sec-fetch-site", "cross-site")],
        )
        .await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn this_sites_own_pages_can() {
    let site = Site::start().await;
    let browser = Browser::signed_in(&site, "ann").await;
    let origin = site.url("");
    let headers = [
        ("origin", origin.as_str()),
        ("referer", &site.url("/")),
        ("sec-fetch-site", "same-origin"),
    ];
    let form: Fields<'_> = &[("text", "hello")];
    let response = browser
        .once(Method::POST, "/add_message", Some(form), &headers)
        .await;
    assert_eq!(response.status(), StatusCode::FOUND);
    browser.get("/").await.shows("hello");
}

#[tokio::test]
async fn a_session_key_that_is_no_key_is_refused_without_being_shown() {
    let site = Site::start().await;
    let config = serve_config(&site.database.url(), &["--session-key=hunter2"]);
    let logger = slog::Logger::root(slog::Discard, slog::o!());
    let error = minitwit::server::start(
        &config,
        Inherited::default(),
        minitwit::routes::table(),
        &logger,
        minitwit::metrics::Metrics::default(),
    );
    let text = format!("{:#}", error.err().expect("refused"));
    assert!(
        text.contains("MINITWIT_SESSION_KEY must be 32 bytes"),
        "{text}"
    );
    assert!(!text.contains("hunter2"));
}
