//! Images of droplets: snapshots that the account has made, and backups.

use super::actions::{ActionStatus, Event, Work};
use super::catalogue::{self, Image};
use super::droplets::Droplet;
use super::{Record, Refusal, next_id};
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
    /// It is being made; nobody sees it.
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
    /// What a droplet's record says about it: the slug, or the id.
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

/// What a client changes of an image.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ImageChange {
    name: Option<String>,
    description: Option<String>,
}

impl Record {
    /// Notes an image that a droplet's action is about to make; gives its id.
    pub(super) fn begin_image(&mut self, droplet: &Droplet, name: String, kind: ImageKind) -> u64 {
        let id = next_id(&mut self.last_image);
        let base = match self.image_source(&droplet.image) {
            Some(Source::User(image)) => image.base.clone(),
            Some(Source::Platform(image)) => image.slug.to_owned(),
            None => catalogue::IMAGES[0].slug.to_owned(),
        };
        let image = UserImage {
            id,
            name,
            description: String::new(),
            droplet: droplet.id,
            base,
            regions: BTreeSet::from([droplet.region.clone()]),
            created_at: Timestamp::now(),
            min_disk: droplet.disk,
            bytes: 0,
            tags: BTreeSet::new(),
            status: ImageStatus::Pending,
            kind,
        };
        self.images.insert(id, image);
        id
    }

    /// Records that an image is there and how many bytes it has.
    pub fn image_made(&mut self, id: u64, bytes: u64) {
        if let Some(image) = self.images.get_mut(&id) {
            image.bytes = bytes;
            image.status = ImageStatus::Available;
        }
    }

    /// An image of the account by id.
    ///
    /// # Errors
    /// When there is none.
    pub fn user_image(&self, id: u64) -> Result<&UserImage, Refusal> {
        let image = self.images.get(&id).ok_or(Refusal::NotFound)?;
        match image.status {
            ImageStatus::Available => Ok(image),
            _ => Err(Refusal::NotFound),
        }
    }

    /// Images of the account, oldest first.
    pub fn user_images(&self) -> impl Iterator<Item = &UserImage> {
        let all = self.images.values();
        all.filter(|image| image.status == ImageStatus::Available)
    }

    /// Images of one kind that were made of a droplet, oldest first.
    pub fn images_of(&self, droplet: u64, kind: ImageKind) -> impl Iterator<Item = &UserImage> {
        let all = self.user_images();
        all.filter(move |image| image.droplet == droplet && image.kind == kind)
    }

    /// What a droplet can be made from, by slug or id.
    #[must_use]
    pub fn image_source(&self, slug_or_id: &str) -> Option<Source<'_>> {
        if let Some(image) = catalogue::image(slug_or_id) {
            return Some(Source::Platform(image));
        }
        let id = slug_or_id.parse().ok()?;
        self.user_image(id).ok().map(Source::User)
    }

    /// Changes an image's name and description.
    ///
    /// # Errors
    /// When there is none of the account with this id, or the name is empty.
    pub fn update_image(&mut self, id: u64, change: ImageChange) -> Result<(), Refusal> {
        self.user_image(id)?;
        let image = self.images.get_mut(&id).ok_or(Refusal::NotFound)?;
        if change.name.as_deref() == Some("") {
            return Err(Refusal::unprocessable("A name must be given"));
        }
        image.name = change.name.unwrap_or_else(|| image.name.clone());
        let description = change.description;
        image.description = description.unwrap_or_else(|| image.description.clone());
        Ok(())
    }

    /// Deletes an image. It is gone for the account at once; the machine cleans up later
    /// ([`Self::forget_image`]).
    ///
    /// # Errors
    /// When there is none of the account, or a droplet is being made from it.
    pub fn delete_image(&mut self, id: u64) -> Result<(), Refusal> {
        self.user_image(id)?;
        let in_use = self.actions.values().any(|action| {
            action.status == ActionStatus::InProgress && self.reads(&action.work, id)
        });
        if in_use {
            return Err(Refusal::unprocessable(
                "The image is in use by a pending event.",
            ));
        }
        if let Some(image) = self.images.get_mut(&id) {
            image.status = ImageStatus::Destroying;
        }
        Ok(())
    }

    fn reads(&self, work: &Work, image: u64) -> bool {
        let Work::Droplet { droplet, event } = work else {
            return false;
        };
        let key = match event {
            Event::Rebuild { image } | Event::Restore { image } => Some(image),
            Event::Create => self.droplets.get(droplet).map(|droplet| &droplet.image),
            _ => None,
        };
        key.is_some_and(|key| *key == image.to_string())
    }

    /// Frees what a deleted image had, or one whose making has failed.
    pub fn forget_image(&mut self, id: u64) {
        self.images.remove(&id);
    }
}
