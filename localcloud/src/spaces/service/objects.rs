//! Operations on objects.

use super::super::bucket::{About, Bucket, Content};
use super::super::conditions::Conditions;
use super::super::disk::Disk;
use super::super::objects::{self, Place};
use super::super::receive::Promised;
use super::super::{Spaces, settings, wire};
use super::{Answer, answer};
use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
    GetObjectAclInput, GetObjectAclOutput, GetObjectInput, GetObjectOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, HeadObjectInput, HeadObjectOutput, Metadata, ObjectCannedACL,
    PutObjectAclInput, PutObjectAclOutput, PutObjectInput, PutObjectOutput,
};
use s3s::{S3Request, S3Result, s3_error};
use std::sync::Arc;

fn public(acl: Option<&ObjectCannedACL>) -> S3Result<Option<bool>> {
    acl.map(|acl| settings::public(acl.as_str())).transpose()
}

/// What the headers of a write say about the object.
macro_rules! about {
    ($input:expr) => {
        About {
            content_type: $input.content_type.clone(),
            content_encoding: $input.content_encoding.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_language: $input.content_language.clone(),
            cache_control: $input.cache_control.clone(),
            metadata: super::objects::owned($input.metadata.clone()),
            public: super::objects::public_acl($input.acl.as_ref())?,
        }
    };
}
pub(super) use about;

/// Metadata by name.
pub fn owned(metadata: Option<Metadata>) -> std::collections::BTreeMap<String, String> {
    metadata.into_iter().flatten().collect()
}

/// Whether everyone may read what is written with this canned ACL.
pub fn public_acl(acl: Option<&ObjectCannedACL>) -> S3Result<bool> {
    Ok(public(acl)?.unwrap_or(false))
}

pub async fn put(
    spaces: &Arc<Spaces>,
    request: S3Request<PutObjectInput>,
) -> Answer<PutObjectOutput> {
    let promised = Promised::by(&request);
    let input = request.input;
    let about = about!(input);
    let place = Place {
        bucket: input.bucket,
        key: input.key,
        version: None,
    };
    let conditions = Conditions {
        matches: input.if_match,
        differs: input.if_none_match,
        ..Conditions::default()
    };
    // Before gigabytes come: is there a bucket, and is it worth it?
    spaces.look(&place.bucket, |bucket| {
        conditions.allow_write(bucket.current(&place.key))
    })?;
    let received = spaces.receive(input.body, &promised).await?;
    let content = Content {
        size: received.size,
        etag: received.etag(),
        about,
    };
    let found = spaces
        .write(&place, (received.file, content), conditions)
        .await?;
    answer(PutObjectOutput {
        e_tag: wire::etag(&found.version),
        version_id: found.told,
        ..PutObjectOutput::default()
    })
}

/// What is to be read and on which conditions: the same fields of two inputs without a common trait.
macro_rules! read {
    ($input:ident) => {
        (
            Place {
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
    let (place, conditions) = read!(input);
    let found = spaces.find(&place)?;
    conditions.allow_read(&found.version)?;
    let (size, about) = (found.content.size, found.content.about.clone());
    let range = objects::range(input.range, size)?;
    let partial = input.range.map(|_| {
        format!(
            "bytes {}-{}/{size}",
            range.start,
            range.end.saturating_sub(1)
        )
    });
    let length = wire::size(range.end - range.start);
    answer(GetObjectOutput {
        body: Some(objects::send(&found, range).await?),
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(length),
        content_range: partial,
        e_tag: wire::etag(&found.version),
        last_modified: Some(wire::moment(found.version.modified)),
        metadata: wire::metadata(&about),
        content_type: input.response_content_type.or(about.content_type),
        content_encoding: input.response_content_encoding.or(about.content_encoding),
        content_disposition: input
            .response_content_disposition
            .or(about.content_disposition),
        content_language: input.response_content_language.or(about.content_language),
        cache_control: input.response_cache_control.or(about.cache_control),
        version_id: found.told,
        ..GetObjectOutput::default()
    })
}

pub fn head(spaces: &Arc<Spaces>, request: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
    let input = request.input;
    let (place, conditions) = read!(input);
    let found = spaces.find(&place)?;
    conditions.allow_read(&found.version)?;
    let about = found.content.about.clone();
    answer(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(wire::size(found.content.size)),
        e_tag: wire::etag(&found.version),
        last_modified: Some(wire::moment(found.version.modified)),
        metadata: wire::metadata(&about),
        content_type: about.content_type,
        content_encoding: about.content_encoding,
        content_disposition: about.content_disposition,
        content_language: about.content_language,
        cache_control: about.cache_control,
        version_id: found.told,
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
    let delete = move |bucket: &mut Bucket, disk: &Disk| {
        conditions.allow_write(bucket.current(&key))?;
        let gone = objects::delete(bucket, disk, &key, id.as_deref())?;
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
        return Err(s3_error!(MalformedXML));
    }
    let quiet = input.delete.quiet == Some(true);
    let delete = move |bucket: &mut Bucket, disk: &Disk| {
        let mut deleted = Vec::new();
        for one in input.delete.objects {
            let gone = objects::delete(bucket, disk, &one.key, one.version_id.as_deref())?;
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
    let found = spaces.find(&Place {
        bucket: input.bucket,
        key: input.key,
        version: input.version_id,
    })?;
    let account = spaces.account();
    answer(GetObjectAclOutput {
        grants: Some(wire::grants(&account, found.content.about.public)),
        owner: Some(wire::owner(&account)),
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
        (None, Some(grants)) => settings::public_by(&grants, &spaces.account())?,
        (None, None) => return Err(s3_error!(MalformedACLError)),
    };
    let (key, id) = (input.key, input.version_id);
    let set = move |bucket: &mut Bucket, disk: &Disk| {
        objects::describe(bucket, disk, &key, id.as_deref(), |about| {
            about.public = public;
        })
    };
    spaces.change(&input.bucket, set).await?;
    answer(PutObjectAclOutput::default())
}

/// Tags can't be set; clients that ask for them learn that there are none.
pub fn tags(
    spaces: &Arc<Spaces>,
    request: S3Request<GetObjectTaggingInput>,
) -> Answer<GetObjectTaggingOutput> {
    let input = request.input;
    let found = spaces.find(&Place {
        bucket: input.bucket,
        key: input.key,
        version: input.version_id,
    })?;
    answer(GetObjectTaggingOutput {
        tag_set: Vec::new(),
        version_id: found.told,
    })
}
