//! Timelines for people.

use reqwest::StatusCode;

use crate::site::Site;

async fn page(site: &Site, path: &str) -> String {
    let response = site.get(path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.expect("a page")
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(start).expect(start);
    rest.split_once(end).expect(end).0
}

#[tokio::test]
async fn home_redirects_to_the_public_timeline() {
    let site = Site::start().await;
    let response = site.get("/").await;
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()["location"], "/public");
}

#[tokio::test]
async fn an_empty_timeline_shows_a_text() {
    let site = Site::start().await;
    let html = page(&site, "/public").await;
    assert!(html.contains("<title>Public Timeline | MiniTwit</title>"));
    assert!(html.contains("There's no message so far."));
    assert!(!html.contains("older messages"));
}

#[tokio::test]
async fn the_markup_is_where_tests_of_minitwit_look_for_it() {
    let site = Site::start().await;
    site.register("Ann Lee").await;
    site.say("Ann%20Lee", "hello").await;
    let html = page(&site, "/public").await;
    for part in [
        "<div class=\"page\">\n<h1>MiniTwit</h1>",
        "<div class=\"navigation\">",
        "<div class=\"body\">",
        "<div class=\"footer\">",
        "<ul class=\"messages\">\n<li><img src=\"https://www.gravatar.com/avatar/",
        "?d=identicon&amp;s=48\"",
        "<a href=\"/Ann%20Lee\">Ann Lee</a></strong> hello <small>&mdash; 20",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    let time = between(&html, "<small>&mdash; ", "</small>");
    let shape: String = time
        .chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect();
    assert_eq!(shape, "9999-99-99 @ 99:99");
}

#[tokio::test]
async fn text_and_names_are_escaped_byte_for_byte() {
    let site = Site::start().await;
    let evil = "<b>&\"'";
    site.register(evil).await;
    site.say("%3Cb%3E%26%22%27", evil).await;
    let html = page(&site, "/public").await;
    let escaped = "&lt;b&gt;&amp;&#34;&#39;";
    let shown = format!("<a href=\"/%3Cb%3E%26%22%27\">{escaped}</a></strong> {escaped} <small>");
    assert!(html.contains(&shown), "{html}");
    let own = page(&site, "/%3Cb%3E%26%22%27").await;
    assert!(own.contains(&format!(
        "<title>{escaped}&#39;s Timeline | MiniTwit</title>"
    )));
}

#[tokio::test]
async fn thirty_messages_a_page_with_a_link_to_older_ones() {
    let site = Site::start().await;
    site.register("ann").await;
    let many = "INSERT INTO messages (author_id, content)
        SELECT users.id, 'number ' || n || '.' FROM users, generate_series(1, 65) n";
    site.database.execute(many).await;
    for path in ["/public", "/ann"] {
        let mut query = String::new();
        let mut seen = Vec::new();
        let mut sizes = Vec::new();
        loop {
            let html = page(&site, &format!("{path}{query}")).await;
            let parts: Vec<_> = html.split("</strong> number ").skip(1).collect();
            sizes.push(parts.len());
            for part in parts {
                let number = part.split('.').next().expect("a number");
                seen.push(number.parse::<u32>().expect("a number"));
            }
            if !html.contains("older messages") {
                break;
            }
            // A message that comes in between moves nothing to another page.
            site.say("ann", "newer").await;
            query = between(&html, "<p class=\"older\"><a href=\"", "\"").to_owned();
        }
        assert_eq!(sizes, [30, 30, 5], "{path}");
        assert_eq!(seen, (1..=65).rev().collect::<Vec<_>>(), "{path}");
        site.database
            .execute("DELETE FROM messages WHERE content = 'newer'")
            .await;
    }
}

#[tokio::test]
async fn exactly_thirty_messages_have_no_older_ones() {
    let site = Site::start().await;
    site.register("ann").await;
    let many = "INSERT INTO messages (author_id, content)
        SELECT users.id, 'x' FROM users, generate_series(1, 30) n";
    site.database.execute(many).await;
    assert!(!page(&site, "/public").await.contains("older messages"));
    let garbage = page(&site, "/public?before=yesterday").await;
    assert_eq!(garbage.matches("<li><img").count(), 30);
}

#[tokio::test]
async fn a_users_page_shows_that_users_messages_only() {
    let site = Site::start().await;
    site.register("ann").await;
    site.register("bob").await;
    site.say("ann", "of ann").await;
    site.say("bob", "of bob").await;
    let html = page(&site, "/ann").await;
    assert!(html.contains("of ann") && !html.contains("of bob"));
    let unknown = site.get("/nobody").await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let html = unknown.text().await.expect("a page");
    assert!(html.contains("There is no such user"));
}

#[tokio::test]
async fn pages_carry_security_headers_and_a_stylesheet_of_their_own() {
    let site = Site::start().await;
    let response = site.get("/public").await;
    let policy = response.headers()["content-security-policy"].clone();
    let policy = policy.to_str().expect("text");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let html = response.text().await.expect("a page");
    let sheet = site
        .get(between(&html, "<link rel=\"stylesheet\" href=\"", "\""))
        .await;
    assert_eq!(sheet.headers()["content-type"], "text/css; charset=utf-8");
    assert!(sheet.text().await.expect("a sheet").contains("700px"));
}
