//! Lifecycle rules: what is accepted, what has expired, and its removal.
//!
//! S3 rounds up to the next midnight; here a day is a day after the event.

use super::bucket::{Bucket, Version};
use super::disk::Disk;
use super::{Spaces, failed};
use jiff::{SignedDuration, Timestamp};
use s3s::dto::{ExpirationStatus, LifecycleRule};
use s3s::{S3Result, s3_error};
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
    /// Uploads to be given up.
    pub uploads: BTreeSet<Uuid>,
}

/// Sees that nothing is asked for that would not be done, and names rules that have no name.
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
                "Rules by tag and transitions are not there."
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
                upload.key.starts_with(prefix(rule)) && clock.past(upload.initiated, days)
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
    fn past(&self, event: Timestamp, days: i32) -> bool {
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
                .is_some_and(|days| self.past(newest.modified, days))
                || date.is_some_and(|date| self.now.as_second() >= date.unix_timestamp());
            let markers = expiration.expired_object_delete_marker == Some(true);
            match &newest.content {
                Some(content) if due && fits(rule, content.size) => {
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
            for pair in pairs.filter(|pair| self.past(pair[1].modified, days)) {
                let size = pair[0].content.as_ref().map_or(0, |content| content.size);
                if fits(rule, size) {
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

fn fits(rule: &LifecycleRule, size: u64) -> bool {
    let Some(filter) = &rule.filter else {
        return true;
    };
    let size = super::wire::size(size);
    let and = filter.and.as_ref();
    let above = and.map_or(filter.object_size_greater_than, |and| {
        and.object_size_greater_than
    });
    let below = and.map_or(filter.object_size_less_than, |and| {
        and.object_size_less_than
    });
    above.is_none_or(|limit| size > limit) && below.is_none_or(|limit| size < limit)
}

/// Removes what has expired in every bucket.
pub async fn sweep(spaces: &Arc<Spaces>) {
    let (now, day) = (Timestamp::now(), spaces.day);
    let names: Vec<String> = spaces.lock().keys().cloned().collect();
    for name in names {
        let swept = spaces.change(&name, move |bucket, disk| {
            remove(bucket, disk, &expired(bucket, now, day))
        });
        // The bucket may be gone by now.
        match swept.await {
            Ok(0) | Err(_) => {}
            Ok(count) => eprintln!("spaces: {count} expired in {name}"),
        }
    }
}

fn remove(bucket: &mut Bucket, disk: &Disk, expired: &Expired) -> S3Result<usize> {
    let name = bucket.settings.name.clone();
    for key in &expired.current {
        super::objects::delete(bucket, disk, key, None)?;
    }
    for (key, id) in &expired.versions {
        super::objects::delete(bucket, disk, key, Some(id))?;
    }
    for id in &expired.uploads {
        disk.remove_upload(&name, *id).map_err(failed)?;
        bucket.uploads.remove(id);
    }
    Ok(expired.current.len() + expired.versions.len() + expired.uploads.len())
}
