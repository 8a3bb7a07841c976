//! A client that keeps its connection between requests, as browsers and proxies do.

use crate::http::{
    Afterwards, Answer, Failure, Request, ask, build, classify_connect, classify_exchange,
};
use crate::target::Target;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// One such client. It connects when it has no connection, or when the server has closed the one it had; after a
/// failure it connects anew.
#[derive(Debug, Default)]
pub struct Kept {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    sender: SendRequest<Full<Bytes>>,
    /// A set of one: dropped with this, it takes the connection with it.
    _driver: JoinSet<Result<(), hyper::Error>>,
}

impl Kept {
    /// Sends a request and reads the whole answer, all within `limit`.
    ///
    /// # Errors
    /// Never [`Failure::Status`]: whether a status is good is for the caller to say.
    pub async fn send(
        &mut self,
        target: &Target,
        request: &Request,
        limit: Duration,
    ) -> Result<Answer, Failure> {
        let deadline = Instant::now() + limit;
        let mut open = match self.usable().await {
            Some(open) => open,
            None => timeout_at(deadline, connect(target))
                .await
                .map_err(|_| Failure::ConnectTimeout)??,
        };
        let request = build(target, request, Afterwards::Keep)?;
        let answer = timeout_at(deadline, ask(&mut open.sender, request))
            .await
            .map_err(|_| Failure::Timeout)??;
        self.open = Some(open);
        Ok(answer)
    }

    /// What stands, unless the server has closed it.
    async fn usable(&mut self) -> Option<Open> {
        let mut open = self.open.take()?;
        open.sender.ready().await.ok()?;
        Some(open)
    }
}

async fn connect(target: &Target) -> Result<Open, Failure> {
    let stream = TcpStream::connect(target.address())
        .await
        .map_err(|error| classify_connect(&error))?;
    let (sender, connection) = handshake(TokioIo::new(stream))
        .await
        .map_err(|error| classify_exchange(&error))?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    Ok(Open {
        sender,
        _driver: driver,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Method;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const SECOND: Duration = Duration::from_secs(1);

    /// Answers each connection's requests with `replies` in turn, then closes it. Counts connections.
    async fn server(replies: &'static [&'static [u8]]) -> (Target, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
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
        (Target::resolve(&url, false).await.unwrap(), count)
    }

    fn get() -> Request {
        Request {
            method: Method::GET,
            path: "/latest".to_owned(),
            authorization: None,
            body: None,
        }
    }

    #[tokio::test]
    async fn requests_share_a_connection_until_the_server_says_close() {
        const KEEP: &[u8] =
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nminitwit-version: v1\r\n\r\nhi";
        const CLOSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";
        let (target, connections) = server(&[KEEP, KEEP, CLOSE]).await;
        let mut client = Kept::default();
        for expected in [1, 1, 1, 2, 2, 2, 3] {
            let answer = client.send(&target, &get(), SECOND).await.unwrap();
            assert_eq!((answer.status, &answer.body[..]), (200, &b"hi"[..]));
            assert_eq!(connections.load(Ordering::Relaxed), expected);
        }
    }

    #[tokio::test]
    async fn after_a_failure_it_connects_anew() {
        let (target, connections) =
            server(&[b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi"]).await;
        let mut client = Kept::default();
        for expected in 1..=3 {
            assert_eq!(
                client.send(&target, &get(), SECOND).await.unwrap_err(),
                Failure::Reset
            );
            assert_eq!(connections.load(Ordering::Relaxed), expected);
        }
    }
}
