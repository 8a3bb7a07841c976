//! One of many HTTP connections. Thousands of them use several addresses of loopback, as one address has ports for about
//! 28,000 only.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpSocket;
use tokio::time::timeout;

/// Connections from one address.
const PER_ADDRESS: u32 = 5_000;

/// For connecting, and for a response.
const LIMIT: Duration = Duration::from_secs(30);

pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Connection {
    /// Opens the connection number `n` of many.
    pub async fn open(to: SocketAddr, n: u32) -> Result<Self> {
        let last = u8::try_from(2 + n / PER_ADDRESS).context("too many connections")?;
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::new(127, 0, 0, last), 0).into())?;
        let stream = timeout(LIMIT, socket.connect(to)).await??;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Its errors are returned with the responses.
        tokio::spawn(connection);
        let host = to.to_string();
        Ok(Self { sender, host })
    }

    /// Sends a request and reads the whole response.
    pub async fn send(
        &mut self,
        (method, path): (Method, &str),
        authorization: Option<&str>,
        body: String,
    ) -> Result<(StatusCode, Bytes)> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("content-type", "application/json");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let request = request.body(Full::from(body))?;
        let work = async {
            let answer = self.sender.send_request(request).await?;
            let status = answer.status();
            let body = answer.into_body().collect().await?.to_bytes();
            anyhow::Ok((status, body))
        };
        timeout(LIMIT, work).await?
    }
}
