//! Uploads in parts: begun, filled, completed or aborted.

use super::bucket::{Bucket, Content, ObjectMetadata, Part, Upload};
use super::bucket_files::BucketFiles;
use super::conditions::Conditions;
use super::error::Result;
use super::objects::{Found, add};
use super::receive::{LIMIT, Received, hex};
use super::state::Spaces;
use jiff::Timestamp;
use md5::{Digest as _, Md5};
use s3s::dto::CompletedPart;
use s3s::{S3Result, s3_error};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// Least bytes of a part that is not the last: 5 MiB.
const LEAST: u64 = 5 << 20;
/// Numbers that a part may have.
const NUMBERS: std::ops::RangeInclusive<i32> = 1..=10_000;

/// An upload of a bucket.
#[derive(Debug, Clone)]
pub struct UploadRef {
    /// The bucket's name.
    pub bucket: String,
    /// Key of the object that it will be.
    pub key: String,
    /// Its id.
    pub upload: Uuid,
}

impl UploadRef {
    /// The upload that a request names.
    ///
    /// # Errors
    /// When the text is no id of an upload.
    pub fn new(bucket: String, key: String, upload: &str) -> Result<Self> {
        let upload = Uuid::parse_str(upload).map_err(|_| s3_error!(NoSuchUpload))?;
        Ok(Self {
            bucket,
            key,
            upload,
        })
    }

    /// Finds the upload in its bucket.
    ///
    /// # Errors
    /// When there is none.
    pub fn find<'a>(&self, bucket: &'a Bucket) -> S3Result<&'a Upload> {
        let upload = bucket.uploads.get(&self.upload);
        upload
            .filter(|upload| upload.key == self.key)
            .ok_or_else(|| s3_error!(NoSuchUpload))
    }
}

impl Spaces {
    /// Begins an upload and returns its id.
    ///
    /// # Errors
    /// When there is no such bucket, or the disk refuses.
    pub(super) async fn begin_upload(
        self: &Arc<Self>,
        bucket: &str,
        key: String,
        metadata: ObjectMetadata,
    ) -> Result<String> {
        let begin = |bucket: &mut Bucket, files: &BucketFiles| {
            let id = Uuid::new_v4();
            let upload = Upload {
                key,
                initiated: Timestamp::now(),
                metadata,
                parts: std::collections::BTreeMap::new(),
            };
            files.write_upload(&bucket.settings.name, id, &upload)?;
            bucket.uploads.insert(id, upload);
            Ok(id.simple().to_string())
        };
        self.change(bucket, begin).await
    }

    /// Adds a part, in place of one with its number.
    ///
    /// # Errors
    /// When there is no such upload or number, or the disk refuses.
    pub(super) async fn add_part(
        self: &Arc<Self>,
        upload_ref: &UploadRef,
        number: i32,
        received: Received,
    ) -> Result<Part> {
        if !NUMBERS.contains(&number) {
            return Err(s3_error!(
                InvalidArgument,
                "Part number must be an integer between 1 and 10000, inclusive"
            )
            .into());
        }
        let at = upload_ref.clone();
        let add = move |bucket: &mut Bucket, files: &BucketFiles| {
            at.find(bucket)?;
            let part = Part {
                size: received.size,
                etag: received.etag(),
                modified: Timestamp::now(),
            };
            files.write_part(&at.bucket, at.upload, number, &part, &received.file)?;
            if let Some(upload) = bucket.uploads.get_mut(&at.upload) {
                upload.parts.insert(number, part.clone());
            }
            Ok(part)
        };
        self.change(&upload_ref.bucket, add).await
    }

    /// Makes an object from the parts that the client lists.
    ///
    /// # Errors
    /// When they are not what was uploaded, the conditions don't hold, or the disk refuses.
    pub(super) async fn complete(
        self: &Arc<Self>,
        upload_ref: &UploadRef,
        listed: &[CompletedPart],
        conditions: Conditions,
    ) -> Result<Found> {
        let upload = self.read(&upload_ref.bucket, |bucket| {
            upload_ref.find(bucket).cloned()
        })?;
        let numbers = checked_numbers(&upload, listed)?;
        let content = combined_content(&upload, &numbers)?;
        let files: Vec<_> = numbers
            .iter()
            .map(|number| {
                self.files
                    .part(&upload_ref.bucket, upload_ref.upload, *number)
            })
            .collect();
        let incoming = self.files.incoming();
        // The bytes are joined before the lock is taken: this can take long.
        let joining = tokio::task::spawn_blocking(move || {
            join(&files, &incoming.0)?;
            Ok::<_, io::Error>(incoming)
        });
        let bytes = joining.await??;
        let at = upload_ref.clone();
        let finish = move |bucket: &mut Bucket, files: &BucketFiles| {
            at.find(bucket)?;
            conditions.allow_write(bucket.current(&at.key))?;
            let found = add(bucket, files, &at.key, &bytes, content)?;
            files.remove_upload(&at.bucket, at.upload)?;
            bucket.uploads.remove(&at.upload);
            Ok(found)
        };
        self.change(&upload_ref.bucket, finish).await
    }

    /// Aborts an upload.
    ///
    /// # Errors
    /// When there is none, or the disk refuses.
    pub(super) async fn abort(self: &Arc<Self>, upload_ref: &UploadRef) -> Result<()> {
        let at = upload_ref.clone();
        let abort = move |bucket: &mut Bucket, files: &BucketFiles| {
            at.find(bucket)?;
            files.remove_upload(&at.bucket, at.upload)?;
            bucket.uploads.remove(&at.upload);
            Ok(())
        };
        self.change(&upload_ref.bucket, abort).await
    }
}

/// The numbers of the listed parts. Checks that they are in order and are the uploaded ones.
fn checked_numbers(upload: &Upload, listed: &[CompletedPart]) -> Result<Vec<i32>> {
    let mut numbers = Vec::with_capacity(listed.len());
    for one in listed {
        let number = one.part_number.unwrap_or(0);
        if numbers.last().is_some_and(|last| number <= *last) {
            return Err(s3_error!(InvalidPartOrder).into());
        }
        let etag = one.e_tag.as_ref().map(s3s::dto::ETag::value);
        let part = upload.parts.get(&number);
        if part.is_none_or(|part| etag != Some(part.etag.as_str())) {
            return Err(s3_error!(
                InvalidPart,
                "Part {number} was not uploaded, or is another one."
            )
            .into());
        }
        numbers.push(number);
    }
    if numbers.is_empty() {
        return Err(s3_error!(MalformedXML, "You must specify at least one part").into());
    }
    Ok(numbers)
}

/// The content of the object that these parts form.
fn combined_content(upload: &Upload, numbers: &[i32]) -> Result<Content> {
    let (mut md5, mut size) = (Md5::new(), 0);
    for (index, number) in numbers.iter().enumerate() {
        let part = &upload.parts[number];
        if part.size < LEAST && index + 1 < numbers.len() {
            return Err(s3_error!(EntityTooSmall).into());
        }
        size += part.size;
        md5.update(unhex(&part.etag));
    }
    if size > LIMIT * 1_024 {
        return Err(s3_error!(EntityTooLarge).into());
    }
    Ok(Content {
        size,
        etag: format!("{}-{}", hex(&md5.finalize()), numbers.len()),
        metadata: upload.metadata.clone(),
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.filter_map(byte).collect()
}

fn join(parts: &[impl AsRef<Path>], whole: &Path) -> io::Result<()> {
    let mut whole = File::create(whole)?;
    for part in parts {
        io::copy(&mut fs::File::open(part)?, &mut whole)?;
    }
    whole.sync_data()
}
