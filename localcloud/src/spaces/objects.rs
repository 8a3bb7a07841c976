//! Objects: written, read, copied, deleted.

use super::bucket::{About, Bucket, Content, Deletion, Version};
use super::conditions::Conditions;
use super::disk::{Disk, Incoming};
use super::receive::{Promised, Received, receive};
use super::{Spaces, failed};
use s3s::dto::{Range, StreamingBlob};
use s3s::{S3Result, s3_error};
use std::ops;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, SeekFrom};
use tokio_util::io::ReaderStream;

/// Which object, or which version of it.
#[derive(Debug, Clone)]
pub struct Place {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// A version's id.
    pub version: Option<String>,
}

/// A version that was found, and where its bytes are.
#[derive(Debug)]
pub struct Found {
    /// The version.
    pub version: Version,
    /// Its content.
    pub content: Content,
    /// Its id, if answers tell it.
    pub told: Option<String>,
    /// Its bytes.
    pub bytes: PathBuf,
}

impl Spaces {
    /// Finds an object.
    ///
    /// # Errors
    /// When it, its version or its bucket is not there, or it is gone.
    pub(super) fn find(&self, place: &Place) -> S3Result<Found> {
        self.look(&place.bucket, |bucket| {
            let version = match &place.version {
                Some(id) => bucket
                    .version(&place.key, id)
                    .ok_or_else(|| s3_error!(NoSuchVersion))?,
                None => bucket
                    .current(&place.key)
                    .ok_or_else(|| s3_error!(NoSuchKey))?,
            };
            let content = version.content.clone();
            Ok(Found {
                content: content.ok_or_else(|| s3_error!(MethodNotAllowed))?,
                told: bucket.told(&version.id),
                bytes: self.disk.bytes(&place.bucket, version),
                version: version.clone(),
            })
        })
    }

    /// Receives bytes for an object or a part.
    ///
    /// # Errors
    /// As [`receive`].
    pub(super) async fn receive(
        &self,
        body: Option<StreamingBlob>,
        promised: &Promised,
    ) -> S3Result<Received> {
        receive(self.disk.incoming(), body, promised).await
    }

    /// Receives again what is here: a range of an object's bytes.
    ///
    /// # Errors
    /// When the object has been replaced meanwhile, or the disk refuses.
    pub(super) async fn receive_copy(
        &self,
        found: &Found,
        range: ops::Range<u64>,
    ) -> S3Result<Received> {
        let body = send(found, range).await?;
        self.receive(Some(body), &Promised::NOTHING).await
    }

    /// Writes an object, if the conditions hold at that moment.
    ///
    /// # Errors
    /// When they don't, or the bucket is gone.
    pub(super) async fn write(
        self: &Arc<Self>,
        place: &Place,
        (bytes, content): (Incoming, Content),
        conditions: Conditions,
    ) -> S3Result<Found> {
        let key = place.key.clone();
        let write = move |bucket: &mut Bucket, disk: &Disk| {
            conditions.allow_write(bucket.current(&key))?;
            add(bucket, disk, &key, &bytes, content)
        };
        self.change(&place.bucket, write).await
    }
}

/// Adds a version with these bytes.
///
/// # Errors
/// When the disk refuses.
pub fn add(
    bucket: &mut Bucket,
    disk: &Disk,
    key: &str,
    bytes: &Incoming,
    content: Content,
) -> S3Result<Found> {
    let name = bucket.settings.name.clone();
    let version = bucket.next_version(key, Some(content.clone()));
    disk.keep_version(&name, &version, Some(bytes))
        .map_err(failed)?;
    if let Some(replaced) = bucket.insert(version.clone()) {
        disk.remove_version(&name, &replaced).map_err(failed)?;
    }
    Ok(Found {
        told: bucket.told(&version.id),
        bytes: disk.bytes(&name, &version),
        version,
        content,
    })
}

/// Deletes an object, or a version of it; what is not there counts as deleted.
///
/// # Errors
/// When the disk refuses.
pub fn delete(bucket: &mut Bucket, disk: &Disk, key: &str, id: Option<&str>) -> S3Result<Deletion> {
    let name = bucket.settings.name.clone();
    let deletion = bucket.deletion(key, id);
    if let Some(marker) = &deletion.marker {
        disk.keep_version(&name, marker, None).map_err(failed)?;
    }
    if let Some(removed) = &deletion.removed {
        disk.remove_version(&name, removed).map_err(failed)?;
        bucket.take(key, &removed.id);
    }
    if let Some(marker) = &deletion.marker {
        bucket.insert(marker.clone());
    }
    Ok(deletion)
}

/// Says something else about an object, in place.
///
/// # Errors
/// When it is not there, or the disk refuses.
pub fn describe(
    bucket: &mut Bucket,
    disk: &Disk,
    key: &str,
    id: Option<&str>,
    change: impl FnOnce(&mut About),
) -> S3Result<()> {
    let found = match id {
        Some(id) => bucket.version(key, id),
        None => bucket.current(key),
    };
    let mut version = found.cloned().ok_or_else(|| s3_error!(NoSuchKey))?;
    let content = version
        .content
        .as_mut()
        .ok_or_else(|| s3_error!(MethodNotAllowed))?;
    change(&mut content.about);
    disk.keep_version(&bucket.settings.name, &version, None)
        .map_err(failed)?;
    bucket.insert(version);
    Ok(())
}

/// The bytes that a client asks for.
///
/// # Errors
/// 416 when there are none in its range.
pub fn range(asked: Option<Range>, size: u64) -> S3Result<ops::Range<u64>> {
    match asked {
        None => Ok(0..size),
        Some(range) => range
            .check(size)
            .map_err(|error| s3_error!(error, InvalidRange)),
    }
}

/// A range of a version's bytes as a body.
///
/// # Errors
/// When it is no longer there, or the disk refuses.
pub async fn send(found: &Found, range: ops::Range<u64>) -> S3Result<StreamingBlob> {
    let mut file = File::open(&found.bytes)
        .await
        .map_err(|error| match error.kind() {
            // Replaced or deleted since it was found.
            std::io::ErrorKind::NotFound => s3_error!(NoSuchKey),
            _ => failed(error),
        })?;
    file.seek(SeekFrom::Start(range.start))
        .await
        .map_err(failed)?;
    let length = range.end - range.start;
    Ok(StreamingBlob::wrap(ReaderStream::with_capacity(
        file.take(length),
        64 << 10,
    )))
}
