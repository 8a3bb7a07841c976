//! S3's operations. Each reads its input, does the work and builds its output. An operation that is not listed
//! gets the response 501.

mod buckets;
mod copies;
mod lists;
mod objects;
mod parts;

use super::error::Result;
use super::state::Spaces;
use async_trait::async_trait;
use s3s::{S3, S3Request, S3Response, S3Result, dto};
use std::sync::Arc;

/// What every operation gives.
type Answer<T> = Result<S3Response<T>>;

/// S3 as the cloud serves it.
#[derive(Debug)]
pub struct Service(pub Arc<Spaces>);

impl Service {
    fn respond<T>(&self, answer: Answer<T>) -> S3Result<S3Response<T>> {
        answer.map_err(|error| self.0.report(error))
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it gives each operation its return type"
)]
fn answer<T>(output: T) -> Answer<T> {
    Ok(S3Response::new(output))
}

#[async_trait]
impl S3 for Service {
    async fn list_buckets(
        &self,
        request: S3Request<dto::ListBucketsInput>,
    ) -> S3Result<S3Response<dto::ListBucketsOutput>> {
        self.respond(buckets::list(&self.0, request))
    }

    async fn create_bucket(
        &self,
        request: S3Request<dto::CreateBucketInput>,
    ) -> S3Result<S3Response<dto::CreateBucketOutput>> {
        self.respond(buckets::create(&self.0, request).await)
    }

    async fn head_bucket(
        &self,
        request: S3Request<dto::HeadBucketInput>,
    ) -> S3Result<S3Response<dto::HeadBucketOutput>> {
        self.respond(buckets::head(&self.0, request))
    }

    async fn delete_bucket(
        &self,
        request: S3Request<dto::DeleteBucketInput>,
    ) -> S3Result<S3Response<dto::DeleteBucketOutput>> {
        self.respond(buckets::delete(&self.0, request).await)
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<dto::GetBucketLocationInput>,
    ) -> S3Result<S3Response<dto::GetBucketLocationOutput>> {
        self.respond(buckets::location(&self.0, request))
    }

    async fn get_bucket_acl(
        &self,
        request: S3Request<dto::GetBucketAclInput>,
    ) -> S3Result<S3Response<dto::GetBucketAclOutput>> {
        self.respond(buckets::acl(&self.0, request))
    }

    async fn put_bucket_acl(
        &self,
        request: S3Request<dto::PutBucketAclInput>,
    ) -> S3Result<S3Response<dto::PutBucketAclOutput>> {
        self.respond(buckets::set_acl(&self.0, request).await)
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<dto::GetBucketVersioningInput>,
    ) -> S3Result<S3Response<dto::GetBucketVersioningOutput>> {
        self.respond(buckets::versioning(&self.0, request))
    }

    async fn put_bucket_versioning(
        &self,
        request: S3Request<dto::PutBucketVersioningInput>,
    ) -> S3Result<S3Response<dto::PutBucketVersioningOutput>> {
        self.respond(buckets::set_versioning(&self.0, request).await)
    }

    async fn get_bucket_lifecycle_configuration(
        &self,
        request: S3Request<dto::GetBucketLifecycleConfigurationInput>,
    ) -> S3Result<S3Response<dto::GetBucketLifecycleConfigurationOutput>> {
        self.respond(buckets::lifecycle(&self.0, request))
    }

    async fn put_bucket_lifecycle_configuration(
        &self,
        request: S3Request<dto::PutBucketLifecycleConfigurationInput>,
    ) -> S3Result<S3Response<dto::PutBucketLifecycleConfigurationOutput>> {
        self.respond(buckets::set_lifecycle(&self.0, request).await)
    }

    async fn delete_bucket_lifecycle(
        &self,
        request: S3Request<dto::DeleteBucketLifecycleInput>,
    ) -> S3Result<S3Response<dto::DeleteBucketLifecycleOutput>> {
        self.respond(buckets::delete_lifecycle(&self.0, request).await)
    }

    async fn get_bucket_policy(
        &self,
        request: S3Request<dto::GetBucketPolicyInput>,
    ) -> S3Result<S3Response<dto::GetBucketPolicyOutput>> {
        self.respond(buckets::policy(&self.0, request))
    }

    async fn get_bucket_cors(
        &self,
        request: S3Request<dto::GetBucketCorsInput>,
    ) -> S3Result<S3Response<dto::GetBucketCorsOutput>> {
        self.respond(buckets::cors(&self.0, request))
    }

    async fn list_objects(
        &self,
        request: S3Request<dto::ListObjectsInput>,
    ) -> S3Result<S3Response<dto::ListObjectsOutput>> {
        self.respond(lists::first(&self.0, request))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<dto::ListObjectsV2Input>,
    ) -> S3Result<S3Response<dto::ListObjectsV2Output>> {
        self.respond(lists::second(&self.0, request))
    }

    async fn list_object_versions(
        &self,
        request: S3Request<dto::ListObjectVersionsInput>,
    ) -> S3Result<S3Response<dto::ListObjectVersionsOutput>> {
        self.respond(lists::versions(&self.0, request))
    }

    async fn put_object(
        &self,
        request: S3Request<dto::PutObjectInput>,
    ) -> S3Result<S3Response<dto::PutObjectOutput>> {
        self.respond(objects::put(&self.0, request).await)
    }

    async fn get_object(
        &self,
        request: S3Request<dto::GetObjectInput>,
    ) -> S3Result<S3Response<dto::GetObjectOutput>> {
        self.respond(objects::get(&self.0, request).await)
    }

    async fn head_object(
        &self,
        request: S3Request<dto::HeadObjectInput>,
    ) -> S3Result<S3Response<dto::HeadObjectOutput>> {
        self.respond(objects::head(&self.0, request))
    }

    async fn copy_object(
        &self,
        request: S3Request<dto::CopyObjectInput>,
    ) -> S3Result<S3Response<dto::CopyObjectOutput>> {
        self.respond(copies::copy(&self.0, request).await)
    }

    async fn delete_object(
        &self,
        request: S3Request<dto::DeleteObjectInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectOutput>> {
        self.respond(objects::delete(&self.0, request).await)
    }

    async fn delete_objects(
        &self,
        request: S3Request<dto::DeleteObjectsInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectsOutput>> {
        self.respond(objects::delete_many(&self.0, request).await)
    }

    async fn get_object_acl(
        &self,
        request: S3Request<dto::GetObjectAclInput>,
    ) -> S3Result<S3Response<dto::GetObjectAclOutput>> {
        self.respond(objects::acl(&self.0, request))
    }

    async fn put_object_acl(
        &self,
        request: S3Request<dto::PutObjectAclInput>,
    ) -> S3Result<S3Response<dto::PutObjectAclOutput>> {
        self.respond(objects::set_acl(&self.0, request).await)
    }

    async fn get_object_tagging(
        &self,
        request: S3Request<dto::GetObjectTaggingInput>,
    ) -> S3Result<S3Response<dto::GetObjectTaggingOutput>> {
        self.respond(objects::tags(&self.0, request))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<dto::CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<dto::CreateMultipartUploadOutput>> {
        self.respond(parts::begin(&self.0, request).await)
    }

    async fn upload_part(
        &self,
        request: S3Request<dto::UploadPartInput>,
    ) -> S3Result<S3Response<dto::UploadPartOutput>> {
        self.respond(parts::put(&self.0, request).await)
    }

    async fn upload_part_copy(
        &self,
        request: S3Request<dto::UploadPartCopyInput>,
    ) -> S3Result<S3Response<dto::UploadPartCopyOutput>> {
        self.respond(parts::copy(&self.0, request).await)
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<dto::CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<dto::CompleteMultipartUploadOutput>> {
        self.respond(parts::complete(&self.0, request).await)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<dto::AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<dto::AbortMultipartUploadOutput>> {
        self.respond(parts::abort(&self.0, request).await)
    }

    async fn list_parts(
        &self,
        request: S3Request<dto::ListPartsInput>,
    ) -> S3Result<S3Response<dto::ListPartsOutput>> {
        self.respond(parts::list(&self.0, request))
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<dto::ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<dto::ListMultipartUploadsOutput>> {
        self.respond(parts::uploads(&self.0, request))
    }
}
