//! Access control lists: what is public. The platform has `private` and `public-read`.

use super::s3_types;
use s3s::dto::{Grant, Permission};
use s3s::{S3Result, s3_error};

/// Whether a canned ACL lets everyone read.
///
/// # Errors
/// For an ACL that the platform does not have.
pub fn public(canned: &str) -> S3Result<bool> {
    match canned {
        "private" => Ok(false),
        "public-read" => Ok(true),
        other => Err(s3_error!(
            InvalidArgument,
            "The ACL {other:?} is not supported: use private or public-read."
        )),
    }
}

/// Whether a list of grants lets everyone read.
///
/// # Errors
/// For grants to others than the owner and everyone.
pub fn public_by_grants(grants: &[Grant], account: &str) -> S3Result<bool> {
    let mut public = false;
    for grant in grants {
        let permission = grant.permission.as_ref().map_or("", Permission::as_str);
        let grantee = grant.grantee.as_ref();
        let uri = grantee.and_then(|grantee| grantee.uri.as_deref());
        let id = grantee.and_then(|grantee| grantee.id.as_deref());
        match (uri, id, permission) {
            (Some(s3_types::EVERYONE), _, Permission::READ) => public = true,
            (None, Some(id), _) if id == account => {}
            _ => {
                return Err(s3_error!(
                    NotImplemented,
                    "Only the owner and, to read, everyone can be granted something."
                ));
            }
        }
    }
    Ok(public)
}
