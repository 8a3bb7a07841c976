//! The HTTP client against servers that behave in each way that it reports.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use operate::client::{Failure, KeepAlive, Request, Target, open_stream, send};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SECOND: Duration = Duration::from_secs(1);
const SHORT: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi";

/// Sends `replies` on each connection, one for each request, then closes it. Counts connections.
async fn server(replies: &'static [&'static [u8]]) -> (Target, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::from(listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counter.fetch_add(1, Ordering::Relaxed);
            for reply in replies {
                let mut request = [0; 1024];
                if stream.read(&mut request).await.unwrap() == 0 {
                    break;
                }
                stream.write_all(reply).await.unwrap();
            }
        }
    });
    (target, count)
}

async fn failure(reply: &'static [&'static [u8]]) -> Failure {
    let (target, _) = server(reply).await;
    send(&target, &Request::get("/latest"), SECOND)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_whole_response_is_returned_with_its_headers() {
    let (target, _) = server(&[
        b"HTTP/1.1 302 Found\r\nlocation: /login\r\nminitwit-version: v1\r\nminitwit-served-by: a\r\ncontent-length: 2\r\n\r\n\xffi",
    ])
    .await;
    let response = send(&target, &Request::get("/"), SECOND).await.unwrap();
    assert_eq!((response.status, &response.body[..]), (302, &b"\xffi"[..]));
    assert_eq!(response.location(), Some("/login"));
    assert_eq!(
        (response.version(), response.served_by()),
        (Some("v1"), Some("a"))
    );
    assert_eq!(
        response.expect_status(200).unwrap_err(),
        Failure::Status(302)
    );
}

#[tokio::test]
async fn a_connection_that_closes_early_is_a_reset() {
    assert_eq!(failure(&[b""]).await, Failure::Reset);
    assert_eq!(failure(&[SHORT]).await, Failure::Reset);
}

#[tokio::test]
async fn what_is_not_http_is_malformed() {
    assert_eq!(
        failure(&[b"SSH-2.0-OpenSSH_9.2\r\n\r\n"]).await,
        Failure::Malformed
    );
}

#[tokio::test]
async fn a_closed_port_refuses_and_a_silent_one_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::from(listener.local_addr().unwrap());
    let limit = Duration::from_millis(30);
    let silent = send(&target, &Request::get("/"), limit).await.unwrap_err();
    assert_eq!(silent, Failure::Timeout);
    assert!(silent.is_timeout() && silent.may_have_taken_effect());
    drop(listener);
    let closed = send(&target, &Request::get("/"), SECOND).await.unwrap_err();
    assert_eq!(closed, Failure::Refused);
    assert!(!closed.may_have_taken_effect());
}

#[tokio::test]
async fn requests_share_a_connection_until_the_server_closes_it() {
    const KEEP: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
    const CLOSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";
    let (target, connections) = server(&[KEEP, KEEP, CLOSE]).await;
    let mut client = KeepAlive::default();
    for expected in [1, 1, 1, 2, 2, 2, 3] {
        let response = client
            .send(&target, &Request::get("/"), SECOND)
            .await
            .unwrap();
        assert_eq!((response.status, &response.body[..]), (200, &b"hi"[..]));
        assert_eq!(connections.load(Ordering::Relaxed), expected);
    }
}

#[tokio::test]
async fn after_a_failure_the_client_connects_again() {
    let (target, connections) = server(&[SHORT]).await;
    let mut client = KeepAlive::default();
    for expected in 1..=3 {
        let result = client.send(&target, &Request::get("/"), SECOND).await;
        assert_eq!(result.unwrap_err(), Failure::Reset);
        assert_eq!(connections.load(Ordering::Relaxed), expected);
    }
}

#[tokio::test]
async fn a_stream_returns_what_has_come_before_its_end() {
    let (target, _) = server(&[
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nid:1\r\n",
        b"",
    ])
    .await;
    let mut stream = open_stream(&target, &Request::get("/live"), SECOND)
        .await
        .unwrap();
    assert_eq!(stream.status, 200);
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "id:1");
    drop(stream);
}
