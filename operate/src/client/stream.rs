//! A response whose body does not end, such as server-sent events.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::{Bytes, Incoming};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::connection::Connection;
use super::request::Afterwards;
use super::{Failure, Request, Target};

/// The kernel's probes notice a server that disappeared without closing the connection: first after this time, and then
/// each time it has passed again.
const PROBE: Duration = Duration::from_secs(5);

/// The open response. Its connection closes when this is dropped.
#[derive(Debug)]
pub struct Stream {
    /// HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    body: Incoming,
    _connection: Connection,
}

/// Connects, sends the request, and returns once the response's headers are there, all within `limit`.
///
/// # Errors
/// How the request failed. Never [`Failure::Status`]: the caller decides which statuses are good.
pub async fn open_stream(
    target: &Target,
    request: &Request,
    limit: Duration,
) -> Result<Stream, Failure> {
    let deadline = Instant::now() + limit;
    let request = request.build(target, Afterwards::Keep)?;
    let stream = timeout_at(deadline, TcpStream::connect(target.address()))
        .await
        .map_err(|_| Failure::ConnectTimeout)?
        .map_err(|error| Failure::of_connect(&error))?;
    let probes = TcpKeepalive::new().with_time(PROBE).with_interval(PROBE);
    SockRef::from(&stream)
        .set_tcp_keepalive(&probes)
        .map_err(|_| Failure::Local)?;
    let mut connection = Connection::over(stream).await?;
    let response = timeout_at(deadline, connection.send(request))
        .await
        .map_err(|_| Failure::Timeout)??;
    let (parts, body) = response.into_parts();
    Ok(Stream {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
        _connection: connection,
    })
}

impl Stream {
    /// The next bytes, however long they take; `None` at the regular end.
    ///
    /// # Errors
    /// [`Failure::Reset`] if the connection breaks, [`Failure::Malformed`] if what follows is not HTTP.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| Failure::of_exchange(&error))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}
