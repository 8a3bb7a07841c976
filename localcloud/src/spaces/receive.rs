//! Receives bytes: writes them to a file, counts them, and verifies the checksums of the request.

use super::bucket_files::Incoming;
use super::error::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use md5::{Digest as _, Md5};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::dto::{Checksum, StreamingBlob};
use s3s::{S3Request, TrailingHeaders, s3_error};
use std::fmt::Write as _;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

/// Most bytes of one request: 5 GiB.
pub const LIMIT: u64 = 5 << 30;

/// Headers or trailers that carry a checksum in base64.
const CHECKSUMS: [&str; 5] = [
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    "x-amz-checksum-crc64nvme",
];

/// Bytes that were received completely.
#[derive(Debug)]
pub struct Received {
    /// Where they are.
    pub file: Incoming,
    /// How many.
    pub size: u64,
    /// Their MD5.
    pub md5: [u8; 16],
}

impl Received {
    /// Their MD5 in hex.
    #[must_use]
    pub fn etag(&self) -> String {
        hex(&self.md5)
    }
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string works");
        text
    })
}

/// The checksums that a request announces, in its headers or its trailers.
#[derive(Debug)]
pub struct ExpectedChecksums {
    md5: Option<String>,
    sums: Vec<(&'static str, Option<String>)>,
    trailers: Option<TrailingHeaders>,
}

impl ExpectedChecksums {
    /// No checksums.
    pub const NONE: Self = Self {
        md5: None,
        sums: Vec::new(),
        trailers: None,
    };

    /// The checksums that `request` announces.
    pub fn of<T>(request: &S3Request<T>) -> Self {
        let header = |name: &str| {
            let value = request.headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let announced = header("x-amz-trailer")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let sums = CHECKSUMS.iter().filter_map(|name| {
            let value = header(name);
            let later = announced.split(',').any(|trailer| trailer.trim() == *name);
            (value.is_some() || later).then_some((*name, value))
        });
        Self {
            md5: header("content-md5"),
            sums: sums.collect(),
            trailers: request.trailing_headers.clone(),
        }
    }

    fn hasher(&self) -> ChecksumHasher {
        let mut hasher = ChecksumHasher::default();
        for (name, _) in &self.sums {
            match *name {
                "x-amz-checksum-crc32" => hasher.crc32 = Some(Crc32::default()),
                "x-amz-checksum-crc32c" => hasher.crc32c = Some(Crc32c::default()),
                "x-amz-checksum-sha1" => hasher.sha1 = Some(Sha1::default()),
                "x-amz-checksum-sha256" => hasher.sha256 = Some(Sha256::default()),
                _ => hasher.crc64nvme = Some(Crc64Nvme::default()),
            }
        }
        hasher
    }

    fn verify(&self, md5: &[u8; 16], sums: &Checksum) -> Result<()> {
        if let Some(expected) = &self.md5
            && *expected != STANDARD.encode(md5)
        {
            return Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            )
            .into());
        }
        for (name, value) in &self.sums {
            let trailer = || {
                let trailers = self.trailers.as_ref()?;
                let read = |trailers: &axum::http::HeaderMap| {
                    Some(trailers.get(*name)?.to_str().ok()?.to_owned())
                };
                trailers.read(read)?
            };
            let Some(expected) = value.clone().or_else(trailer) else {
                return Err(s3_error!(IncompleteBody, "The trailer {name} did not come.").into());
            };
            let received = match *name {
                "x-amz-checksum-crc32" => &sums.checksum_crc32,
                "x-amz-checksum-crc32c" => &sums.checksum_crc32c,
                "x-amz-checksum-sha1" => &sums.checksum_sha1,
                "x-amz-checksum-sha256" => &sums.checksum_sha256,
                _ => &sums.checksum_crc64nvme,
            };
            if received.as_ref() != Some(&expected) {
                return Err(s3_error!(
                    BadDigest,
                    "The {name} you specified did not match what we received."
                )
                .into());
            }
        }
        Ok(())
    }
}

/// Writes a request's body to `file`.
///
/// # Errors
/// When it is incomplete, too large, does not match its checksums or signature, or the disk refuses.
pub async fn receive(
    file: Incoming,
    body: Option<StreamingBlob>,
    expected: &ExpectedChecksums,
) -> Result<Received> {
    let mut out = File::create(&file.0).await?;
    let (mut md5, mut sums, mut size) = (Md5::new(), expected.hasher(), 0);
    if let Some(mut body) = body {
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|error| {
                // This includes failures of the signature check.
                let words = error.to_string();
                s3_error!(
                    IncompleteBody,
                    "The body does not match its headers: {words}"
                )
            })?;
            size += bytes.len() as u64;
            if size > LIMIT {
                return Err(s3_error!(EntityTooLarge).into());
            }
            md5.update(&bytes);
            sums.update(&bytes);
            out.write_all(&bytes).await?;
        }
    }
    out.flush().await?;
    out.sync_data().await?;
    let md5 = md5.finalize().into();
    expected.verify(&md5, &sums.finalize())?;
    Ok(Received { file, size, md5 })
}
