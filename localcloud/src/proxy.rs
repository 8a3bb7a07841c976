//! The package proxy: droplets reach Debian's archive through it, and nothing else.
//!
//! A package's content never changes, so each is fetched once and cached for all clouds.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, IF_MODIFIED_SINCE, LAST_MODIFIED};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use slog::{Logger, error};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// The hosts that droplets' package sources name.
const HOSTS: &[&str] = &["deb.debian.org", "security.debian.org"];

/// A forward proxy for HTTP (RFC 9112, absolute-form) with a cache of packages.
#[derive(Debug)]
pub struct Proxy {
    log: Logger,
    packages: PathBuf,
    client: reqwest::Client,
}

impl Proxy {
    /// A proxy that caches packages in the directory `packages`.
    ///
    /// # Errors
    /// When the directory can't be made.
    pub fn new(packages: PathBuf, log: Logger) -> Result<Self> {
        std::fs::create_dir_all(&packages)
            .with_context(|| format!("making {}", packages.display()))?;
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self {
            log,
            packages,
            client,
        })
    }

    /// Serves for ever.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let proxy = Arc::clone(&self);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let proxy = Arc::clone(&proxy);
                    async move { Ok::<_, Infallible>(proxy.answer(request).await.map(Full::new)) }
                });
                // A droplet may close its connection at any time.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Bytes> {
        let host = request.uri().host().unwrap_or_default();
        let read_only = matches!(*request.method(), Method::GET | Method::HEAD);
        if !read_only || !HOSTS.contains(&host) || request.uri().scheme_str() != Some("http") {
            let words = format!(
                "droplets reach only Debian's packages: {}\n",
                HOSTS.join(", ")
            );
            return reply(StatusCode::FORBIDDEN, Bytes::from(words));
        }
        let fetched = match cache_name(request.uri().path()) {
            Some(name) if request.method() == Method::GET => self.package(&request, &name).await,
            _ => self.forward(&request).await,
        };
        fetched.unwrap_or_else(|error| {
            error!(self.log, "a package can't be fetched"; "url" => %request.uri(), "error" => format!("{error:#}"));
            reply(StatusCode::BAD_GATEWAY, Bytes::from(format!("{error:#}\n")))
        })
    }

    async fn package(&self, request: &Request<Incoming>, name: &str) -> Result<Response<Bytes>> {
        let kept = self.packages.join(name);
        if let Ok(bytes) = tokio::fs::read(&kept).await {
            return Ok(reply(StatusCode::OK, Bytes::from(bytes)));
        }
        let answer = self.forward(request).await?;
        if answer.status() == StatusCode::OK {
            keep(&kept, answer.body()).await?;
        }
        Ok(answer)
    }

    async fn forward(&self, request: &Request<Incoming>) -> Result<Response<Bytes>> {
        let mut outgoing = self
            .client
            .request(request.method().clone(), request.uri().to_string());
        if let Some(since) = request.headers().get(IF_MODIFIED_SINCE) {
            outgoing = outgoing.header(IF_MODIFIED_SINCE, since);
        }
        let answer = outgoing
            .send()
            .await
            .context("asking the package archive")?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let length = answer.content_length();
        let body = answer
            .bytes()
            .await
            .context("reading from the package archive")?;
        if request.method() == Method::GET {
            let whole = length.is_none_or(|length| length == body.len() as u64);
            ensure!(whole, "the package archive sent an incomplete body");
        }
        let mut reply = reply(status, body);
        for name in [LAST_MODIFIED, CONTENT_TYPE] {
            if let Some(value) = headers.get(&name) {
                reply.headers_mut().insert(name, value.clone());
            }
        }
        Ok(reply)
    }
}

/// Writes a whole package or none.
async fn keep(place: &Path, bytes: &[u8]) -> Result<()> {
    let draft = place.with_extension(format!("{}.part", uuid::Uuid::new_v4()));
    tokio::fs::write(&draft, bytes).await?;
    tokio::fs::rename(&draft, place)
        .await
        .context("keeping a package")
}

/// The name of a cached package; `None` for anything that may change.
#[must_use]
pub fn cache_name(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+~%:".contains(c);
    (path.contains("/pool/")
        && Path::new(name).extension().is_some_and(|e| e == "deb")
        && name.chars().all(plain))
    .then(|| name.to_owned())
}

fn reply(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
