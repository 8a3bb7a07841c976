//! Operations on the account's images.

use crate::cloud::random::next_id;
use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::actions::{ActionStatus, Event, Work};
use crate::cloud::resources::catalogue;
use crate::cloud::resources::droplets::Droplet;
use crate::cloud::resources::images::{ImageKind, ImageStatus, Source, UserImage};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;

/// What a client changes of an image.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ImageChange {
    name: Option<String>,
    description: Option<String>,
}

impl Record {
    /// Adds a pending image that a droplet's action will create; returns its id.
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
    /// When it does not exist.
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
    /// When the account has none with this id, or the name is empty.
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
    /// When the account has none, or a droplet is being made from it.
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

    /// Removes a deleted image, or one that could not be created.
    pub fn forget_image(&mut self, id: u64) {
        self.images.remove(&id);
    }
}
