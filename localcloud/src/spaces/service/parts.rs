//! Operations on uploads in parts.

use super::super::bucket::ObjectMetadata;
use super::super::conditions::Conditions;
use super::super::receive::ExpectedChecksums;
use super::super::state::Spaces;
use super::super::uploads::UploadRef;
use super::super::{listing, objects as stored, s3_types};
use super::copies::source;
use super::objects::metadata;
use super::{Answer, answer};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyPartResult, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    ListPartsInput, ListPartsOutput, MultipartUpload, Part, Range, StorageClass,
    UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, s3_error};
use std::sync::Arc;

pub async fn begin(
    spaces: &Arc<Spaces>,
    request: S3Request<CreateMultipartUploadInput>,
) -> Answer<CreateMultipartUploadOutput> {
    let input = request.input;
    let metadata = metadata!(input);
    let id = spaces
        .begin_upload(&input.bucket, input.key.clone(), metadata)
        .await?;
    answer(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        ..CreateMultipartUploadOutput::default()
    })
}

pub async fn put(
    spaces: &Arc<Spaces>,
    request: S3Request<UploadPartInput>,
) -> Answer<UploadPartOutput> {
    let expected = ExpectedChecksums::of(&request);
    let input = request.input;
    let upload_ref = UploadRef::new(input.bucket, input.key, &input.upload_id)?;
    spaces.read(&upload_ref.bucket, |bucket| {
        upload_ref.find(bucket).map(|_| ())
    })?;
    let received = spaces.receive(input.body, &expected).await?;
    let part = spaces
        .add_part(&upload_ref, input.part_number, received)
        .await?;
    answer(UploadPartOutput {
        e_tag: Some(ETag::Strong(part.etag)),
        ..UploadPartOutput::default()
    })
}

pub async fn copy(
    spaces: &Arc<Spaces>,
    request: S3Request<UploadPartCopyInput>,
) -> Answer<UploadPartCopyOutput> {
    let input = request.input;
    let upload_ref = UploadRef::new(input.bucket, input.key, &input.upload_id)?;
    spaces.read(&upload_ref.bucket, |bucket| {
        upload_ref.find(bucket).map(|_| ())
    })?;
    let from = source(spaces, input.copy_source)?;
    let asked = input
        .copy_source_range
        .as_deref()
        .map(Range::parse)
        .transpose();
    let asked = asked.map_err(|error| s3_error!(error, InvalidArgument))?;
    let range = stored::range(asked, from.content.size)?;
    let received = spaces.receive_copy(&from, range).await?;
    let part = spaces
        .add_part(&upload_ref, input.part_number, received)
        .await?;
    answer(UploadPartCopyOutput {
        copy_part_result: Some(CopyPartResult {
            e_tag: Some(ETag::Strong(part.etag)),
            last_modified: Some(s3_types::moment(part.modified)),
            ..CopyPartResult::default()
        }),
        copy_source_version_id: from.version_id,
        ..UploadPartCopyOutput::default()
    })
}

pub async fn complete(
    spaces: &Arc<Spaces>,
    request: S3Request<CompleteMultipartUploadInput>,
) -> Answer<CompleteMultipartUploadOutput> {
    let input = request.input;
    let parts = input
        .multipart_upload
        .and_then(|upload| upload.parts)
        .unwrap_or_default();
    let conditions = Conditions {
        matches: input.if_match,
        differs: input.if_none_match,
        ..Conditions::default()
    };
    let upload_ref = UploadRef::new(input.bucket, input.key, &input.upload_id)?;
    let found = spaces.complete(&upload_ref, &parts, conditions).await?;
    answer(CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", upload_ref.bucket, upload_ref.key)),
        bucket: Some(upload_ref.bucket),
        key: Some(upload_ref.key),
        e_tag: s3_types::etag(&found.version),
        version_id: found.version_id,
        ..CompleteMultipartUploadOutput::default()
    })
}

pub async fn abort(
    spaces: &Arc<Spaces>,
    request: S3Request<AbortMultipartUploadInput>,
) -> Answer<AbortMultipartUploadOutput> {
    let input = request.input;
    let upload_ref = UploadRef::new(input.bucket, input.key, &input.upload_id)?;
    spaces.abort(&upload_ref).await?;
    answer(AbortMultipartUploadOutput::default())
}

pub fn list(spaces: &Arc<Spaces>, request: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
    let input = request.input;
    let upload_ref = UploadRef::new(input.bucket, input.key, &input.upload_id)?;
    let upload = spaces.read(&upload_ref.bucket, |bucket| {
        upload_ref.find(bucket).cloned()
    })?;
    let max = listing::limit(input.max_parts)?;
    let after = input.part_number_marker.unwrap_or(0);
    let rest: Vec<_> = upload.parts.range(after.saturating_add(1)..).collect();
    let shown = rest.iter().take(max);
    let parts = shown.map(|(number, part)| Part {
        e_tag: Some(ETag::Strong(part.etag.clone())),
        last_modified: Some(s3_types::moment(part.modified)),
        part_number: Some(**number),
        size: Some(s3_types::size(part.size)),
        ..Part::default()
    });
    let parts: Vec<Part> = parts.collect();
    answer(ListPartsOutput {
        bucket: Some(upload_ref.bucket),
        key: Some(upload_ref.key),
        upload_id: Some(input.upload_id),
        is_truncated: Some(rest.len() > parts.len() && max > 0),
        max_parts: i32::try_from(max).ok(),
        next_part_number_marker: parts.last().and_then(|part| part.part_number),
        part_number_marker: Some(after),
        parts: Some(parts),
        owner: Some(s3_types::owner(&spaces.account())),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        ..ListPartsOutput::default()
    })
}

/// All unfinished uploads of a bucket with a prefix, up to the number that is asked for.
pub fn uploads(
    spaces: &Arc<Spaces>,
    request: S3Request<ListMultipartUploadsInput>,
) -> Answer<ListMultipartUploadsOutput> {
    let input = request.input;
    let max = listing::limit(input.max_uploads)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let key_after = input.key_marker.clone().unwrap_or_default();
    let id_after = input.upload_id_marker.clone().unwrap_or_default();
    let mut all = spaces.read(&input.bucket, |bucket| {
        let uploads = bucket.uploads.iter();
        let uploads = uploads.map(|(id, upload)| {
            (
                upload.key.clone(),
                id.simple().to_string(),
                upload.initiated,
            )
        });
        Ok(uploads.collect::<Vec<_>>())
    })?;
    all.sort();
    all.retain(|(key, id, _)| {
        let after = *key > key_after || *key == key_after && !id_after.is_empty() && *id > id_after;
        key.starts_with(&prefix) && after
    });
    let truncated = all.len() > max && max > 0;
    all.truncate(max);
    let last = all.last().filter(|_| truncated).cloned();
    let uploads = all.into_iter().map(|(key, id, initiated)| MultipartUpload {
        initiated: Some(s3_types::moment(initiated)),
        key: Some(key),
        upload_id: Some(id),
        owner: Some(s3_types::owner(&spaces.account())),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        ..MultipartUpload::default()
    });
    answer(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        is_truncated: Some(truncated),
        key_marker: input.key_marker,
        max_uploads: i32::try_from(max).ok(),
        next_key_marker: last.as_ref().map(|(key, _, _)| key.clone()),
        next_upload_id_marker: last.map(|(_, id, _)| id),
        prefix: input.prefix,
        upload_id_marker: input.upload_id_marker,
        uploads: Some(uploads.collect()),
        ..ListMultipartUploadsOutput::default()
    })
}
