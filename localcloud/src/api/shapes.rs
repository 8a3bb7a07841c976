//! JSON that appears in the responses of several resources.

use crate::cloud::record::Record;
use crate::cloud::resources::actions::Action;
use crate::cloud::resources::backups::{BackupPolicy, WINDOW};
use crate::cloud::resources::catalogue::{self, IMAGES, Image, REGIONS, Region, SIZES, Size};
use crate::cloud::resources::droplets::{Droplet, DropletStatus};
use crate::cloud::resources::images::{ImageKind, Source, UserImage};
use crate::cloud::resources::reserved_ips::ReservedIp;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::net::Ipv4Addr;

/// Mask of the public and reserved networks.
const NETMASK: &str = "255.255.255.0";
/// Hours that a month's price covers.
const HOURS_A_MONTH: f64 = 672.0;

/// A time to the second, as the API writes it.
#[must_use]
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A region.
#[must_use]
pub fn region(region: &Region) -> Value {
    let sizes: Vec<&str> = SIZES.iter().map(|size| size.slug).collect();
    json!({
        "name": region.name,
        "slug": region.slug,
        "features": ["backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer"],
        "available": true,
        "sizes": sizes,
    })
}

/// A region by slug.
#[must_use]
pub fn region_of(slug: &str) -> Value {
    catalogue::region(slug).map_or(Value::Null, region)
}

fn region_slugs() -> Vec<&'static str> {
    REGIONS.iter().map(|region| region.slug).collect()
}

/// A size.
#[must_use]
pub fn size(size: &Size) -> Value {
    json!({
        "slug": size.slug,
        "memory": size.memory,
        "vcpus": size.vcpus,
        "disk": size.disk,
        "transfer": size.transfer,
        "price_monthly": size.price_monthly,
        "price_hourly": size.price_monthly / HOURS_A_MONTH,
        "regions": region_slugs(),
        "available": true,
        "description": size.description,
        "disk_info": disk_info(size.disk),
    })
}

fn disk_info(gib: u64) -> Value {
    json!([{"type": "local", "size": {"amount": gib, "unit": "gib"}}])
}

/// An image.
#[must_use]
pub fn image(image: &Image) -> Value {
    json!({
        "id": image.id,
        "name": image.name,
        "distribution": image.distribution,
        "slug": image.slug,
        "public": true,
        "regions": region_slugs(),
        "created_at": "2024-11-26T17:04:41Z",
        "type": "base",
        "min_disk_size": image.min_disk_size,
        "size_gigabytes": 0.33,
        "description": format!("{} {}", image.distribution, image.name),
        "tags": [],
        "status": "available",
    })
}

/// GB that the platform's image takes, which every image of a droplet holds.
const BASE: f64 = 0.33;
const GIGABYTE: f64 = 1e9;

/// Size of an image in GB, to two digits.
#[expect(clippy::cast_precision_loss, reason = "two digits of it are shown")]
pub fn gigabytes(image: &UserImage) -> f64 {
    ((image.bytes as f64 / GIGABYTE + BASE) * 100.0).round() / 100.0
}

/// An image of the account.
pub fn account_image(image: &UserImage) -> Value {
    let base = catalogue::image(&image.base).unwrap_or(&IMAGES[0]);
    json!({
        "id": image.id,
        "name": image.name,
        "distribution": base.distribution,
        "slug": null,
        "public": false,
        "regions": image.regions,
        "created_at": time(image.created_at),
        "type": image.kind,
        "min_disk_size": image.min_disk,
        "size_gigabytes": gigabytes(image),
        "description": image.description,
        "tags": image.tags,
        "status": image.status,
    })
}

/// What a droplet was made from; the platform's image if the account's is gone.
pub fn droplet_image(record: &Record, key: &str) -> Value {
    match record.image_source(key) {
        Some(Source::User(image)) => account_image(image),
        Some(Source::Platform(platform)) => image(platform),
        None => image(&IMAGES[0]),
    }
}

/// A price as text, in USD.
#[must_use]
pub fn price(usd: f64) -> String {
    format!("{usd:.2}")
}

fn image_ids(record: &Record, droplet: &Droplet, kind: ImageKind) -> Vec<u64> {
    let images = record.images_of(droplet.id, kind);
    images.map(|image| image.id).collect()
}

/// When a droplet is backed up.
#[must_use]
pub fn backup_policy(policy: &BackupPolicy) -> Value {
    let mut view = json!({
        "plan": policy.plan,
        "hour": policy.hour,
        "window_length_hours": WINDOW,
        "retention_period_days": policy.retention_days(),
    });
    if let Some(day) = &policy.weekday {
        view["weekday"] = day.as_str().into();
    }
    view
}

/// A droplet's next window for a backup, or null.
#[must_use]
pub fn window(droplet: &Droplet) -> Value {
    let policy = droplet.backup_policy();
    let window = policy.and_then(|policy| policy.next_window(Timestamp::now()));
    window.map_or(
        Value::Null,
        |(start, end)| json!({"start": time(start), "end": time(end)}),
    )
}

/// A droplet.
#[must_use]
pub fn droplet(record: &Record, droplet: &Droplet) -> Value {
    let its_size = droplet.size();
    json!({
        "id": droplet.id,
        "name": droplet.name,
        "memory": its_size.memory,
        "vcpus": its_size.vcpus,
        "disk": droplet.disk,
        "disk_info": disk_info(droplet.disk),
        "locked": droplet.pending.is_some(),
        "status": droplet.status,
        "kernel": null,
        "created_at": time(droplet.created_at),
        "features": droplet.features,
        "backup_ids": image_ids(record, droplet, ImageKind::Backup),
        "next_backup_window": window(droplet),
        "snapshot_ids": image_ids(record, droplet, ImageKind::Snapshot),
        "image": droplet_image(record, &droplet.image),
        "volume_ids": [],
        "size": size(&its_size),
        "size_slug": droplet.size,
        "networks": networks(record, droplet),
        "region": region_of(&droplet.region),
        "tags": droplet.tags,
        "vpc_uuid": droplet.vpc,
    })
}

/// A droplet's addresses; none until it has booted. A reserved IP that it holds is a further
/// public one.
fn networks(record: &Record, droplet: &Droplet) -> Value {
    if droplet.status == DropletStatus::New {
        return json!({"v4": [], "v6": []});
    }
    let public = |address: Ipv4Addr, gateway: Ipv4Addr| json!({"ip_address": address, "netmask": NETMASK, "gateway": gateway, "type": "public"});
    let mut v4 = vec![public(droplet.public, record.plan().public_gateway())];
    if let Ok(vpc) = record.vpc(droplet.vpc) {
        let (netmask, gateway) = (vpc.range.netmask(), vpc.range.gateway());
        v4.push(json!({"ip_address": droplet.private, "netmask": netmask, "gateway": gateway, "type": "private"}));
    }
    let mut reserved = record.reserved_ips.values();
    if let Some(reserved) = reserved.find(|reserved| reserved.droplet == Some(droplet.id)) {
        let [a, b, c, _] = reserved.ip.octets();
        v4.push(public(reserved.ip, Ipv4Addr::new(a, b, c, 1)));
    }
    json!({"v4": v4, "v6": []})
}

/// An action on a droplet or a reserved IP.
#[must_use]
pub fn action(action: &Action) -> Value {
    let (resource_id, resource_type) = match action.work.reserved_ip() {
        Some(ip) => (u64::from(u32::from(ip)), "reserved_ip"),
        None => (action.work.droplet(), "droplet"),
    };
    json!({
        "id": action.id,
        "status": action.status,
        "type": action.work.kind(),
        "started_at": time(action.started_at),
        "completed_at": action.completed_at.map(time),
        "resource_id": resource_id,
        "resource_type": resource_type,
        "region": region_of(&action.region),
        "region_slug": action.region,
    })
}

/// A reserved IP; its droplet only for those who may see droplets.
#[must_use]
pub fn reserved_ip(record: &Record, reserved: &ReservedIp, with_droplet: bool) -> Value {
    let holder = reserved.droplet.filter(|_| with_droplet);
    let holder = holder.and_then(|id| record.droplet(id).ok());
    json!({
        "ip": reserved.ip,
        "droplet": holder.map(|holder| droplet(record, holder)),
        "region": region_of(&reserved.region),
        "locked": reserved.pending.is_some(),
        "project_id": record.project_of(&format!("do:reservedip:{}", reserved.ip)),
    })
}

/// A link to a resource that belongs to a response.
#[must_use]
pub fn link(id: u64, rel: &str, path: &str) -> Value {
    json!({"id": id, "rel": rel, "href": format!("https://api.digitalocean.com/v2/{path}/{id}")})
}
