//! `If-Match` and its like (RFC 9110, section 13), for reads and for writes.

use super::bucket::Version;
use jiff::Timestamp;
use s3s::dto::{ETag, ETagCondition};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use time::OffsetDateTime;

/// The conditions of a request.
#[derive(Debug, Default)]
pub struct Conditions {
    /// The object exists and has this `ETag`.
    pub matches: Option<ETagCondition>,
    /// The object does not exist or has another `ETag`.
    pub differs: Option<ETagCondition>,
    /// The object was written after this.
    pub modified_since: Option<s3s::dto::Timestamp>,
    /// The object was not written after this.
    pub unmodified_since: Option<s3s::dto::Timestamp>,
}

impl Conditions {
    /// For a write over `current`, the object as it is now.
    ///
    /// # Errors
    /// 412, or 404 when there is no object.
    pub fn allow_write(&self, current: Option<&Version>) -> S3Result<()> {
        if let Some(condition) = &self.matches {
            let Some(current) = current else {
                return Err(s3_error!(NoSuchKey));
            };
            if !meets(condition, current) {
                return Err(failed());
            }
        }
        match (&self.differs, current) {
            (Some(condition), Some(current)) if meets(condition, current) => Err(failed()),
            _ => Ok(()),
        }
    }

    /// For a read of `version`.
    ///
    /// # Errors
    /// 412, or 304 when the client has this version already.
    pub fn allow_read(&self, version: &Version) -> S3Result<()> {
        if let Some(condition) = &self.matches {
            if !meets(condition, version) {
                return Err(failed());
            }
        } else if let Some(limit) = &self.unmodified_since
            && written_after(version.modified, limit)
        {
            return Err(failed());
        }
        if let Some(condition) = &self.differs {
            if meets(condition, version) {
                return Err(S3Error::new(S3ErrorCode::NotModified));
            }
        } else if let Some(limit) = &self.modified_since
            && !written_after(version.modified, limit)
        {
            return Err(S3Error::new(S3ErrorCode::NotModified));
        }
        Ok(())
    }
}

fn failed() -> S3Error {
    s3_error!(
        PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold"
    )
}

fn meets(condition: &ETagCondition, version: &Version) -> bool {
    let Some(content) = &version.content else {
        return false;
    };
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(ETag::Strong(etag) | ETag::Weak(etag)) => *etag == content.etag,
    }
}

/// HTTP's dates have whole seconds.
fn written_after(written: Timestamp, limit: &s3s::dto::Timestamp) -> bool {
    written.as_second() > OffsetDateTime::from(limit.clone()).unix_timestamp()
}
