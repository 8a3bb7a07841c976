//! Lifecycle rules: which are accepted, what has expired, and its removal.
//!
//! S3 rounds up to the next midnight; here a day ends exactly one day after the event.

use super::bucket::{Bucket, Version};
use super::bucket_files::BucketFiles;
use super::error::Result;
use super::state::Spaces;
use super::{objects, s3_types};
use jiff::{SignedDuration, Timestamp};
use s3s::dto::{ExpirationStatus, LifecycleRule};
use s3s::{S3Result, s3_error};
use slog::info;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

/// What has expired in a bucket.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Keys whose current version is to be deleted.
    pub current: BTreeSet<String>,
    /// Versions to be removed, by key and id.
    pub versions: BTreeSet<(String, String)>,
    /// Uploads to be aborted.
    pub uploads: BTreeSet<Uuid>,
}

/// Refuses rules that would not be carried out, and gives an id to rules that have none.
///
/// # Errors
/// For what the platform does not have, and for rules that do nothing.
pub fn accept(mut rules: Vec<LifecycleRule>) -> S3Result<Vec<LifecycleRule>> {
    if rules.is_empty() {
        return Err(s3_error!(
            MalformedXML,
            "A lifecycle configuration has at least one rule."
        ));
    }
    let mut ids = BTreeSet::new();
    for rule in &mut rules {
        let filter = rule.filter.as_ref();
        let and = filter.and_then(|filter| filter.and.as_ref());
        let tagged = filter.is_some_and(|filter| filter.tag.is_some())
            || and.is_some_and(|and| and.tags.as_ref().is_some_and(|tags| !tags.is_empty()));
        if tagged || rule.transitions.is_some() || rule.noncurrent_version_transitions.is_some() {
            return Err(s3_error!(
                NotImplemented,
                "Rules by tag and transitions are not implemented."
            ));
        }
        let acts = rule.expiration.is_some()
            || rule.noncurrent_version_expiration.is_some()
            || rule.abort_incomplete_multipart_upload.is_some();
        if !acts {
            return Err(s3_error!(
                MalformedXML,
                "A lifecycle rule names at least one action."
            ));
        }
        let id = rule
            .id
            .get_or_insert_with(|| Uuid::new_v4().simple().to_string());
        if !ids.insert(id.clone()) {
            return Err(s3_error!(
                InvalidArgument,
                "Rule ID must be unique. Found {id} twice."
            ));
        }
    }
    Ok(rules)
}

/// What has expired in `bucket` at the moment `now`, where a day is `day`.
#[must_use]
pub fn expired(bucket: &Bucket, now: Timestamp, day: Duration) -> Expired {
    let mut expired = Expired::default();
    let enabled = |rule: &&LifecycleRule| rule.status.as_str() == ExpirationStatus::ENABLED;
    for rule in bucket.settings.lifecycle.iter().filter(enabled) {
        let clock = Clock { now, day };
        for (key, versions) in &bucket.objects {
            if key.starts_with(prefix(rule)) {
                clock.objects(rule, key, versions, &mut expired);
            }
        }
        let abort = rule.abort_incomplete_multipart_upload.as_ref();
        if let Some(days) = abort.and_then(|abort| abort.days_after_initiation) {
            let uploads = bucket.uploads.iter().filter(|(_, upload)| {
                upload.key.starts_with(prefix(rule)) && clock.is_due(upload.initiated, days)
            });
            expired.uploads.extend(uploads.map(|(id, _)| *id));
        }
    }
    expired
}

struct Clock {
    now: Timestamp,
    day: Duration,
}

impl Clock {
    fn is_due(&self, event: Timestamp, days: i32) -> bool {
        let age = self.now.duration_since(event);
        let limit = SignedDuration::try_from(self.day).unwrap_or(SignedDuration::MAX);
        age >= limit.saturating_mul(days)
    }

    fn objects(
        &self,
        rule: &LifecycleRule,
        key: &str,
        versions: &[Version],
        expired: &mut Expired,
    ) {
        let Some(newest) = versions.last() else {
            return;
        };
        if let Some(expiration) = &rule.expiration {
            let date = expiration.date.clone().map(OffsetDateTime::from);
            let due = expiration
                .days
                .is_some_and(|days| self.is_due(newest.modified, days))
                || date.is_some_and(|date| self.now.as_second() >= date.unix_timestamp());
            let markers = expiration.expired_object_delete_marker == Some(true);
            match &newest.content {
                Some(content) if due && size_matches(rule, content.size) => {
                    expired.current.insert(key.to_owned());
                }
                None if versions.len() == 1 && (due || markers) => {
                    expired.versions.insert((key.to_owned(), newest.id.clone()));
                }
                _ => {}
            }
        }
        if let Some(old) = &rule.noncurrent_version_expiration {
            let keep = usize::try_from(old.newer_noncurrent_versions.unwrap_or(0)).unwrap_or(0);
            let days = old.noncurrent_days.unwrap_or(0);
            // A version is no longer current since its successor was written.
            let pairs = versions.windows(2).rev().skip(keep);
            for pair in pairs.filter(|pair| self.is_due(pair[1].modified, days)) {
                let size = pair[0].content.as_ref().map_or(0, |content| content.size);
                if size_matches(rule, size) {
                    expired
                        .versions
                        .insert((key.to_owned(), pair[0].id.clone()));
                }
            }
        }
    }
}

fn prefix(rule: &LifecycleRule) -> &str {
    let filter = rule.filter.as_ref();
    let and = filter.and_then(|filter| filter.and.as_ref()?.prefix.as_ref());
    let alone = filter.and_then(|filter| filter.prefix.as_ref());
    and.or(alone)
        .or(rule.prefix.as_ref())
        .map_or("", String::as_str)
}

fn size_matches(rule: &LifecycleRule, size: u64) -> bool {
    let Some(filter) = &rule.filter else {
        return true;
    };
    let size = s3_types::size(size);
    let and = filter.and.as_ref();
    let above = and.map_or(filter.object_size_greater_than, |and| {
        and.object_size_greater_than
    });
    let below = and.map_or(filter.object_size_less_than, |and| {
        and.object_size_less_than
    });
    above.is_none_or(|limit| size > limit) && below.is_none_or(|limit| size < limit)
}

/// Applies lifecycle rules, for as long as the daemon runs.
pub async fn expire(spaces: Arc<Spaces>) {
    // Ten times a day, but at most once a minute and at least once every 100 ms.
    let pause = (spaces.day / 10).clamp(Duration::from_millis(100), Duration::from_mins(1));
    loop {
        tokio::time::sleep(pause).await;
        remove_expired(&spaces).await;
    }
}

/// Removes what has expired in every bucket.
async fn remove_expired(spaces: &Arc<Spaces>) {
    let (now, day) = (Timestamp::now(), spaces.day);
    let names: Vec<String> = spaces.lock().keys().cloned().collect();
    for name in names {
        let removed = spaces.change(&name, move |bucket, files| {
            remove(bucket, files, &expired(bucket, now, day))
        });
        // An error means that the bucket was removed meanwhile.
        match removed.await {
            Ok(0) | Err(_) => {}
            Ok(count) => info!(spaces.log, "objects expired"; "bucket" => &name, "count" => count),
        }
    }
}

fn remove(bucket: &mut Bucket, files: &BucketFiles, expired: &Expired) -> Result<usize> {
    let name = bucket.settings.name.clone();
    for key in &expired.current {
        objects::delete(bucket, files, key, None)?;
    }
    for (key, id) in &expired.versions {
        objects::delete(bucket, files, key, Some(id))?;
    }
    for id in &expired.uploads {
        files.remove_upload(&name, *id)?;
        bucket.uploads.remove(id);
    }
    Ok(expired.current.len() + expired.versions.len() + expired.uploads.len())
}
