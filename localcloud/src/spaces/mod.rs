//! Spaces: object storage that speaks S3, with keys and buckets of the cloud.

mod access;
pub mod bucket;
mod conditions;
mod disk;
pub mod host;
mod lifecycle;
mod listing;
mod objects;
mod receive;
mod service;
mod settings;
mod start;
mod uploads;
mod wire;

use crate::store::Store;
pub use start::{ENDPOINT_FILE, KEY_FILE, start};

use access::Guard;
use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::error_handling::HandleErrorLayer;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use bucket::Bucket;
use disk::Disk;
use s3s::service::S3ServiceBuilder;
use s3s::{S3Result, s3_error};
use service::Service;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most bytes of a body that is read at once.
const SMALL: usize = 1 << 20;

/// All buckets of a cloud.
#[derive(Debug)]
pub struct Spaces {
    disk: Disk,
    buckets: Mutex<BTreeMap<String, Bucket>>,
    store: Arc<Store>,
    /// What lifecycle rules take for a day.
    day: Duration,
}

impl Spaces {
    /// The buckets in `directory`, with the keys of `store`. Lifecycle rules take `day` for a day.
    ///
    /// # Errors
    /// When the directory can't be used, or holds what is no bucket.
    pub fn open(directory: &Path, store: Arc<Store>, day: Duration) -> Result<Arc<Self>> {
        let disk = Disk::open(directory.to_owned())?;
        let buckets = disk.load().context("reading the buckets of Spaces")?;
        Ok(Arc::new(Self {
            disk,
            buckets: Mutex::new(buckets),
            store,
            day,
        }))
    }

    /// Serves S3: path style and virtual-host style, also for clients that use it as an HTTP proxy.
    pub fn router(self: &Arc<Self>) -> Router {
        let mut builder = S3ServiceBuilder::new(Service(Arc::clone(self)));
        builder.set_host(host::Hosts);
        builder.set_auth(Guard(Arc::clone(self)));
        builder.set_access(Guard(Arc::clone(self)));
        let failed = HandleErrorLayer::new(async |error: s3s::HttpError| {
            eprintln!("spaces: {error:?}");
            StatusCode::INTERNAL_SERVER_ERROR
        });
        let service = axum::routing::any_service(builder.build()).layer(failed);
        Router::new()
            .route("/", service.clone())
            .route("/{*path}", service)
            .layer(from_fn(take_small))
            .layer(from_fn(log))
    }

    /// Applies lifecycle rules, over and over.
    pub async fn expire(self: Arc<Self>) {
        // Ten looks a day, at most one a minute and one a tenth of a second.
        let pause = (self.day / 10).clamp(Duration::from_millis(100), Duration::from_mins(1));
        loop {
            tokio::time::sleep(pause).await;
            lifecycle::sweep(&self).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at a bucket.
    fn look<T>(&self, name: &str, look: impl FnOnce(&Bucket) -> S3Result<T>) -> S3Result<T> {
        look(
            self.lock()
                .get(name)
                .ok_or_else(|| s3_error!(NoSuchBucket))?,
        )
    }

    /// Changes a bucket and its files, one change at a time, also when the client goes away meanwhile.
    async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        name: &str,
        change: impl FnOnce(&mut Bucket, &Disk) -> S3Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let (this, name) = (Arc::clone(self), name.to_owned());
        let changed = tokio::task::spawn_blocking(move || {
            let mut buckets = this.lock();
            let bucket = buckets
                .get_mut(&name)
                .ok_or_else(|| s3_error!(NoSuchBucket))?;
            change(bucket, &this.disk)
        });
        changed.await.map_err(failed)?
    }
}

/// What went wrong here and is not the client's business; the log has it.
fn failed(error: impl std::fmt::Display) -> s3s::S3Error {
    eprintln!("spaces: {error:#}");
    s3_error!(
        InternalError,
        "We encountered an internal error. Please try again."
    )
}

/// Reads a small body before anything can be refused: a connection with an unread body can't be used again,
/// and clients that keep it would run into its end.
async fn take_small(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_none_or(|length| length > SMALL) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, SMALL).await {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Writes one line for each request.
async fn log(request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let start = Instant::now();
    let response = next.run(request).await;
    // Not the query: it may carry a signature.
    let (path, status, millis) = (
        uri.path(),
        response.status().as_u16(),
        start.elapsed().as_millis(),
    );
    eprintln!("spaces: {method} {path} {status} {millis}ms");
    response
}
