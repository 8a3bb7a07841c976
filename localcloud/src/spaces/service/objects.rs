//! Operations on objects.

use super::super::bucket::{Bucket, Content, ObjectMetadata};
use super::super::bucket_files::BucketFiles;
use super::super::conditions::Conditions;
use super::super::error::Result;
use super::super::objects::{self, ObjectRef};
use super::super::receive::ExpectedChecksums;
use super::super::state::Spaces;
use super::super::{acl, s3_types};
use super::{Answer, answer};
use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
    GetObjectAclInput, GetObjectAclOutput, GetObjectInput, GetObjectOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, HeadObjectInput, HeadObjectOutput, Metadata, ObjectCannedACL,
    PutObjectAclInput, PutObjectAclOutput, PutObjectInput, PutObjectOutput,
};
use s3s::{S3Request, s3_error};
use std::sync::Arc;

fn public(acl: Option<&ObjectCannedACL>) -> Result<Option<bool>> {
    Ok(acl.map(|acl| acl::public(acl.as_str())).transpose()?)
}

/// The metadata in the headers of a write.
macro_rules! metadata {
    ($input:expr) => {
        ObjectMetadata {
            content_type: $input.content_type.clone(),
            content_encoding: $input.content_encoding.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_language: $input.content_language.clone(),
            cache_control: $input.cache_control.clone(),
            user_metadata: super::objects::owned($input.metadata.clone()),
            public: super::objects::public_acl($input.acl.as_ref())?,
        }
    };
}
pub(super) use metadata;

/// Metadata by name.
pub fn owned(metadata: Option<Metadata>) -> std::collections::BTreeMap<String, String> {
    metadata.into_iter().flatten().collect()
}

/// Whether everyone may read what is written with this canned ACL.
pub fn public_acl(acl: Option<&ObjectCannedACL>) -> Result<bool> {
    Ok(public(acl)?.unwrap_or(false))
}

pub async fn put(
    spaces: &Arc<Spaces>,
    request: S3Request<PutObjectInput>,
) -> Answer<PutObjectOutput> {
    let expected = ExpectedChecksums::of(&request);
    let input = request.input;
    let metadata = metadata!(input);
    let object = ObjectRef {
        bucket: input.bucket,
        key: input.key,
        version: None,
    };
    let conditions = Conditions {
        matches: input.if_match,
        differs: input.if_none_match,
        ..Conditions::default()
    };
    // Refuse before gigabytes are received.
    spaces.read(&object.bucket, |bucket| {
        conditions.allow_write(bucket.current(&object.key))
    })?;
    let received = spaces.receive(input.body, &expected).await?;
    let content = Content {
        size: received.size,
        etag: received.etag(),
        metadata,
    };
    let found = spaces
        .write(&object, (received.file, content), conditions)
        .await?;
    answer(PutObjectOutput {
        e_tag: s3_types::etag(&found.version),
        version_id: found.version_id,
        ..PutObjectOutput::default()
    })
}

/// The object and the conditions of a read: the same fields of two inputs without a common trait.
macro_rules! read {
    ($input:ident) => {
        (
            ObjectRef {
                bucket: $input.bucket,
                key: $input.key,
                version: $input.version_id,
            },
            Conditions {
                matches: $input.if_match,
                differs: $input.if_none_match,
                modified_since: $input.if_modified_since,
                unmodified_since: $input.if_unmodified_since,
            },
        )
    };
}

pub async fn get(
    spaces: &Arc<Spaces>,
    request: S3Request<GetObjectInput>,
) -> Answer<GetObjectOutput> {
    let input = request.input;
    let (object, conditions) = read!(input);
    let found = spaces.find(&object)?;
    conditions.allow_read(&found.version)?;
    let (size, metadata) = (found.content.size, found.content.metadata.clone());
    let range = objects::range(input.range, size)?;
    let partial = input.range.map(|_| {
        format!(
            "bytes {}-{}/{size}",
            range.start,
            range.end.saturating_sub(1)
        )
    });
    let length = s3_types::size(range.end - range.start);
    answer(GetObjectOutput {
        body: Some(objects::send(&found, range).await?),
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(length),
        content_range: partial,
        e_tag: s3_types::etag(&found.version),
        last_modified: Some(s3_types::moment(found.version.modified)),
        metadata: s3_types::metadata(&metadata),
        content_type: input.response_content_type.or(metadata.content_type),
        content_encoding: input
            .response_content_encoding
            .or(metadata.content_encoding),
        content_disposition: input
            .response_content_disposition
            .or(metadata.content_disposition),
        content_language: input
            .response_content_language
            .or(metadata.content_language),
        cache_control: input.response_cache_control.or(metadata.cache_control),
        version_id: found.version_id,
        ..GetObjectOutput::default()
    })
}

pub fn head(spaces: &Arc<Spaces>, request: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
    let input = request.input;
    let (object, conditions) = read!(input);
    let found = spaces.find(&object)?;
    conditions.allow_read(&found.version)?;
    let metadata = found.content.metadata.clone();
    answer(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(s3_types::size(found.content.size)),
        e_tag: s3_types::etag(&found.version),
        last_modified: Some(s3_types::moment(found.version.modified)),
        metadata: s3_types::metadata(&metadata),
        content_type: metadata.content_type,
        content_encoding: metadata.content_encoding,
        content_disposition: metadata.content_disposition,
        content_language: metadata.content_language,
        cache_control: metadata.cache_control,
        version_id: found.version_id,
        ..HeadObjectOutput::default()
    })
}

pub async fn delete(
    spaces: &Arc<Spaces>,
    request: S3Request<DeleteObjectInput>,
) -> Answer<DeleteObjectOutput> {
    let input = request.input;
    let conditions = Conditions {
        matches: input.if_match,
        ..Conditions::default()
    };
    let (key, id) = (input.key, input.version_id);
    let delete = move |bucket: &mut Bucket, files: &BucketFiles| {
        conditions.allow_write(bucket.current(&key))?;
        let gone = objects::delete(bucket, files, &key, id.as_deref())?;
        let removed_marker = id.is_some()
            && gone
                .removed
                .as_ref()
                .is_some_and(|version| version.content.is_none());
        Ok(DeleteObjectOutput {
            delete_marker: (gone.marker.is_some() || removed_marker).then_some(true),
            version_id: gone.marker.map(|marker| marker.id).or(id),
            ..DeleteObjectOutput::default()
        })
    };
    answer(spaces.change(&input.bucket, delete).await?)
}

pub async fn delete_many(
    spaces: &Arc<Spaces>,
    request: S3Request<DeleteObjectsInput>,
) -> Answer<DeleteObjectsOutput> {
    let input = request.input;
    if input.delete.objects.len() > super::super::listing::LIMIT {
        return Err(s3_error!(MalformedXML).into());
    }
    let quiet = input.delete.quiet == Some(true);
    let delete = move |bucket: &mut Bucket, files: &BucketFiles| {
        let mut deleted = Vec::new();
        for one in input.delete.objects {
            let gone = objects::delete(bucket, files, &one.key, one.version_id.as_deref())?;
            deleted.push(DeletedObject {
                delete_marker: gone.marker.is_some().then_some(true),
                delete_marker_version_id: gone.marker.map(|marker| marker.id),
                key: Some(one.key),
                version_id: one.version_id,
            });
        }
        Ok(deleted)
    };
    let deleted = spaces.change(&input.bucket, delete).await?;
    answer(DeleteObjectsOutput {
        deleted: (!quiet).then_some(deleted),
        ..DeleteObjectsOutput::default()
    })
}

pub fn acl(
    spaces: &Arc<Spaces>,
    request: S3Request<GetObjectAclInput>,
) -> Answer<GetObjectAclOutput> {
    let input = request.input;
    let found = spaces.find(&ObjectRef {
        bucket: input.bucket,
        key: input.key,
        version: input.version_id,
    })?;
    let account = spaces.account();
    answer(GetObjectAclOutput {
        grants: Some(s3_types::grants(&account, found.content.metadata.public)),
        owner: Some(s3_types::owner(&account)),
        ..GetObjectAclOutput::default()
    })
}

pub async fn set_acl(
    spaces: &Arc<Spaces>,
    request: S3Request<PutObjectAclInput>,
) -> Answer<PutObjectAclOutput> {
    let input = request.input;
    let grants = input.access_control_policy.and_then(|policy| policy.grants);
    let public = match (public(input.acl.as_ref())?, grants) {
        (Some(public), _) => public,
        (None, Some(grants)) => acl::public_by_grants(&grants, &spaces.account())?,
        (None, None) => return Err(s3_error!(MalformedACLError).into()),
    };
    let (key, id) = (input.key, input.version_id);
    let set = move |bucket: &mut Bucket, files: &BucketFiles| {
        objects::set_metadata(bucket, files, &key, id.as_deref(), |metadata| {
            metadata.public = public;
        })
    };
    spaces.change(&input.bucket, set).await?;
    answer(PutObjectAclOutput::default())
}

/// Tags can't be set; the response to clients that ask for them is that there are none.
pub fn tags(
    spaces: &Arc<Spaces>,
    request: S3Request<GetObjectTaggingInput>,
) -> Answer<GetObjectTaggingOutput> {
    let input = request.input;
    let found = spaces.find(&ObjectRef {
        bucket: input.bucket,
        key: input.key,
        version: input.version_id,
    })?;
    answer(GetObjectTaggingOutput {
        tag_set: Vec::new(),
        version_id: found.version_id,
    })
}
