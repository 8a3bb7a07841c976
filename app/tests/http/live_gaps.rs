//! Live updates: gaps are reported, and the followed users can change.

use reqwest::Method;
use serde_json::json;

use crate::browser::Browser;
use crate::live::Listener;
use crate::site::Site;

const GAP: &str = "event: gap\ndata:";

/// A site on which ann has written this number of messages, without a notification.
async fn site_with(messages: u32) -> Site {
    let site = Site::start().await;
    site.register("ann").await;
    write(&site, messages).await;
    site
}

async fn write(site: &Site, messages: u32) {
    let sql = format!(
        "INSERT INTO messages (author_id, content, published_at)
        SELECT users.id, 'many', now() - make_interval(mins => {messages} - n)
        FROM users, generate_series(1, {messages}) n WHERE name = 'ann' ORDER BY n"
    );
    site.database.execute(&sql).await;
}

/// Reads the messages of one batch, of which `last` is the last, and counts them.
async fn count_to(listener: &mut Listener, last: &str) -> usize {
    for count in 1.. {
        if listener.message().await.1.contains(last) {
            return count;
        }
    }
    unreachable!("it was found or the stream ended");
}

#[tokio::test]
async fn more_messages_than_a_batch_sends_are_a_gap_and_the_newest() {
    let site = site_with(0).await;
    let mut listener = Listener::at(&site.url("/live")).await;
    write(&site, 150).await;
    site.say("ann", "the last").await;
    assert_eq!(listener.frame().await.as_deref(), Some(GAP));
    assert_eq!(count_to(&mut listener, " the last ").await, 100);
    site.say("ann", "no gap").await;
    assert!(listener.message().await.1.contains(" no gap "));
}

#[tokio::test]
async fn a_client_that_missed_more_than_the_list_receives_a_gap() {
    let site = site_with(600).await;
    let mut listener = Listener::at(&site.url("/live?after=1")).await;
    assert_eq!(listener.frame().await.as_deref(), Some(GAP));
    let mut listener = Listener::at(&site.url("/live?after=590")).await;
    assert_eq!(listener.message().await.0, 591);
    // A stream of one user sends what a page shows; this is more.
    let mut listener = Listener::at(&site.url("/live?user=ann&after=1")).await;
    assert_eq!(listener.frame().await.as_deref(), Some(GAP));
}

#[tokio::test]
async fn a_burst_that_is_not_read_whole_is_a_gap_also_for_those_it_spares() {
    let site = site_with(0).await;
    site.register("bob").await;
    let mut listener = Listener::at(&site.url("/live?user=bob")).await;
    write(&site, 600).await;
    site.say("bob", "two").await;
    let mut frames = vec![listener.frame().await.expect("a frame")];
    while !frames.last().is_some_and(|frame| frame.contains(" two ")) {
        frames.push(listener.frame().await.expect("a frame"));
    }
    assert_eq!(frames[0], GAP);
}

#[tokio::test]
async fn who_is_followed_while_a_timeline_is_open_appears_on_it() {
    let site = Site::start().await;
    let ann = Browser::signed_in(&site, "ann").await;
    site.register("bob").await;
    let response = ann.once(Method::GET, "/live?mine", None, &[]).await;
    let mut listener = Listener::of(response).await;
    site.say("bob", "too early").await;
    site.say("ann", "mine").await;
    assert!(listener.message().await.1.contains(" mine "));
    site.post("/fllws/ann", &json!({"follow": "bob"})).await;
    site.say("bob", "in time").await;
    assert!(listener.message().await.1.contains(" in time "));
    ann.get("/bob/unfollow").await;
    site.say("bob", "too late").await;
    site.say("ann", "mine again").await;
    assert!(listener.message().await.1.contains(" mine again "));
}
