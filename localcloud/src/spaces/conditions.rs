//! `If-Match` and its like (RFC 9110, section 13), for reads and for writes.

use super::bucket::Version;
use jiff::Timestamp;
use s3s::dto::{ETag, ETagCondition};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use time::OffsetDateTime;

/// What must hold for a request to be followed.
#[derive(Debug, Default)]
pub struct Conditions {
    /// The object is there, and is this.
    pub matches: Option<ETagCondition>,
    /// The object is not there, or is not this.
    pub differs: Option<ETagCondition>,
    /// It was written after this.
    pub modified_since: Option<s3s::dto::Timestamp>,
    /// It was not written after this.
    pub unmodified_since: Option<s3s::dto::Timestamp>,
}

impl Conditions {
    /// For a write over `current`, the object as it is now.
    ///
    /// # Errors
    /// 412, or 404 when there is nothing that could match.
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
    /// 412, or 304 when the client has it already.
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

#[cfg(test)]
mod tests {
    use super::super::bucket::{About, Content};
    use super::*;
    use uuid::Uuid;

    fn version(etag: &str) -> Version {
        Version {
            file: Uuid::nil(),
            key: "k".to_owned(),
            id: "null".to_owned(),
            number: 1,
            modified: Timestamp::from_second(1_000).expect("a time"),
            content: Some(Content {
                size: 0,
                etag: etag.to_owned(),
                about: About::default(),
            }),
        }
    }

    fn is(etag: &str) -> ETagCondition {
        ETagCondition::ETag(ETag::Strong(etag.to_owned()))
    }

    fn code(result: S3Result<()>) -> String {
        result.map_or_else(
            |error| error.code().as_str().to_owned(),
            |()| "ok".to_owned(),
        )
    }

    #[test]
    fn only_one_of_two_creates_a_lock() {
        let create = Conditions {
            differs: Some(ETagCondition::Any),
            ..Conditions::default()
        };
        assert_eq!(code(create.allow_write(None)), "ok");
        assert_eq!(
            code(create.allow_write(Some(&version("a")))),
            "PreconditionFailed"
        );
    }

    #[test]
    fn a_write_over_what_has_changed_is_refused() {
        let over = Conditions {
            matches: Some(is("a")),
            ..Conditions::default()
        };
        assert_eq!(code(over.allow_write(Some(&version("a")))), "ok");
        assert_eq!(
            code(over.allow_write(Some(&version("b")))),
            "PreconditionFailed"
        );
        assert_eq!(code(over.allow_write(None)), "NoSuchKey");
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let etag = Conditions {
            differs: Some(is("a")),
            ..Conditions::default()
        };
        assert_eq!(code(etag.allow_read(&version("a"))), "NotModified");
        assert_eq!(code(etag.allow_read(&version("b"))), "ok");
        let second = |second| {
            OffsetDateTime::from_unix_timestamp(second)
                .expect("a time")
                .into()
        };
        let since = |limit| Conditions {
            modified_since: Some(second(limit)),
            ..Conditions::default()
        };
        assert_eq!(code(since(1_000).allow_read(&version("a"))), "NotModified");
        assert_eq!(code(since(999).allow_read(&version("a"))), "ok");
    }
}
