//! Buckets themselves: made, listed, set up, removed.

use super::bucket::{Bucket, Settings, Version};
use super::disk::Disk;
use super::{Spaces, failed, host, wire};
use jiff::Timestamp;
use s3s::dto::{Grant, Permission};
use s3s::{S3Result, s3_error};
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
    ) -> S3Result<()> {
        if let Some(region) = &region
            && !host::REGIONS.contains(&region.as_str())
        {
            return Err(s3_error!(
                InvalidLocationConstraint,
                "There are no Spaces in {region:?}."
            ));
        }
        let this = Arc::clone(self);
        let make = move || {
            let mut buckets = this.lock();
            if buckets.len() >= LIMIT && !buckets.contains_key(&name) {
                return Err(s3_error!(TooManyBuckets));
            }
            match buckets.entry(name) {
                // All buckets of a cloud are one account's.
                Entry::Occupied(there) if there.get().settings.region == region => Ok(()),
                Entry::Occupied(_) => Err(s3_error!(BucketAlreadyExists)),
                Entry::Vacant(free) => {
                    let settings = Settings {
                        name: free.key().clone(),
                        region,
                        created_at: Timestamp::now(),
                        public,
                        versioning: None,
                        lifecycle: Vec::new(),
                    };
                    this.disk.keep_bucket(&settings).map_err(failed)?;
                    free.insert(Bucket::new(settings));
                    Ok(())
                }
            }
        };
        tokio::task::spawn_blocking(make).await.map_err(failed)??;
        self.tell_projects().await
    }

    /// Removes an empty bucket, with uploads that nobody has finished.
    ///
    /// # Errors
    /// When something is in it, there is none, or the disk refuses.
    pub(super) async fn remove_bucket(self: &Arc<Self>, name: String) -> S3Result<()> {
        let this = Arc::clone(self);
        let remove = move || {
            let mut buckets = this.lock();
            let bucket = buckets.get(&name).ok_or_else(|| s3_error!(NoSuchBucket))?;
            if !bucket.is_empty() {
                return Err(s3_error!(BucketNotEmpty));
            }
            this.disk.remove_bucket(&name).map_err(failed)?;
            buckets.remove(&name);
            Ok(())
        };
        tokio::task::spawn_blocking(remove)
            .await
            .map_err(failed)??;
        self.tell_projects().await
    }

    /// Lets the record know which buckets there are: they are resources of projects.
    ///
    /// # Errors
    /// When the record can't be stored.
    pub(super) async fn tell_projects(&self) -> S3Result<()> {
        let told = self.store.change(|record| {
            let buckets = self.lock();
            let settings = buckets.values().map(|bucket| &bucket.settings);
            let there = settings.map(|settings| (settings.name.clone(), settings.created_at));
            record.spaces_buckets = there.collect();
            let gone = |urn: &str| {
                let bucket = urn.strip_prefix("do:space:");
                bucket.is_some_and(|name| !buckets.contains_key(name))
            };
            record.assignments.retain(|urn, _| !gone(urn));
            Ok(())
        });
        told.await.map_err(failed)
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

    /// What a bucket's owner says about it.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn settings(&self, name: &str) -> S3Result<Settings> {
        self.look(name, |bucket| Ok(bucket.settings.clone()))
    }

    /// Says something else about a bucket.
    ///
    /// # Errors
    /// When there is none, or the disk refuses.
    pub(super) async fn set(
        self: &Arc<Self>,
        name: &str,
        set: impl FnOnce(&mut Settings) + Send + 'static,
    ) -> S3Result<()> {
        let set = |bucket: &mut Bucket, disk: &Disk| {
            let mut settings = bucket.settings.clone();
            set(&mut settings);
            disk.keep_bucket(&settings).map_err(failed)?;
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

/// Whether a canned ACL lets everyone read.
///
/// # Errors
/// For what the platform does not have: it knows `private` and `public-read`.
pub fn public(canned: &str) -> S3Result<bool> {
    match canned {
        "private" => Ok(false),
        "public-read" => Ok(true),
        other => Err(s3_error!(
            InvalidArgument,
            "The ACL {other:?} is not there: use private or public-read."
        )),
    }
}

/// Whether a list of grants lets everyone read.
///
/// # Errors
/// For grants to others than the owner and everyone.
pub fn public_by(grants: &[Grant], account: &str) -> S3Result<bool> {
    let mut public = false;
    for grant in grants {
        let permission = grant.permission.as_ref().map_or("", Permission::as_str);
        let grantee = grant.grantee.as_ref();
        let uri = grantee.and_then(|grantee| grantee.uri.as_deref());
        let id = grantee.and_then(|grantee| grantee.id.as_deref());
        match (uri, id, permission) {
            (Some(wire::EVERYONE), _, Permission::READ) => public = true,
            (None, Some(id), _) if id == account => {}
            _ => {
                return Err(s3_error!(
                    NotImplemented,
                    "Only the owner and, to read, everyone can be granted something."
                ));
            }
        }
    }
    Ok(public)
}

/// The versions of a bucket for a list: by key, and of each key the newest first.
pub fn versions(bucket: &Bucket) -> impl Iterator<Item = (&Version, bool)> {
    bucket.objects.values().flat_map(|versions| {
        let newest = versions.len() - 1;
        let each = versions.iter().enumerate().rev();
        each.map(move |(index, version)| (version, index == newest))
    })
}
