//! Images of droplets: snapshots that the account has made, and backups.

use crate::cloud::resources::catalogue::Image;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One image of a droplet's disk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserImage {
    /// Numeric id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The droplet that it was made of.
    pub droplet: u64,
    /// Slug of the platform's image that the droplet was made from.
    pub base: String,
    /// Region slugs.
    pub regions: BTreeSet<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Smallest disk in GiB that takes it.
    pub min_disk: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// Whether it can be used.
    pub status: ImageStatus,
    /// Why it was made.
    #[serde(default)]
    pub kind: ImageKind,
}

/// Why an image was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageKind {
    /// The account asked for it.
    #[default]
    Snapshot,
    /// The droplet is backed up; goes when it is too old, and with the droplet.
    Backup,
}

/// Whether an image can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageStatus {
    /// It is being created and is not visible yet.
    Pending,
    /// It can.
    Available,
    /// Deleted by the account, not yet cleaned up on the machine.
    Destroying,
}

/// What a droplet is made from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// An image of the platform.
    Platform(&'static Image),
    /// An image of the account.
    User(&'a UserImage),
}

impl Source<'_> {
    /// The key that a droplet stores: the slug, or the id.
    #[must_use]
    pub fn key(self) -> String {
        match self {
            Self::Platform(image) => image.slug.to_owned(),
            Self::User(image) => image.id.to_string(),
        }
    }

    /// Smallest disk in GiB that takes it.
    #[must_use]
    pub fn min_disk(self) -> u64 {
        match self {
            Self::Platform(image) => image.min_disk_size,
            Self::User(image) => image.min_disk,
        }
    }
}
