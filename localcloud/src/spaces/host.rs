//! The `Host` of a request: a region, and in virtual-host style a bucket.
//!
//! The platform's endpoints are `REGION.digitaloceanspaces.com`, and a bucket is also at
//! `BUCKET.REGION.digitaloceanspaces.com`. Here any domain after the region is accepted.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};
use std::net::Ipv4Addr;

/// Slugs of the regions that have Spaces, as the API's clients list them.
pub const REGIONS: [&str; 11] = [
    "ams3", "atl1", "blr1", "fra1", "lon1", "nyc3", "sfo2", "sfo3", "sgp1", "syd1", "tor1",
];

/// Reads hosts for the S3 service, which does not call it for plain addresses: those are path style.
#[derive(Debug)]
pub struct Hosts;

/// The parts of a host.
#[derive(Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// A bucket, in virtual-host style.
    pub bucket: Option<&'a str>,
    /// A region's slug.
    pub region: Option<&'a str>,
}

impl Named<'_> {
    const NOTHING: Self = Self {
        bucket: None,
        region: None,
    };
}

/// Reads the content of a `Host` header.
#[must_use]
pub fn parse(host: &str) -> Named<'_> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    if name.starts_with('[') || name.parse::<Ipv4Addr>().is_ok() {
        return Named::NOTHING;
    }
    let mut at = 0;
    for label in name.split('.') {
        if REGIONS.contains(&label) {
            let bucket = name[..at].strip_suffix('.');
            let region = Some(label);
            return Named { bucket, region };
        }
        at += label.len() + 1;
    }
    Named {
        bucket: name
            .strip_suffix(".localhost")
            .or_else(|| before_address(name)),
        region: None,
    }
}

/// The bucket in `BUCKET.198.18.0.1`, which clients build from an endpoint that is an address.
fn before_address(name: &str) -> Option<&str> {
    let (at, _) = name.rmatch_indices('.').nth(3)?;
    name[at + 1..].parse::<Ipv4Addr>().ok()?;
    Some(&name[..at])
}

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let mut virtual_host = VirtualHost::new(host);
        let named = parse(host);
        if let Some(bucket) = named.bucket {
            virtual_host = virtual_host.with_bucket(bucket);
        }
        if let Some(region) = named.region {
            virtual_host = virtual_host.with_region(region);
        }
        Ok(virtual_host)
    }
}
