//! All buckets of a cloud, read and changed one operation at a time.

use super::bucket::Bucket;
use super::bucket_files::BucketFiles;
use super::error::{Error, Result};
use crate::store::Store;
use anyhow::Context;
use s3s::{S3Error, S3Result, s3_error};
use slog::{Logger, error};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// All buckets of a cloud.
#[derive(Debug)]
pub struct Spaces {
    pub(super) files: BucketFiles,
    buckets: Mutex<BTreeMap<String, Bucket>>,
    pub(super) store: Arc<Store>,
    /// The length of a day to lifecycle rules.
    pub(super) day: Duration,
    pub(super) log: Logger,
}

impl Spaces {
    /// The buckets in `directory`, with the keys of `store`. A day of lifecycle rules is `day` long.
    ///
    /// # Errors
    /// When the directory can't be used, or contains something that is no bucket.
    pub fn open(
        directory: &Path,
        store: Arc<Store>,
        day: Duration,
        log: Logger,
    ) -> anyhow::Result<Arc<Self>> {
        let files = BucketFiles::open(directory.to_owned())?;
        let buckets = files.load().context("reading the buckets of Spaces")?;
        Ok(Arc::new(Self {
            files,
            buckets: Mutex::new(buckets),
            store,
            day,
            log,
        }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a bucket.
    pub(super) fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Bucket) -> S3Result<T>,
    ) -> Result<T> {
        let buckets = self.lock();
        let bucket = buckets.get(name).ok_or_else(|| s3_error!(NoSuchBucket))?;
        Ok(read(bucket)?)
    }

    /// Changes a bucket and its files, one change at a time. The change is completed also when the client
    /// disconnects.
    pub(super) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        name: &str,
        change: impl FnOnce(&mut Bucket, &BucketFiles) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (this, name) = (Arc::clone(self), name.to_owned());
        let changed = tokio::task::spawn_blocking(move || {
            let mut buckets = this.lock();
            let bucket = buckets
                .get_mut(&name)
                .ok_or_else(|| s3_error!(NoSuchBucket))?;
            change(bucket, &this.files)
        });
        changed.await?
    }

    /// What the client receives for an error. The cause of an internal one goes to the log only.
    pub(super) fn report(&self, failure: Error) -> S3Error {
        match failure {
            Error::Refused(refusal) => refusal,
            Error::Internal(cause) => {
                error!(self.log, "a request to Spaces failed"; "error" => format!("{cause:#}"));
                s3_error!(
                    InternalError,
                    "We encountered an internal error. Please try again."
                )
            }
        }
    }
}
