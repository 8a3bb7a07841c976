//! Objects made of objects.

use super::super::bucket::{About, Content};
use super::super::conditions::Conditions;
use super::super::objects::{Found, Place};
use super::super::{Spaces, wire};
use super::objects::about;
use super::{Answer, answer};
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, MetadataDirective,
};
use s3s::{S3Request, S3Result, s3_error};
use std::sync::Arc;

/// What a copy is of.
pub fn source(spaces: &Spaces, source: CopySource) -> S3Result<Found> {
    let CopySource::Bucket {
        bucket,
        key,
        version_id,
    } = source
    else {
        return Err(s3_error!(
            NotImplemented,
            "Only objects of buckets can be copied."
        ));
    };
    spaces.find(&Place {
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
    let said = about!(input);
    let from = source(spaces, input.copy_source)?;
    let conditions = Conditions {
        matches: input.copy_source_if_match,
        differs: input.copy_source_if_none_match,
        modified_since: input.copy_source_if_modified_since,
        unmodified_since: input.copy_source_if_unmodified_since,
    };
    // To a copy, "you have it already" is a refusal.
    conditions
        .allow_read(&from.version)
        .map_err(|_| s3_error!(PreconditionFailed))?;
    let about = if replaces {
        said
    } else {
        About {
            public: said.public,
            ..from.content.about.clone()
        }
    };
    let received = spaces.receive_copy(&from, 0..from.content.size).await?;
    let content = Content {
        size: received.size,
        etag: received.etag(),
        about,
    };
    let place = Place {
        bucket: input.bucket,
        key: input.key,
        version: None,
    };
    let found = spaces
        .write(&place, (received.file, content), Conditions::default())
        .await?;
    answer(CopyObjectOutput {
        copy_object_result: Some(CopyObjectResult {
            e_tag: wire::etag(&found.version),
            last_modified: Some(wire::moment(found.version.modified)),
            ..CopyObjectResult::default()
        }),
        copy_source_version_id: from.told,
        version_id: found.told,
        ..CopyObjectOutput::default()
    })
}
