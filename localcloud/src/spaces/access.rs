//! Access control: keys and their grants, and what is public.

use super::host;
use super::state::Spaces;
use crate::cloud::resources::spaces_keys::{Permission, SpacesKey};
use async_trait::async_trait;
use axum::http::header::HOST;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::{CopyObjectInput, CopySource, UploadPartCopyInput};
use s3s::path::S3Path;
use s3s::{S3Request, S3Result, s3_error};
use std::sync::Arc;

/// Checks every operation before it is carried out.
#[derive(Debug, Clone)]
pub struct AccessControl(pub Arc<Spaces>);

/// The access that an operation requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Access {
    /// Reads or lists objects.
    Read,
    /// Writes or deletes objects.
    Write,
    /// Creates, configures, removes or lists buckets.
    Full,
}

/// The access that S3's operation of that name requires: full access if it is not listed here.
fn required(operation: &str) -> Access {
    match operation {
        "GetBucketLocation" | "GetObject" | "GetObjectAcl" | "GetObjectTagging" | "HeadBucket"
        | "HeadObject" | "ListObjects" | "ListObjectsV2" | "ListObjectVersions" => Access::Read,
        "AbortMultipartUpload"
        | "CompleteMultipartUpload"
        | "CopyObject"
        | "CreateMultipartUpload"
        | "DeleteObject"
        | "DeleteObjects"
        | "ListMultipartUploads"
        | "ListParts"
        | "PutObject"
        | "PutObjectAcl"
        | "UploadPart"
        | "UploadPartCopy" => Access::Write,
        _ => Access::Full,
    }
}

impl AccessControl {
    fn key(&self, id: &str) -> Option<SpacesKey> {
        self.0.store.record().spaces_keys.get(id).cloned()
    }

    /// Whether everyone may do it: read public objects, list public buckets.
    fn is_public(&self, operation: &str, path: &S3Path) -> bool {
        match (operation, path) {
            ("GetObject" | "HeadObject", S3Path::Object { bucket, key }) => {
                let public = self.0.read(bucket, |bucket| {
                    let current = bucket
                        .current(key)
                        .and_then(|version| version.content.as_ref());
                    Ok(current.is_some_and(|content| content.metadata.public))
                });
                public.unwrap_or(false)
            }
            ("ListObjects" | "ListObjectsV2" | "HeadBucket", S3Path::Bucket { bucket }) => self
                .0
                .settings(bucket)
                .is_ok_and(|settings| settings.public),
            _ => false,
        }
    }

    /// A copy requires the right to read its source.
    fn may_copy(&self, source: &CopySource, key: Option<&str>) -> S3Result<()> {
        let CopySource::Bucket { bucket, .. } = source else {
            return Err(s3_error!(
                NotImplemented,
                "Only objects of buckets can be copied."
            ));
        };
        let key = key.and_then(|id| self.key(id));
        if key.is_some_and(|key| allows(&key, Access::Read, Some(bucket))) {
            return Ok(());
        }
        Err(s3_error!(AccessDenied))
    }
}

fn allows(key: &SpacesKey, required: Access, bucket: Option<&str>) -> bool {
    key.grants.iter().any(|grant| match grant.permission {
        Permission::FullAccess => true,
        Permission::ReadWrite => required <= Access::Write && bucket == Some(&grant.bucket),
        Permission::Read => required == Access::Read && bucket == Some(&grant.bucket),
        Permission::None => false,
    })
}

#[async_trait]
impl S3Auth for AccessControl {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let key = self.key(access_key);
        key.map(|key| SecretKey::from(key.secret_key))
            .ok_or_else(|| s3_error!(InvalidAccessKeyId))
    }
}

#[async_trait]
impl S3Access for AccessControl {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let path = context.s3_path();
        let bucket = match path {
            S3Path::Root => None,
            S3Path::Bucket { bucket } | S3Path::Object { bucket, .. } => Some(&**bucket),
        };
        let operation = context.s3_op().name();
        let key = context
            .credentials()
            .and_then(|own| self.key(&own.access_key));
        let allowed = match &key {
            Some(key) => allows(key, required(operation), bucket),
            None => self.is_public(operation, path),
        };
        if !allowed {
            return Err(s3_error!(AccessDenied));
        }
        // Each region serves its own buckets only.
        let host = context
            .headers()
            .get(HOST)
            .and_then(|host| host.to_str().ok());
        let asked = host.and_then(|host| host::parse(host).region);
        if let (Some(asked), Some(bucket)) = (asked, bucket)
            && operation != "CreateBucket"
            && self
                .0
                .settings(bucket)
                .map_err(|error| self.0.report(error))?
                .region
                .is_some_and(|region| region != asked)
        {
            return Err(s3_error!(NoSuchBucket));
        }
        Ok(())
    }

    async fn copy_object(&self, request: &mut S3Request<CopyObjectInput>) -> S3Result<()> {
        let key = request
            .credentials
            .as_ref()
            .map(|own| own.access_key.as_str());
        self.may_copy(&request.input.copy_source, key)
    }

    async fn upload_part_copy(&self, request: &mut S3Request<UploadPartCopyInput>) -> S3Result<()> {
        let key = request
            .credentials
            .as_ref()
            .map(|own| own.access_key.as_str());
        self.may_copy(&request.input.copy_source, key)
    }
}
