//! Buckets: created, listed, configured, removed.

use super::bucket::{Bucket, Settings};
use super::bucket_files::BucketFiles;
use super::error::{Error, Result};
use super::host;
use super::state::Spaces;
use jiff::Timestamp;
use s3s::s3_error;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// Most buckets of an account, as on the platform.
const LIMIT: usize = 100;

impl Spaces {
    /// Makes a bucket. It is not an error that the account has it already, as S3's oldest region has it.
    ///
    /// # Errors
    /// When there are too many, the region has no Spaces, or the disk refuses.
    pub(super) async fn make_bucket(
        self: &Arc<Self>,
        name: String,
        region: Option<String>,
        public: bool,
    ) -> Result<()> {
        if let Some(region) = &region
            && !host::REGIONS.contains(&region.as_str())
        {
            return Err(s3_error!(
                InvalidLocationConstraint,
                "There are no Spaces in {region:?}."
            )
            .into());
        }
        let this = Arc::clone(self);
        let make = move || -> Result<()> {
            let mut buckets = this.lock();
            if buckets.len() >= LIMIT && !buckets.contains_key(&name) {
                return Err(s3_error!(TooManyBuckets).into());
            }
            match buckets.entry(name) {
                // All buckets of a cloud are one account's.
                Entry::Occupied(there) if there.get().settings.region == region => Ok(()),
                Entry::Occupied(_) => Err(s3_error!(BucketAlreadyExists).into()),
                Entry::Vacant(free) => {
                    let settings = Settings {
                        name: free.key().clone(),
                        region,
                        created_at: Timestamp::now(),
                        public,
                        versioning: None,
                        lifecycle: Vec::new(),
                    };
                    this.files.write_bucket(&settings)?;
                    free.insert(Bucket::new(settings));
                    Ok(())
                }
            }
        };
        tokio::task::spawn_blocking(make).await??;
        self.record_buckets().await
    }

    /// Removes an empty bucket, with uploads that nobody has finished.
    ///
    /// # Errors
    /// When something is in it, there is none, or the disk refuses.
    pub(super) async fn remove_bucket(self: &Arc<Self>, name: String) -> Result<()> {
        let this = Arc::clone(self);
        let remove = move || -> Result<()> {
            let mut buckets = this.lock();
            let bucket = buckets.get(&name).ok_or_else(|| s3_error!(NoSuchBucket))?;
            if !bucket.is_empty() {
                return Err(s3_error!(BucketNotEmpty).into());
            }
            this.files.remove_bucket(&name)?;
            buckets.remove(&name);
            Ok(())
        };
        tokio::task::spawn_blocking(remove).await??;
        self.record_buckets().await
    }

    /// Writes the list of buckets to the record: buckets are resources of projects.
    ///
    /// # Errors
    /// When the record can't be stored.
    pub(super) async fn record_buckets(&self) -> Result<()> {
        let recorded = self.store.change(|record| {
            let buckets = self.lock();
            let settings = buckets.values().map(|bucket| &bucket.settings);
            let there = settings.map(|settings| (settings.name.clone(), settings.created_at));
            record.spaces_buckets = there.collect();
            let removed = |urn: &str| {
                let bucket = urn.strip_prefix("do:space:");
                bucket.is_some_and(|name| !buckets.contains_key(name))
            };
            record.assignments.retain(|urn, _| !removed(urn));
            Ok(())
        });
        recorded
            .await
            .map_err(|refusal| Error::Internal(refusal.into()))
    }

    /// The buckets of a region, or all.
    pub(super) fn buckets_in(&self, region: Option<&str>) -> Vec<Settings> {
        let buckets = self.lock();
        let settings = buckets.values().map(|bucket| &bucket.settings);
        let here = settings.filter(|settings| {
            let mine = settings.region.as_deref();
            region.is_none() || mine.is_none() || mine == region
        });
        here.cloned().collect()
    }

    /// A bucket's settings.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn settings(&self, name: &str) -> Result<Settings> {
        self.read(name, |bucket| Ok(bucket.settings.clone()))
    }

    /// Changes a bucket's settings.
    ///
    /// # Errors
    /// When there is none, or the disk refuses.
    pub(super) async fn set(
        self: &Arc<Self>,
        name: &str,
        set: impl FnOnce(&mut Settings) + Send + 'static,
    ) -> Result<()> {
        let set = |bucket: &mut Bucket, files: &BucketFiles| {
            let mut settings = bucket.settings.clone();
            set(&mut settings);
            files.write_bucket(&settings)?;
            bucket.settings = settings;
            Ok(())
        };
        self.change(name, set).await
    }

    /// Name of the account that owns everything.
    pub(super) fn account(&self) -> String {
        self.store.record().account.simple().to_string()
    }
}
