//! What holds for all requests: methods, unknown paths, malformed and slow bodies, panics.

use std::sync::{Arc, Mutex};

use minitwit::context::Context;
use minitwit::error::Result;
use minitwit::metrics::Metrics;
use minitwit::reply::Reply;
use minitwit::route::Route;
use minitwit::socket_handover::Inherited;
use minitwit::{routes, server};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use slog::{Drain, Logger, Never, OwnedKVList, Record, o};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::site::{Database, PATIENCE, Site, assert_api_error, client, send, serve_config};

#[tokio::test]
async fn replies_contain_the_version_and_the_configured_server_name() {
    let named = Site::with_settings(&["--served-by=droplet-a"]).await;
    let unnamed = Site::start().await;
    for path in ["/latest", "/public", "/nowhere/at/all"] {
        let headers = named.get(path).await.headers().clone();
        assert_eq!(headers["minitwit-version"], minitwit::version::version());
        assert_eq!(headers["minitwit-served-by"], "droplet-a", "{path}");
        let headers = unnamed.get(path).await.headers().clone();
        assert!(!headers.contains_key("minitwit-served-by"), "{path}");
    }
}

#[tokio::test]
async fn a_known_path_with_another_method_is_405_with_allow() {
    let site = Site::start().await;
    for (method, path, allowed) in [
        (Method::PUT, "/msgs", "GET, HEAD"),
        (Method::POST, "/msgs", "GET, HEAD"),
        (Method::DELETE, "/msgs/ann", "GET, HEAD, POST"),
        (Method::PATCH, "/fllws/ann", "GET, HEAD, POST"),
        (Method::PUT, "/register", "GET, HEAD, POST"),
        (Method::POST, "/latest", "GET, HEAD"),
        (Method::POST, "/public", "GET, HEAD"),
        (Method::POST, "/static/style.css", "GET, HEAD"),
    ] {
        let response = send(site.simulator(method.clone(), path)).await;
        assert_eq!(
            response.status(),
            StatusCode::METHOD_NOT_ALLOWED,
            "{method} {path}"
        );
        assert_eq!(response.headers()["allow"], allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let site = Site::start().await;
    site.register("ann").await;
    for path in [
        "/public",
        "/ann",
        "/latest",
        "/msgs",
        "/fllws/ann",
        "/static/style.css",
    ] {
        let get = send(site.simulator(Method::GET, path)).await;
        let head = send(site.simulator(Method::HEAD, path)).await;
        assert_eq!(head.status(), StatusCode::OK, "{path}");
        for name in ["content-type", "content-length"] {
            assert_eq!(head.headers()[name], get.headers()[name], "{path}");
        }
        assert_eq!(head.text().await.expect("a body"), "");
    }
}

#[tokio::test]
async fn unknown_paths_are_404() {
    let site = Site::start().await;
    for path in ["/a/b", "/a/b/c", "/static/none", "/ann/", "//", "/nobody"] {
        let response = site.get(path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let content_type = response.headers()["content-type"].clone();
        assert_eq!(content_type, "text/html; charset=utf-8", "{path}");
    }
    let response = site.get("/msgs/a/b").await;
    assert_api_error(response, StatusCode::NOT_FOUND, "There is no such page").await;
}

#[tokio::test]
async fn bodies_that_make_no_sense_are_400() {
    let site = Site::start().await;
    site.register("ann").await;
    for path in ["/register", "/msgs/ann", "/fllws/ann"] {
        for body in [
            &b""[..],
            b"{",
            b"null",
            b"[]",
            b"\"text\"",
            b"\xff\xfe",
            b"{\"content\": \"\\ud800\", \"follow\": \"\\ud800\", \"username\": \"\\ud800\"}",
            b"{\"content\": 7, \"follow\": 7, \"username\": 7}",
            b"{\"content\": \"a\\u0000b\", \"follow\": \"a\\u0000b\", \"username\": \"a\\u0000\"}",
        ] {
            let request = site.simulator(Method::POST, path).body(body.to_vec());
            let response = send(request).await;
            let shown = String::from_utf8_lossy(body);
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path} {shown}");
            let answer: Value = response.json().await.expect("JSON");
            assert_eq!(answer["status"], 400);
            assert!(answer["error_msg"].is_string());
        }
    }
    let missing = site.post("/msgs/ann", &json!({"text": "hi"})).await;
    assert_eq!(missing.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn deeply_nested_json_is_400() {
    let site = Site::start().await;
    let request = site.request(Method::POST, "/register");
    let response = send(request.body("[".repeat(60_000))).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_is_read_by_the_client() {
    let site = Site::start().await;
    for size in [64 * 1024 + 1, 1024 * 1024, 8 * 1024 * 1024] {
        let request = site.request(Method::POST, "/register");
        let text = "The request body is larger than 65536 bytes";
        // Beyond some megabytes the server gives up reading, and the client may only see that.
        match request.body(vec![b'x'; size]).send().await {
            Ok(response) => assert_api_error(response, StatusCode::PAYLOAD_TOO_LARGE, text).await,
            Err(_) => assert!(size > 4 * 1024 * 1024, "no answer to {size} bytes"),
        }
    }
    let mut largest = vec![b' '; 64 * 1024];
    largest[..2].copy_from_slice(b"{}");
    let response = send(site.request(Method::POST, "/register").body(largest)).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

/// Sends bytes and reads until the server closes.
async fn raw(site: &Site, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(site.running.address)
        .await
        .expect("connect");
    stream.write_all(bytes).await.expect("write");
    let mut answer = Vec::new();
    let closed = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(closed.is_ok(), "the connection stays open");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn silent_and_slow_clients_are_cut() {
    let site = Site::with_settings(&["--client-limit=200ms"]).await;
    assert_eq!(raw(&site, b"").await, "");
    raw(&site, b"GET /latest HT").await;
    let slow_body = b"POST /register HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{";
    assert!(raw(&site, slow_body).await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn idle_clients_have_a_limit_of_their_own() {
    let site = Site::with_settings(&["--idle-limit=200ms"]).await;
    let idle = raw(&site, b"GET /latest HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(
        idle.starts_with("HTTP/1.1 200 "),
        "answered, then closed: {idle}"
    );
    // The second head is not complete when the shorter limit is over.
    let site = Site::with_settings(&["--client-limit=200ms"]).await;
    let mut stream = TcpStream::connect(site.running.address)
        .await
        .expect("connect");
    let request = b"GET /static/icon.svg HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(request).await.expect("write");
    let mut answer = vec![0; 64 * 1024];
    assert!(stream.read(&mut answer).await.expect("an answer") > 0);
    stream.write_all(b"GET /lat").await.expect("write");
    let closed = stream.read_to_end(&mut answer);
    assert!(timeout(PATIENCE, closed).await.is_ok());
}

#[tokio::test]
async fn a_client_that_takes_no_answers_is_cut() {
    let site = Site::with_settings(&["--client-limit=200ms"]).await;
    let mut stream = TcpStream::connect(site.running.address)
        .await
        .expect("connect");
    let requests = b"GET /static/style.css HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    let cut = async { while stream.write_all(&requests).await.is_ok() {} };
    assert!(timeout(PATIENCE, cut).await.is_ok());
}

#[tokio::test]
async fn what_is_not_http_is_400_and_oversized_heads_are_refused() {
    let site = Site::start().await;
    assert!(
        raw(&site, b"hello\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 400 ")
    );
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(70_000));
    let answer = raw(&site, long.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 414 "), "{answer}");
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(200));
    let answer = raw(&site, many.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    for path in ["/msgs/", "/"] {
        let response = site.get(&format!("{path}{}", "a".repeat(9000))).await;
        assert_eq!(response.status(), StatusCode::URI_TOO_LONG);
    }
}

async fn panicking(_: Context) -> Result<Reply> {
    panic!("on purpose")
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_connection_lives_on() {
    let database = Database::migrated().await;
    let url = database.url();
    let mut routes = routes::table();
    routes.push(Route::api("/test/panic").get(panicking));
    let site = Site::on(database, &url, &[], routes);
    for _ in 0..2 {
        let response = site.get("/test/panic").await;
        let text = "Something went wrong on our side";
        assert_api_error(response, StatusCode::INTERNAL_SERVER_ERROR, text).await;
    }
    assert_eq!(site.latest().await, -1);
    let metrics = send(site.client.get(site.admin_url("/metrics"))).await;
    let metrics = metrics.text().await.expect("text");
    assert!(metrics.contains("minitwit_panics_total 2"));
    assert!(metrics.contains(r#"method="GET",route="/test/panic",status="500"} 2"#));
}

/// Keeps what is logged as `LEVEL message`, with the cause of an error.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Drain for Lines {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, _: &OwnedKVList) -> std::result::Result<(), Never> {
        let line = format!("{} {}", record.level(), record.msg());
        self.0.lock().expect("no panic").push(line);
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_is_logged_as_a_failed_request() {
    let database = Database::migrated().await;
    let lines = Lines::default();
    let logger = Logger::root(lines.clone().fuse(), o!());
    let mut routes = routes::table();
    routes.push(Route::api("/test/panic").get(panicking));
    let config = serve_config(&database.url(), &[]);
    let running = server::start(
        &config,
        Inherited::default(),
        routes,
        &logger,
        Metrics::default(),
    )
    .expect("start");
    let url = format!("http://{}/test/panic", running.address);
    assert_eq!(send(client().get(url)).await.status(), 500);
    let lines = lines.0.lock().expect("no panic");
    assert!(
        lines.contains(&"ERRO request failed".to_owned()),
        "{lines:?}"
    );
}
