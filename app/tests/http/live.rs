//! Live updates: across processes, lost connections and full houses.

use minitwit::routes;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tokio::time::timeout;

use crate::browser::Browser;
use crate::process::Process;
use crate::proxy::{Proxy, Way};
use crate::site::{Database, PATIENCE, Site, client, eventually, send};

/// A stream of events, read frame by frame.
pub struct Listener {
    response: Response,
    text: String,
}

impl Listener {
    /// A stream that has begun.
    pub async fn of(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        let text = String::new();
        let mut listener = Self { response, text };
        assert_eq!(listener.frame().await.as_deref(), Some("retry: 1000"));
        listener
    }

    /// Waits until there is a place and the feed is up.
    pub async fn at(url: &str) -> Self {
        let found = std::cell::RefCell::new(None);
        eventually("a stream", || async {
            let response = send(client().get(url)).await;
            let ok = response.status() == StatusCode::OK;
            *found.borrow_mut() = Some(response);
            ok
        })
        .await;
        let response = found.into_inner().expect("a response");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self::of(response).await
    }

    /// The next frame; `None` at the stream's end.
    pub async fn frame(&mut self) -> Option<String> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(frame);
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("a frame in time").ok()??;
            self.text
                .push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }

    /// The next message's number and markup.
    pub async fn message(&mut self) -> (i64, String) {
        let frame = self.frame().await.expect("a message, not the end");
        let (id, data) = frame.split_once("\ndata: ").expect(&frame);
        let data: Value = serde_json::from_str(data).expect("JSON");
        let number = data["id"].as_i64().expect("a number");
        assert_eq!(id, format!("id: {number}"));
        (number, data["html"].as_str().expect("markup").to_owned())
    }
}

/// A second server on the first one's database, by a way of its own.
fn another(site: &Site, url: &str, settings: &[&str]) -> Site {
    Site::on(site.database.again(), url, settings, routes::table())
}

#[tokio::test]
async fn a_message_appears_on_the_stream_of_another_process_as_on_the_page() {
    let site = Site::start().await;
    let other = another(&site, &site.database.url(), &[]);
    site.register("ann").await;
    let mut listener = Listener::at(&other.url("/live")).await;
    let text = "one\ntwo\r<b>&\"'\u{feff} data: x\n\nid: 9";
    site.say("ann", text).await;
    let (_, html) = listener.message().await;
    assert!(html.contains("&lt;b&gt;&amp;&#34;&#39;\u{feff}"), "{html}");
    let page = site.get("/public").await.text().await.expect("a page");
    assert!(page.contains(&html), "{html} is not on {page}");
    site.say("ann", "next").await;
    assert!(listener.message().await.1.contains(" next "));
}

#[tokio::test]
async fn all_messages_of_many_writers_arrive_once_each() {
    let (site, writers, each) = (Site::start().await, 8, 10);
    site.register("ann").await;
    let mut listener = Listener::at(&site.url("/live?user=ann")).await;
    let posts = (0..writers).map(|_| async {
        for _ in 0..each {
            site.say("ann", "x").await;
        }
    });
    let posts = async {
        for post in posts {
            post.await;
        }
    };
    let read = async {
        let mut ids = Vec::new();
        while ids.len() < writers * each {
            ids.push(listener.message().await.0);
        }
        ids
    };
    let ((), mut ids) = tokio::join!(posts, read);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), writers * each);
}

#[tokio::test]
async fn a_users_stream_has_that_users_messages_only() {
    let site = Site::start().await;
    site.register("ann").await;
    site.register("bob").await;
    let mut listener = Listener::at(&site.url("/live?user=bob")).await;
    site.say("ann", "not this").await;
    site.say("bob", "but this").await;
    assert!(listener.message().await.1.contains(" but this "));
    for path in ["/live?user=nobody", "/live?user=%00"] {
        assert_eq!(site.get(path).await.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_viewers_stream_has_the_messages_of_that_viewers_timeline() {
    let site = Site::start().await;
    let ann = Browser::signed_in(&site, "ann").await;
    for name in ["bob", "eve"] {
        site.register(name).await;
    }
    ann.get("/bob/follow").await;
    let response = ann.once(Method::GET, "/live?mine", None, &[]).await;
    let mut listener = Listener::of(response).await;
    site.say("eve", "not this").await;
    site.say("bob", "but this").await;
    ann.post("/add_message", &[("text", "and this")]).await;
    assert!(listener.message().await.1.contains(" but this "));
    assert!(listener.message().await.1.contains(" and this "));
    let anonymous = site.get("/live?mine").await;
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_newest_page_of_a_timeline_is_live_and_older_ones_are_not() {
    let site = Site::start().await;
    site.register("Ann Lee").await;
    site.say("Ann%20Lee", "hi").await;
    let page = async |path: &str| site.get(path).await.text().await.expect("a page");
    let id = page("/public").await;
    let (_, id) = id.split_once("data-id=\"").expect("a number");
    let (id, _) = id.split_once('"').expect("a number");
    for (path, live) in [("/public", "/live"), ("/Ann%20Lee", "/live?user=Ann%20Lee")] {
        let expected = format!("data-live=\"{live}\" data-newest=\"{id}\" defer></script>");
        assert!(page(path).await.contains(&expected), "{path}");
        assert!(!page(&format!("{path}?before=9")).await.contains("<script"));
    }
    let script = site.get("/static/live.js").await;
    let content_type = script.headers()["content-type"].to_str().expect("text");
    assert_eq!(content_type, "text/javascript; charset=utf-8");
}

#[tokio::test]
async fn who_comes_again_gets_what_was_missed() {
    let site = Site::start().await;
    site.register("ann").await;
    site.register("bob").await;
    site.say("ann", "first").await;
    let mut listener = Listener::at(&site.url("/live?after=0")).await;
    let (first, html) = listener.message().await;
    assert!(html.contains(" first "));
    drop(listener);
    site.say("ann", "second").await;
    let other = another(&site, &site.database.url(), &[]);
    for server in [&site, &other] {
        Listener::at(&server.url("/live")).await;
        let request = server.client.get(server.url("/live?after=0"));
        let request = request.header("Last-Event-ID", first.to_string());
        let mut listener = Listener::of(send(request).await).await;
        assert!(listener.message().await.1.contains(" second "));
    }
    // More than the list contains: the stream sends what a page shows.
    let many = "INSERT INTO messages (author_id, content)
        SELECT users.id, 'many' FROM users, generate_series(1, 600) WHERE name = 'bob'";
    site.database.execute(many).await;
    let third = another(&site, &site.database.url(), &[]);
    let mut listener = Listener::at(&third.url(&format!("/live?user=ann&after={first}"))).await;
    assert!(listener.message().await.1.contains(" second "));
}

#[tokio::test]
async fn after_a_lost_database_connection_missed_messages_arrive() {
    let site = Site::start().await;
    site.register("ann").await;
    let proxy = Proxy::to(site.database.address()).await;
    let url = site.database.url_through(proxy.address);
    let other = another(&site, &url, &[]);
    let mut listener = Listener::at(&other.url("/live")).await;
    proxy.set(Way::Cut);
    eventually("cut", || async { other.readiness().await.0 == 503 }).await;
    site.say("ann", "missed").await;
    proxy.set(Way::Open);
    assert!(listener.message().await.1.contains(" missed "));
    site.say("ann", "after").await;
    assert!(listener.message().await.1.contains(" after "));
}

#[tokio::test]
async fn listeners_are_bounded_and_a_place_is_free_again_when_one_leaves() {
    let site = Site::with_settings(&["--live-listeners=2"]).await;
    let first = Listener::at(&site.url("/live")).await;
    let _second = Listener::at(&site.url("/live")).await;
    let refused = site.get("/live").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()["retry-after"], "1");
    let metrics = send(site.client.get(site.admin_url("/metrics"))).await;
    let metrics = metrics.text().await.expect("text");
    assert!(metrics.contains("minitwit_live_listeners 2\n"));
    drop(first);
    Listener::at(&site.url("/live")).await;
}

#[tokio::test]
async fn streams_end_at_once_on_a_drain_and_none_begins() {
    let site = Site::start().await;
    let mut listener = Listener::at(&site.url("/live")).await;
    let url = site.admin_url("/drain");
    send(site.client.post(&url)).await;
    assert_eq!(listener.frame().await, None);
    let refused = site.get("/live").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    send(site.client.delete(&url)).await;
    Listener::at(&site.url("/live")).await;
}

#[tokio::test]
async fn streams_end_on_sigterm_and_the_process_does_not_wait() {
    let database = Database::migrated().await;
    let process = Process::start(&database.url(), &[]).await;
    let mut listener = Listener::at(&format!("http://{}/live", process.address)).await;
    process.terminate();
    assert_eq!(listener.frame().await, None);
    let log = process.rest().await;
    assert_eq!(log.last().expect("a line")["minitwit.connections.cut"], 0);
}

#[tokio::test]
async fn a_writers_transaction_notifies_nobody() {
    // PostgreSQL has transactions that notify commit one after the other. So neither a trigger nor
    // a statement of a writer does: whoever listens hears only from the connection that listens.
    let site = Site::start().await;
    site.register("ann").await;
    let (client, mut connection) =
        tokio_postgres::connect(&site.database.url(), tokio_postgres::NoTls)
            .await
            .expect("connect");
    let (send, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let driver = tokio::spawn(async move {
        while let Some(Ok(message)) =
            std::future::poll_fn(|context| connection.poll_message(context)).await
        {
            if let tokio_postgres::AsyncMessage::Notification(notification) = message {
                let _ = send.send(notification.process_id());
            }
        }
    });
    let listen = "LISTEN minitwit_messages";
    client.batch_execute(listen).await.expect("listen");
    for _ in 0..20 {
        site.say("ann", "x").await;
    }
    let notifier = timeout(PATIENCE, heard.recv()).await;
    let notifier = notifier.expect("in time").expect("a notification");
    let listens = "SELECT query LIKE '%minitwit_messages' AND query NOT LIKE '%INSERT%'
        FROM pg_stat_activity WHERE pid = $1";
    let row = client.query_one(listens, &[&notifier]).await.expect("it");
    assert!(row.get::<_, bool>(0), "a writer notified");
    driver.abort();
}

#[tokio::test]
async fn a_stream_without_events_sends_beats() {
    let site = Site::start().await;
    let mut stream = Listener::at(&site.url("/live")).await;
    let chunk = timeout(PATIENCE, stream.response.chunk()).await;
    let chunk = chunk.expect("a beat in time").expect("a stream that lives");
    assert_eq!(chunk.as_deref(), Some(b"event: beat\ndata:\n\n".as_slice()));
}
