//! One request over one fresh connection, and how exactly it failed if it did.

use crate::target::Target;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, header};
use hyper_util::rt::TokioIo;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// Answers longer than this are a protocol error: no answer that a drill asks for comes near it.
const MAX_ANSWER: usize = 32 << 20;

/// What to send.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: Method,
    /// Path and query, percent-encoded.
    pub path: String,
    /// Value of the `Authorization` header.
    pub authorization: Option<String>,
    /// JSON.
    pub body: Option<Vec<u8>>,
}

/// What came back in time.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Bytes,
    /// Which version of `MiniTwit` says that it answered.
    pub version: Option<String>,
    /// Which droplet says that it answered; an environment for drills tells.
    pub served_by: Option<String>,
}

/// The header in which `MiniTwit` tells its version.
pub const VERSION: &str = "minitwit-version";
/// The header in which it tells on which droplet it runs, where it is configured to.
pub const SERVED_BY: &str = "minitwit-served-by";

/// What becomes of the connection after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Afterwards {
    Close,
    Keep,
}

/// How a request failed, from the client's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failure {
    /// No connection within the time limit.
    ConnectTimeout,
    /// Connected, but no complete answer within the time limit.
    Timeout,
    /// Nothing listens there.
    Refused,
    /// The network says that there is no way there.
    Unreachable,
    /// The connection was reset, or closed before the answer was complete.
    Reset,
    /// What came back is not HTTP, or not the JSON that was due.
    Malformed,
    /// An answer with a status that this request must not get.
    Status(u16),
    /// A good answer, from a version that should not answer.
    WrongVersion,
    /// No socket could be had on this side.
    Local,
}

impl Failure {
    /// Whether the request may have taken effect all the same.
    #[must_use]
    pub fn may_have_taken_effect(self) -> bool {
        match self {
            Self::ConnectTimeout | Self::Refused | Self::Unreachable | Self::Local => false,
            Self::Timeout | Self::Reset | Self::Malformed | Self::WrongVersion => true,
            Self::Status(status) => status >= 500,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConnectTimeout => f.write_str("connect timeout"),
            Self::Timeout => f.write_str("timeout"),
            Self::Refused => f.write_str("refused"),
            Self::Unreachable => f.write_str("unreachable"),
            Self::Reset => f.write_str("reset"),
            Self::Malformed => f.write_str("malformed answer"),
            Self::Status(status) => write!(f, "unexpected status {status}"),
            Self::WrongVersion => f.write_str("wrong version"),
            Self::Local => f.write_str("no local socket"),
        }
    }
}

/// Connects, sends, reads the whole answer and closes, all within `limit`.
///
/// # Errors
/// Never [`Failure::Status`]: whether a status is good is for the caller to say.
pub async fn send(target: &Target, request: &Request, limit: Duration) -> Result<Answer, Failure> {
    let deadline = Instant::now() + limit;
    let stream = timeout_at(deadline, TcpStream::connect(target.address()))
        .await
        .map_err(|_| Failure::ConnectTimeout)?
        .map_err(|error| classify_connect(&error))?;
    timeout_at(deadline, exchange(target, request, stream))
        .await
        .map_err(|_| Failure::Timeout)?
}

async fn exchange(
    target: &Target,
    request: &Request,
    stream: TcpStream,
) -> Result<Answer, Failure> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| classify_exchange(&error))?;
    // A set of one: dropped with this future, it takes the connection with it.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    ask(&mut sender, build(target, request, Afterwards::Close)?).await
}

/// Sends one request on a connection that stands, and reads the whole answer.
pub(crate) async fn ask(
    sender: &mut http1::SendRequest<Full<Bytes>>,
    request: hyper::Request<Full<Bytes>>,
) -> Result<Answer, Failure> {
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| classify_exchange(&error))?;
    let status = response.status().as_u16();
    let text = |name: &str| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let (version, served_by) = (text(VERSION), text(SERVED_BY));
    let body = Limited::new(response.into_body(), MAX_ANSWER)
        .collect()
        .await
        .map_err(|error| classify_exchange(error.as_ref()))?
        .to_bytes();
    Ok(Answer {
        status,
        body,
        version,
        served_by,
    })
}

pub(crate) fn build(
    target: &Target,
    request: &Request,
    afterwards: Afterwards,
) -> Result<hyper::Request<Full<Bytes>>, Failure> {
    let mut builder = hyper::Request::builder()
        .method(request.method.clone())
        .uri(&request.path)
        .header(header::HOST, target.host())
        .header(
            header::USER_AGENT,
            concat!("drill/", env!("CARGO_PKG_VERSION")),
        );
    if afterwards == Afterwards::Close {
        builder = builder.header(header::CONNECTION, "close");
    }
    if let Some(value) = &request.authorization {
        builder = builder.header(header::AUTHORIZATION, value);
    }
    if request.body.is_some() {
        builder = builder.header(header::CONTENT_TYPE, "application/json");
    }
    let body = Full::new(Bytes::from(request.body.clone().unwrap_or_default()));
    builder.body(body).map_err(|_| Failure::Local)
}

pub(crate) fn classify_connect(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused,
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown => Failure::Unreachable,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Failure::Reset,
        io::ErrorKind::TimedOut => Failure::ConnectTimeout,
        _ => Failure::Local,
    }
}

pub(crate) fn classify_exchange(error: &(dyn StdError + 'static)) -> Failure {
    let mut cause = Some(error);
    while let Some(link) = cause {
        if let Some(hyper) = link.downcast_ref::<hyper::Error>()
            && hyper.is_parse()
        {
            return Failure::Malformed;
        }
        if let Some(io) = link.downcast_ref::<io::Error>()
            && matches!(
                io.kind(),
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable
            )
        {
            // Connected first, so the request may have arrived: counts as a connection that broke.
            return Failure::Reset;
        }
        if link.is::<http_body_util::LengthLimitError>() {
            return Failure::Malformed;
        }
        cause = link.source();
    }
    Failure::Reset
}

/// Percent-encodes a path segment or query value (RFC 3986: all but the unreserved characters).
#[must_use]
pub fn percent_encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(HEX[usize::from(byte >> 4)]));
            encoded.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    fn get() -> Request {
        Request {
            method: Method::GET,
            path: "/latest".to_owned(),
            authorization: None,
            body: None,
        }
    }

    /// Answers one connection with `reply`, after reading the request, then closes.
    async fn once(reply: &'static [u8]) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(reply).await.unwrap();
        });
        Target::resolve(&url, false).await.unwrap()
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_whole_answer_is_returned() {
        let target = once(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await;
        let answer = send(&target, &get(), SECOND).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (200, &b"hi"[..]));
    }

    #[tokio::test]
    async fn a_connection_that_closes_early_is_a_reset() {
        let target = once(b"").await;
        assert_eq!(
            send(&target, &get(), SECOND).await.unwrap_err(),
            Failure::Reset
        );
        let target = once(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi").await;
        assert_eq!(
            send(&target, &get(), SECOND).await.unwrap_err(),
            Failure::Reset
        );
    }

    #[tokio::test]
    async fn what_is_not_http_is_malformed() {
        let target = once(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").await;
        assert_eq!(
            send(&target, &get(), SECOND).await.unwrap_err(),
            Failure::Malformed
        );
    }

    #[tokio::test]
    async fn a_closed_port_refuses_and_a_silent_one_times_out() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = Target::resolve(&url, false).await.unwrap();
        let limit = Duration::from_millis(30);
        assert_eq!(
            send(&target, &get(), limit).await.unwrap_err(),
            Failure::Timeout
        );
        drop(listener);
        assert_eq!(
            send(&target, &get(), SECOND).await.unwrap_err(),
            Failure::Refused
        );
    }

    #[test]
    fn names_are_percent_encoded_byte_by_byte() {
        assert_eq!(percent_encode("Roger Histand"), "Roger%20Histand");
        assert_eq!(percent_encode("a/b?c&é"), "a%2Fb%3Fc%26%C3%A9");
    }
}
