//! One connection, and one request over a connection of its own.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::request::Afterwards;
use super::{Failure, Request, Response, Target};

/// An open connection. It closes when this is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    /// A set with one task: dropping it ends the task.
    _driver: JoinSet<Result<(), hyper::Error>>,
}

impl Connection {
    pub(super) async fn open(target: &Target, deadline: Instant) -> Result<Self, Failure> {
        let stream = timeout_at(deadline, TcpStream::connect(target.address()))
            .await
            .map_err(|_| Failure::ConnectTimeout)?
            .map_err(|error| Failure::of_connect(&error))?;
        Self::over(stream).await
    }

    pub(super) async fn over(stream: TcpStream) -> Result<Self, Failure> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| Failure::of_exchange(&error))?;
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        Ok(Self {
            sender,
            _driver: driver,
        })
    }

    /// Whether the server has left it open.
    pub(super) async fn is_open(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// Sends a request and returns once the response's headers are there.
    pub(super) async fn send(
        &mut self,
        request: hyper::Request<Full<Bytes>>,
    ) -> Result<hyper::Response<Incoming>, Failure> {
        let response = self.sender.send_request(request).await;
        response.map_err(|error| Failure::of_exchange(&error))
    }

    /// Sends a request and reads the whole response.
    pub(super) async fn exchange(
        &mut self,
        request: hyper::Request<Full<Bytes>>,
        deadline: Instant,
    ) -> Result<Response, Failure> {
        let exchange = async { Response::read(self.send(request).await?).await };
        timeout_at(deadline, exchange)
            .await
            .map_err(|_| Failure::Timeout)?
    }
}

/// Connects, sends the request, reads the whole response and closes, all within `limit`.
///
/// # Errors
/// How the request failed. Never [`Failure::Status`]: the caller decides which statuses are good.
pub async fn send(
    target: &Target,
    request: &Request,
    limit: Duration,
) -> Result<Response, Failure> {
    let deadline = Instant::now() + limit;
    let request = request.build(target, Afterwards::Close)?;
    let mut connection = Connection::open(target, deadline).await?;
    connection.exchange(request, deadline).await
}
