//! Operations on buckets.

#![expect(
    clippy::needless_pass_by_value,
    reason = "each takes its request whole, as S3's trait hands it over"
)]

use super::super::bucket::Versioning;
use super::super::error::Result;
use super::super::state::Spaces;
use super::super::{acl, host, lifecycle as rules, s3_types};
use super::{Answer, answer};
use axum::http::HeaderMap;
use axum::http::header::HOST;
use s3s::dto::{
    Bucket, BucketCannedACL, BucketLocationConstraint, BucketVersioningStatus, CreateBucketInput,
    CreateBucketOutput, DeleteBucketInput, DeleteBucketLifecycleInput, DeleteBucketLifecycleOutput,
    DeleteBucketOutput, GetBucketAclInput, GetBucketAclOutput, GetBucketCorsInput,
    GetBucketCorsOutput, GetBucketLifecycleConfigurationInput,
    GetBucketLifecycleConfigurationOutput, GetBucketLocationInput, GetBucketLocationOutput,
    GetBucketPolicyInput, GetBucketPolicyOutput, GetBucketVersioningInput,
    GetBucketVersioningOutput, HeadBucketInput, HeadBucketOutput, ListBucketsInput,
    ListBucketsOutput, PutBucketAclInput, PutBucketAclOutput, PutBucketLifecycleConfigurationInput,
    PutBucketLifecycleConfigurationOutput, PutBucketVersioningInput, PutBucketVersioningOutput,
};
use s3s::{S3Request, s3_error};
use std::sync::Arc;

/// The region that a request's host names.
fn region(headers: &HeaderMap) -> Option<&str> {
    host::parse(headers.get(HOST)?.to_str().ok()?).region
}

pub fn list(
    spaces: &Arc<Spaces>,
    request: S3Request<ListBucketsInput>,
) -> Answer<ListBucketsOutput> {
    let asked = request
        .input
        .bucket_region
        .as_deref()
        .or(region(&request.headers));
    let prefix = request.input.prefix.unwrap_or_default();
    let buckets = spaces.buckets_in(asked).into_iter();
    let buckets = buckets.filter(|settings| settings.name.starts_with(&prefix));
    let buckets = buckets.map(|settings| Bucket {
        bucket_region: settings.region,
        creation_date: Some(s3_types::moment(settings.created_at)),
        name: Some(settings.name),
    });
    answer(ListBucketsOutput {
        buckets: Some(buckets.collect()),
        owner: Some(s3_types::owner(&spaces.account())),
        ..ListBucketsOutput::default()
    })
}

/// The region comes from the host; without one there, from the request, which often has AWS's `us-east-1`.
pub async fn create(
    spaces: &Arc<Spaces>,
    request: S3Request<CreateBucketInput>,
) -> Answer<CreateBucketOutput> {
    let input = request.input;
    let configuration = input.create_bucket_configuration;
    let constraint = configuration.and_then(|configuration| configuration.location_constraint);
    let constraint = constraint.filter(|object| !matches!(object.as_str(), "" | "us-east-1"));
    let region = region(&request.headers).map(str::to_owned);
    let region = region.or_else(|| constraint.map(|object| object.as_str().to_owned()));
    let public = canned(input.acl.as_ref())?.unwrap_or(false);
    let location = Some(format!("/{}", input.bucket));
    spaces.make_bucket(input.bucket, region, public).await?;
    answer(CreateBucketOutput { location })
}

pub fn head(spaces: &Arc<Spaces>, request: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
    let bucket_region = spaces.settings(&request.input.bucket)?.region;
    answer(HeadBucketOutput {
        bucket_region,
        ..HeadBucketOutput::default()
    })
}

pub async fn delete(
    spaces: &Arc<Spaces>,
    request: S3Request<DeleteBucketInput>,
) -> Answer<DeleteBucketOutput> {
    spaces.remove_bucket(request.input.bucket).await?;
    answer(DeleteBucketOutput::default())
}

pub fn location(
    spaces: &Arc<Spaces>,
    request: S3Request<GetBucketLocationInput>,
) -> Answer<GetBucketLocationOutput> {
    let region = spaces.settings(&request.input.bucket)?.region;
    answer(GetBucketLocationOutput {
        location_constraint: region.map(BucketLocationConstraint::from),
    })
}

pub fn acl(
    spaces: &Arc<Spaces>,
    request: S3Request<GetBucketAclInput>,
) -> Answer<GetBucketAclOutput> {
    let public = spaces.settings(&request.input.bucket)?.public;
    let account = spaces.account();
    answer(GetBucketAclOutput {
        grants: Some(s3_types::grants(&account, public)),
        owner: Some(s3_types::owner(&account)),
    })
}

pub async fn set_acl(
    spaces: &Arc<Spaces>,
    request: S3Request<PutBucketAclInput>,
) -> Answer<PutBucketAclOutput> {
    let input = request.input;
    let grants = input.access_control_policy.and_then(|policy| policy.grants);
    let public = match (canned(input.acl.as_ref())?, grants) {
        (Some(public), _) => public,
        (None, Some(grants)) => acl::public_by_grants(&grants, &spaces.account())?,
        (None, None) => return Err(s3_error!(MalformedACLError).into()),
    };
    spaces
        .set(&input.bucket, move |settings| settings.public = public)
        .await?;
    answer(PutBucketAclOutput::default())
}

fn canned(acl: Option<&BucketCannedACL>) -> Result<Option<bool>> {
    Ok(acl.map(|acl| acl::public(acl.as_str())).transpose()?)
}

pub fn versioning(
    spaces: &Arc<Spaces>,
    request: S3Request<GetBucketVersioningInput>,
) -> Answer<GetBucketVersioningOutput> {
    let versioning = spaces.settings(&request.input.bucket)?.versioning;
    let status = versioning.map(|versioning| match versioning {
        Versioning::Enabled => BucketVersioningStatus::ENABLED,
        Versioning::Suspended => BucketVersioningStatus::SUSPENDED,
    });
    answer(GetBucketVersioningOutput {
        status: status.map(BucketVersioningStatus::from_static),
        ..GetBucketVersioningOutput::default()
    })
}

pub async fn set_versioning(
    spaces: &Arc<Spaces>,
    request: S3Request<PutBucketVersioningInput>,
) -> Answer<PutBucketVersioningOutput> {
    let input = request.input;
    let status = input.versioning_configuration.status;
    let versioning = match status.as_ref().map(BucketVersioningStatus::as_str) {
        Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
        Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
        _ => return Err(s3_error!(IllegalVersioningConfigurationException).into()),
    };
    let set = move |settings: &mut super::super::bucket::Settings| {
        // Suspending versioning that was never enabled changes nothing.
        if settings.versioning.is_some() || versioning == Versioning::Enabled {
            settings.versioning = Some(versioning);
        }
    };
    spaces.set(&input.bucket, set).await?;
    answer(PutBucketVersioningOutput::default())
}

pub fn lifecycle(
    spaces: &Arc<Spaces>,
    request: S3Request<GetBucketLifecycleConfigurationInput>,
) -> Answer<GetBucketLifecycleConfigurationOutput> {
    let rules = spaces.settings(&request.input.bucket)?.lifecycle;
    if rules.is_empty() {
        return Err(s3_error!(NoSuchLifecycleConfiguration).into());
    }
    answer(GetBucketLifecycleConfigurationOutput {
        rules: Some(rules),
        ..GetBucketLifecycleConfigurationOutput::default()
    })
}

pub async fn set_lifecycle(
    spaces: &Arc<Spaces>,
    request: S3Request<PutBucketLifecycleConfigurationInput>,
) -> Answer<PutBucketLifecycleConfigurationOutput> {
    let input = request.input;
    let configuration = input
        .lifecycle_configuration
        .ok_or_else(|| s3_error!(MalformedXML))?;
    let accepted = rules::accept(configuration.rules)?;
    spaces
        .set(&input.bucket, |settings| settings.lifecycle = accepted)
        .await?;
    answer(PutBucketLifecycleConfigurationOutput::default())
}

pub async fn delete_lifecycle(
    spaces: &Arc<Spaces>,
    request: S3Request<DeleteBucketLifecycleInput>,
) -> Answer<DeleteBucketLifecycleOutput> {
    spaces
        .set(&request.input.bucket, |settings| settings.lifecycle.clear())
        .await?;
    answer(DeleteBucketLifecycleOutput::default())
}

/// Policies can't be set; the response to clients that ask for one is that there is none.
pub fn policy(
    spaces: &Arc<Spaces>,
    request: S3Request<GetBucketPolicyInput>,
) -> Answer<GetBucketPolicyOutput> {
    spaces.settings(&request.input.bucket)?;
    Err(s3_error!(NoSuchBucketPolicy).into())
}

/// As with policies.
pub fn cors(
    spaces: &Arc<Spaces>,
    request: S3Request<GetBucketCorsInput>,
) -> Answer<GetBucketCorsOutput> {
    spaces.settings(&request.input.bucket)?;
    Err(s3_error!(NoSuchCORSConfiguration).into())
}
