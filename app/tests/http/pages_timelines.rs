//! Timelines of a signed-in user, and the actions there.

use reqwest::{Method, StatusCode};

use crate::browser::Browser;
use crate::site::Site;

#[tokio::test]
async fn my_timeline_asks_whats_on_my_mind() {
    let site = Site::start().await;
    let browser = Browser::signed_in(&site, "<Ann>").await;
    let page = browser.get("/").await;
    page.is(200, "/")
        .shows("<title>My Timeline | MiniTwit</title>")
        .shows("<div class=\"twitbox\">\n<h3>What's on your mind &lt;Ann&gt;?</h3>")
        .shows("<form action=\"/add_message\" method=\"post\">")
        .shows("There's no message so far.")
        .shows("<div class=\"actions\"><input type=\"submit\"")
        .lacks("followstatus");
    browser.get("/public").await.lacks("twitbox");
}

#[tokio::test]
async fn a_users_page_shows_whether_i_follow_the_user() {
    let site = Site::start().await;
    site.register("a/b").await;
    let browser = Browser::signed_in(&site, "ann").await;
    let status = "<div class=\"followstatus\">";
    browser
        .get("/ann")
        .await
        .shows(&format!("{status}This is you!</div>"))
        .lacks("twitbox");
    let page = browser.get("/a%2Fb").await;
    page.shows(&format!("{status}You are not yet following this user."))
        .shows("<a class=\"follow\" href=\"/a%2Fb/follow\">Follow user</a>.");
    let page = browser.get("/a%2Fb/follow").await;
    page.is(200, "/a%2Fb")
        .shows("You are now following &#34;a/b&#34;")
        .shows(&format!("{status}You are currently following this user."))
        .shows("<a class=\"unfollow\" href=\"/a%2Fb/unfollow\">Unfollow user</a>.");
    let anonymous = Browser::new(&site).get("/ann").await;
    anonymous.lacks("followstatus");
}

#[tokio::test]
async fn following_and_unfollowing_can_be_repeated() {
    let site = Site::start().await;
    site.register("bob").await;
    let browser = Browser::signed_in(&site, "ann").await;
    for (path, text) in [
        ("/bob/follow", "You are now following &#34;bob&#34;"),
        ("/bob/unfollow", "You are no longer following &#34;bob&#34;"),
    ] {
        for _ in 0..2 {
            browser.get(path).await.is(200, "/bob").shows(text);
        }
    }
}

#[tokio::test]
async fn posting_and_following_need_a_user() {
    let site = Site::start().await;
    site.register("bob").await;
    let browser = Browser::new(&site);
    for page in [
        browser.say("hello").await,
        browser.get("/bob/follow").await,
        browser.get("/bob/unfollow").await,
        browser.get("/nobody/follow").await,
    ] {
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        page.shows("You have to sign in first");
    }
    browser.get("/public").await.lacks("hello");
    browser.get("/").await.is(200, "/public");
}

#[tokio::test]
async fn nobody_can_follow_the_unknown() {
    let site = Site::start().await;
    let browser = Browser::signed_in(&site, "ann").await;
    for path in ["/nobody/follow", "/nobody/unfollow", "/%ff/follow"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn an_empty_message_is_not_recorded_and_a_long_one_refused() {
    let site = Site::start().await;
    let browser = Browser::signed_in(&site, "ann").await;
    for text in ["", "  "] {
        let page = browser.say(text).await;
        page.is(200, "/")
            .lacks("Your message was recorded")
            .shows("There's no message so far.");
    }
    browser.say(&"é".repeat(4000)).await.is(200, "/");
    let page = browser.say(&"é".repeat(4001)).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.shows("The message is longer than 4000 characters");
}

#[tokio::test]
async fn my_timeline_has_mine_and_theirs_newest_first_thirty_a_page() {
    let site = Site::start().await;
    for name in ["bob", "cid", "dan"] {
        site.register(name).await;
    }
    let browser = Browser::signed_in(&site, "ann").await;
    browser.get("/bob/follow").await;
    browser.get("/cid/follow").await;
    // Nobody's own messages come twice.
    browser.get("/ann/follow").await;
    let many = "INSERT INTO messages (author_id, content)
        SELECT users.id, users.name || ' says ' || n || '.'
        FROM generate_series(1, 22) n, users ORDER BY n, users.id";
    site.database.execute(many).await;
    let mut seen = Vec::new();
    let mut page = browser.get("/").await;
    loop {
        let texts = page.html.split("</strong> ").skip(1);
        seen.extend(texts.map(|text| text.split('.').next().expect("a text").to_owned()));
        if !page.html.contains("older messages") {
            break;
        }
        let path = page.between("<p class=\"older\"><a href=\"", "\"");
        page = browser.get(&format!("/{path}")).await;
    }
    let expected: Vec<_> = (1..=22)
        .rev()
        .flat_map(|n| ["ann", "cid", "bob"].map(|name| format!("{name} says {n}")))
        .collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn flagged_messages_are_on_no_timeline() {
    let site = Site::start().await;
    let browser = Browser::signed_in(&site, "ann").await;
    browser.say("rude").await.shows("rude");
    site.database
        .execute("UPDATE messages SET flagged = true")
        .await;
    for path in ["/", "/public", "/ann"] {
        browser.get(path).await.lacks("rude");
    }
}

#[tokio::test]
async fn a_wrong_method_receives_the_allowed_ones() {
    let site = Site::start().await;
    for (path, allowed) in [
        ("/add_message", "POST"),
        ("/login", "GET, HEAD, POST"),
        ("/logout", "GET"),
        ("/ann/follow", "GET"),
    ] {
        let response = Browser::new(&site).once(Method::PUT, path, None, &[]).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], allowed, "{path}");
        // What changes something can't be asked for its head alone.
        let response = Browser::new(&site)
            .once(Method::HEAD, path, None, &[])
            .await;
        let refused = response.status() == StatusCode::METHOD_NOT_ALLOWED;
        assert_eq!(refused, !allowed.contains("HEAD"), "{path}");
    }
}

#[tokio::test]
async fn every_page_carries_the_security_headers() {
    let site = Site::start().await;
    let browser = Browser::signed_in(&site, "ann").await;
    for path in ["/", "/public", "/ann", "/nobody", "/nobody/follow"] {
        let headers = browser.get(path).await.headers;
        let policy = headers["content-security-policy"].to_str().expect("ASCII");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "https://www.gravatar.com",
        ] {
            assert!(policy.contains(part), "{part} is not in {policy}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "same-origin");
        assert_eq!(headers["cache-control"], "no-store");
    }
}
