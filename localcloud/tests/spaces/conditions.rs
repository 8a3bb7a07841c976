//! `If-Match` and the other conditions of requests.

use jiff::Timestamp;
use localcloud::spaces::bucket::{Content, ObjectMetadata, Version};
use localcloud::spaces::conditions::Conditions;
use s3s::S3Result;
use s3s::dto::{ETag, ETagCondition};
use time::OffsetDateTime;
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
            metadata: ObjectMetadata::default(),
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
