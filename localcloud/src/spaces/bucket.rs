//! A bucket in memory: settings, versions of objects, uploads in parts. No input or output.

use jiff::Timestamp;
use s3s::dto::LifecycleRule;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The id of the only version of an object in a bucket without versioning.
pub const NULL_VERSION: &str = "null";

/// A bucket's settings; its file `bucket.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    /// Its name, unique in the cloud.
    pub name: String,
    /// Slug of its region; `None` if it was made through an address that names none.
    pub region: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether anyone may list it (canned ACL `public-read`).
    #[serde(default)]
    pub public: bool,
    /// Whether it keeps versions; `None` until a client sets it.
    #[serde(default)]
    pub versioning: Option<Versioning>,
    /// When its objects expire.
    #[serde(default)]
    pub lifecycle: Vec<LifecycleRule>,
}

/// Whether a bucket keeps versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Versioning {
    /// Each write makes a version.
    Enabled,
    /// Writes replace the version `null`; older versions stay.
    Suspended,
}

/// A bucket with its content.
#[derive(Debug)]
pub struct Bucket {
    /// Its settings.
    pub settings: Settings,
    /// Versions by key, the newest last; never an empty list.
    pub objects: BTreeMap<String, Vec<Version>>,
    /// Unfinished uploads by id.
    pub uploads: BTreeMap<Uuid, Upload>,
}

/// One version of an object; a file in `objects/`, and its bytes beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Version {
    /// Name of its files.
    pub file: Uuid,
    /// The object's key.
    pub key: String,
    /// Its id, or [`NULL_VERSION`].
    pub id: String,
    /// Larger than that of every earlier version of the object.
    pub number: u64,
    /// When it was written.
    pub modified: Timestamp,
    /// Its content; `None` in a delete marker.
    pub content: Option<Content>,
}

/// The content of a version, without its bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// In bytes.
    pub size: u64,
    /// MD5 in hex; of an upload in parts the MD5 of their MD5s, a hyphen and their number.
    pub etag: String,
    /// Its metadata.
    #[serde(alias = "about")]
    pub metadata: ObjectMetadata,
}

/// The metadata of an object, set by its writer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ObjectMetadata {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `x-amz-meta-…`.
    #[serde(alias = "metadata")]
    pub user_metadata: BTreeMap<String, String>,
    /// Whether anyone may read it (canned ACL `public-read`).
    pub public: bool,
}

/// An upload in parts that is not finished; a directory in `uploads/`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upload {
    /// Key of the object that it will be.
    pub key: String,
    /// When it began.
    pub initiated: Timestamp,
    /// The metadata of the object that it will be.
    #[serde(alias = "about")]
    pub metadata: ObjectMetadata,
    /// Parts by number, each in a file of its own.
    #[serde(skip)]
    pub parts: BTreeMap<i32, Part>,
}

/// A part of an upload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// In bytes.
    pub size: u64,
    /// MD5 in hex.
    pub etag: String,
    /// When it was received.
    pub modified: Timestamp,
}

/// What a deletion does to a bucket.
#[derive(Debug, Default)]
pub struct Deletion {
    /// A delete marker to be added.
    pub marker: Option<Version>,
    /// A version to be removed.
    pub removed: Option<Version>,
}

impl Bucket {
    /// An empty bucket.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
        }
    }

    /// Whether it has no objects; unfinished uploads don't count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The newest version of an object, which may be a delete marker.
    #[must_use]
    pub fn newest(&self, key: &str) -> Option<&Version> {
        self.objects.get(key)?.last()
    }

    /// The newest version of an object, unless it is a delete marker.
    #[must_use]
    pub fn current(&self, key: &str) -> Option<&Version> {
        self.newest(key).filter(|version| version.content.is_some())
    }

    /// A version of an object by its id.
    #[must_use]
    pub fn version(&self, key: &str, id: &str) -> Option<&Version> {
        let versions = self.objects.get(key)?;
        versions.iter().find(|version| version.id == id)
    }

    /// The version that a write of `content` would add now.
    #[must_use]
    pub fn next_version(&self, key: &str, content: Option<Content>) -> Version {
        let file = Uuid::new_v4();
        let id = match self.settings.versioning {
            Some(Versioning::Enabled) => file.simple().to_string(),
            Some(Versioning::Suspended) | None => NULL_VERSION.to_owned(),
        };
        Version {
            file,
            key: key.to_owned(),
            id,
            number: self.newest(key).map_or(0, |newest| newest.number) + 1,
            modified: Timestamp::now(),
            content,
        }
    }

    /// Adds a version, and returns the one that it replaces.
    pub fn insert(&mut self, version: Version) -> Option<Version> {
        let replaced = self.take(&version.key, &version.id);
        let versions = self.objects.entry(version.key.clone()).or_default();
        versions.push(version);
        versions.sort_by_key(|version| version.number);
        replaced
    }

    /// Removes a version.
    pub fn take(&mut self, key: &str, id: &str) -> Option<Version> {
        let versions = self.objects.get_mut(key)?;
        let at = versions.iter().position(|version| version.id == id)?;
        let version = versions.remove(at);
        if versions.is_empty() {
            self.objects.remove(key);
        }
        Some(version)
    }

    /// What a deletion of an object, or of one version of it, changes.
    #[must_use]
    pub fn deletion(&self, key: &str, id: Option<&str>) -> Deletion {
        if let Some(id) = id {
            return Deletion {
                marker: None,
                removed: self.version(key, id).cloned(),
            };
        }
        if self.settings.versioning.is_none() {
            return Deletion {
                marker: None,
                removed: self.newest(key).cloned(),
            };
        }
        let marker = self.next_version(key, None);
        Deletion {
            removed: self.version(key, &marker.id).cloned(),
            marker: Some(marker),
        }
    }

    /// All versions by key, and of each key the newest first; with whether it is the newest of its key.
    pub fn versions(&self) -> impl Iterator<Item = (&Version, bool)> {
        self.objects.values().flat_map(|versions| {
            let newest = versions.len() - 1;
            let each = versions.iter().enumerate().rev();
            each.map(move |(index, version)| (version, index == newest))
        })
    }

    /// The id of a version as responses report it; `None` where versions were never kept.
    #[must_use]
    pub fn visible_version_id(&self, id: &str) -> Option<String> {
        self.settings.versioning.map(|_| id.to_owned())
    }
}
