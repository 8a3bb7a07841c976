//! Copies of objects.

use super::super::bucket::{Content, ObjectMetadata};
use super::super::conditions::Conditions;
use super::super::error::Result;
use super::super::objects::{Found, ObjectRef};
use super::super::s3_types;
use super::super::state::Spaces;
use super::objects::metadata;
use super::{Answer, answer};
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, MetadataDirective,
};
use s3s::{S3Request, s3_error};
use std::sync::Arc;

/// The source of a copy.
pub fn source(spaces: &Spaces, source: CopySource) -> Result<Found> {
    let CopySource::Bucket {
        bucket,
        key,
        version_id,
    } = source
    else {
        return Err(s3_error!(NotImplemented, "Only objects of buckets can be copied.").into());
    };
    spaces.find(&ObjectRef {
        bucket: bucket.into(),
        key: key.into(),
        version: version_id.map(Into::into),
    })
}

pub async fn copy(
    spaces: &Arc<Spaces>,
    request: S3Request<CopyObjectInput>,
) -> Answer<CopyObjectOutput> {
    let input = request.input;
    let replaces = input.metadata_directive.as_ref();
    let replaces =
        replaces.is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    let requested = metadata!(input);
    let from = source(spaces, input.copy_source)?;
    let conditions = Conditions {
        matches: input.copy_source_if_match,
        differs: input.copy_source_if_none_match,
        modified_since: input.copy_source_if_modified_since,
        unmodified_since: input.copy_source_if_unmodified_since,
    };
    // For a copy, 304 becomes a refusal.
    conditions
        .allow_read(&from.version)
        .map_err(|_| s3_error!(PreconditionFailed))?;
    let metadata = if replaces {
        requested
    } else {
        ObjectMetadata {
            public: requested.public,
            ..from.content.metadata.clone()
        }
    };
    let received = spaces.receive_copy(&from, 0..from.content.size).await?;
    let content = Content {
        size: received.size,
        etag: received.etag(),
        metadata,
    };
    let object = ObjectRef {
        bucket: input.bucket,
        key: input.key,
        version: None,
    };
    let found = spaces
        .write(&object, (received.file, content), Conditions::default())
        .await?;
    answer(CopyObjectOutput {
        copy_object_result: Some(CopyObjectResult {
            e_tag: s3_types::etag(&found.version),
            last_modified: Some(s3_types::moment(found.version.modified)),
            ..CopyObjectResult::default()
        }),
        copy_source_version_id: from.version_id,
        version_id: found.version_id,
        ..CopyObjectOutput::default()
    })
}
