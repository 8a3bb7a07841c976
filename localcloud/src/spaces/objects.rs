//! Objects: written, read, copied, deleted.

use super::bucket::{Bucket, Content, Deletion, ObjectMetadata, Version};
use super::bucket_files::{BucketFiles, Incoming};
use super::conditions::Conditions;
use super::error::{Error, Result};
use super::receive::{ExpectedChecksums, Received, receive};
use super::state::Spaces;
use s3s::dto::{Range, StreamingBlob};
use s3s::s3_error;
use std::ops;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, SeekFrom};
use tokio_util::io::ReaderStream;

/// An object, or a version of it.
#[derive(Debug, Clone)]
pub struct ObjectRef {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// A version's id.
    pub version: Option<String>,
}

/// A version, and the file with its bytes.
#[derive(Debug)]
pub struct Found {
    /// The version.
    pub version: Version,
    /// Its content.
    pub content: Content,
    /// Its id, if responses report it.
    pub version_id: Option<String>,
    /// Its bytes.
    pub bytes: PathBuf,
}

impl Spaces {
    /// Finds an object.
    ///
    /// # Errors
    /// When the object, the version or the bucket does not exist, or the version is a delete marker.
    pub(super) fn find(&self, object: &ObjectRef) -> Result<Found> {
        self.read(&object.bucket, |bucket| {
            let version = match &object.version {
                Some(id) => bucket
                    .version(&object.key, id)
                    .ok_or_else(|| s3_error!(NoSuchVersion))?,
                None => bucket
                    .current(&object.key)
                    .ok_or_else(|| s3_error!(NoSuchKey))?,
            };
            let content = version.content.clone();
            Ok(Found {
                content: content.ok_or_else(|| s3_error!(MethodNotAllowed))?,
                version_id: bucket.visible_version_id(&version.id),
                bytes: self.files.bytes(&object.bucket, version),
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
        expected: &ExpectedChecksums,
    ) -> Result<Received> {
        receive(self.files.incoming(), body, expected).await
    }

    /// Copies a range of an object's bytes, as if a client had sent them.
    ///
    /// # Errors
    /// When the object has been replaced meanwhile, or the disk refuses.
    pub(super) async fn receive_copy(
        &self,
        found: &Found,
        range: ops::Range<u64>,
    ) -> Result<Received> {
        let body = send(found, range).await?;
        self.receive(Some(body), &ExpectedChecksums::NONE).await
    }

    /// Writes an object, if the conditions hold when it is added.
    ///
    /// # Errors
    /// When they don't hold, or the bucket does not exist.
    pub(super) async fn write(
        self: &Arc<Self>,
        object: &ObjectRef,
        (bytes, content): (Incoming, Content),
        conditions: Conditions,
    ) -> Result<Found> {
        let key = object.key.clone();
        let write = move |bucket: &mut Bucket, files: &BucketFiles| {
            conditions.allow_write(bucket.current(&key))?;
            add(bucket, files, &key, &bytes, content)
        };
        self.change(&object.bucket, write).await
    }
}

/// Adds a version with these bytes.
///
/// # Errors
/// When the disk refuses.
pub fn add(
    bucket: &mut Bucket,
    files: &BucketFiles,
    key: &str,
    bytes: &Incoming,
    content: Content,
) -> Result<Found> {
    let name = bucket.settings.name.clone();
    let version = bucket.next_version(key, Some(content.clone()));
    files.write_version(&name, &version, Some(bytes))?;
    if let Some(replaced) = bucket.insert(version.clone()) {
        files.remove_version(&name, &replaced)?;
    }
    Ok(Found {
        version_id: bucket.visible_version_id(&version.id),
        bytes: files.bytes(&name, &version),
        version,
        content,
    })
}

/// Deletes an object, or a version of it. Succeeds if it does not exist.
///
/// # Errors
/// When the disk refuses.
pub fn delete(
    bucket: &mut Bucket,
    files: &BucketFiles,
    key: &str,
    id: Option<&str>,
) -> Result<Deletion> {
    let name = bucket.settings.name.clone();
    let deletion = bucket.deletion(key, id);
    if let Some(marker) = &deletion.marker {
        files.write_version(&name, marker, None)?;
    }
    if let Some(removed) = &deletion.removed {
        files.remove_version(&name, removed)?;
        bucket.take(key, &removed.id);
    }
    if let Some(marker) = &deletion.marker {
        bucket.insert(marker.clone());
    }
    Ok(deletion)
}

/// Changes the metadata of an object, in place.
///
/// # Errors
/// When it does not exist, or the disk refuses.
pub fn set_metadata(
    bucket: &mut Bucket,
    files: &BucketFiles,
    key: &str,
    id: Option<&str>,
    change: impl FnOnce(&mut ObjectMetadata),
) -> Result<()> {
    let found = match id {
        Some(id) => bucket.version(key, id),
        None => bucket.current(key),
    };
    let mut version = found.cloned().ok_or_else(|| s3_error!(NoSuchKey))?;
    let content = version
        .content
        .as_mut()
        .ok_or_else(|| s3_error!(MethodNotAllowed))?;
    change(&mut content.metadata);
    files.write_version(&bucket.settings.name, &version, None)?;
    bucket.insert(version);
    Ok(())
}

/// The range of bytes that a client requested.
///
/// # Errors
/// 416 when there are none in its range.
pub fn range(asked: Option<Range>, size: u64) -> Result<ops::Range<u64>> {
    match asked {
        None => Ok(0..size),
        Some(range) => range
            .check(size)
            .map_err(|error| s3_error!(error, InvalidRange).into()),
    }
}

/// A range of a version's bytes as a body.
///
/// # Errors
/// When it was deleted meanwhile, or the disk refuses.
pub async fn send(found: &Found, range: ops::Range<u64>) -> Result<StreamingBlob> {
    let mut file = File::open(&found.bytes)
        .await
        .map_err(|error| match error.kind() {
            // Replaced or deleted since it was found.
            std::io::ErrorKind::NotFound => Error::from(s3_error!(NoSuchKey)),
            _ => error.into(),
        })?;
    file.seek(SeekFrom::Start(range.start)).await?;
    let length = range.end - range.start;
    Ok(StreamingBlob::wrap(ReaderStream::with_capacity(
        file.take(length),
        64 << 10,
    )))
}
