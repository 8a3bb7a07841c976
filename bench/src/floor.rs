//! The floor of an HTTP response: hyper with nothing behind it.

use std::convert::Infallible;
use std::path::Path;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Serves on a free port of loopback and prints its address.
pub async fn serve(body: &Path) -> Result<()> {
    let bytes = std::fs::read(body).with_context(|| format!("reading {}", body.display()))?;
    let bytes = Bytes::from(bytes);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let bytes = bytes.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, bytes.clone()));
            // A client that leaves is no error.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    bytes: Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() == Method::GET {
        return Ok(Response::new(Full::new(bytes)));
    }
    let _ = request.into_body().collect().await;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}
