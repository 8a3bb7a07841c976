//! Conversions to S3's own types.

use super::bucket::{ObjectMetadata, Version};
use jiff::Timestamp;
use s3s::dto::{ETag, Grant, Grantee, Metadata, Owner, Permission, Type};
use std::fmt::Write as _;
use std::time::SystemTime;

/// The group of everyone, in access control lists.
pub const EVERYONE: &str = "http://acs.amazonaws.com/groups/global/AllUsers";

/// A time.
#[must_use]
pub fn moment(timestamp: Timestamp) -> s3s::dto::Timestamp {
    SystemTime::from(timestamp).into()
}

/// The `ETag` of a version that has content.
#[must_use]
pub fn etag(version: &Version) -> Option<ETag> {
    let content = version.content.as_ref()?;
    Some(ETag::Strong(content.etag.clone()))
}

/// A size as S3 has it.
#[must_use]
pub fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// User metadata as S3 has it; `None` if there is none.
#[must_use]
pub fn metadata(metadata: &ObjectMetadata) -> Option<Metadata> {
    let metadata = &metadata.user_metadata;
    (!metadata.is_empty()).then(|| metadata.clone().into_iter().collect())
}

/// The account, as the owner of everything.
#[must_use]
pub fn owner(account: &str) -> Owner {
    Owner {
        display_name: Some(account.to_owned()),
        id: Some(account.to_owned()),
    }
}

/// An access control list: all rights for the account, and if `public`, the right to read for everyone.
#[must_use]
pub fn grants(account: &str, public: bool) -> Vec<Grant> {
    let to = |kind: &'static str, id: Option<&str>, uri: Option<&str>| Grantee {
        display_name: id.map(str::to_owned),
        email_address: None,
        id: id.map(str::to_owned),
        type_: Type::from_static(kind),
        uri: uri.map(str::to_owned),
    };
    let grant = |grantee, permission| Grant {
        grantee: Some(grantee),
        permission: Some(Permission::from_static(permission)),
    };
    let mut grants = vec![grant(
        to(Type::CANONICAL_USER, Some(account), None),
        Permission::FULL_CONTROL,
    )];
    if public {
        let everyone = to(Type::GROUP, None, Some(EVERYONE));
        grants.insert(0, grant(everyone, Permission::READ));
    }
    grants
}

/// `text`, percent-encoded if `encode`: XML can't contain every character.
#[must_use]
pub fn encoded(text: &str, encode: bool) -> String {
    if !encode {
        return text.to_owned();
    }
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string works");
        }
        encoded
    })
}
