//! Buckets on disk, and how they are read back after a crash.
//!
//! `BUCKET/bucket.json` has the settings. A version is `objects/ID.json` with its bytes in
//! `objects/ID`; an unfinished upload is `uploads/ID/upload.json` with parts `N.json` and `N`. Bytes are
//! written before their JSON and removed after it, so bytes without JSON are leftovers.

use super::bucket::{Bucket, Part, Settings, Upload, Version};
use crate::atomic_file;
use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Directory of bytes that belong to nothing yet. No bucket's name begins with a dot.
pub const INCOMING: &str = ".incoming";

/// The directory of all buckets.
#[derive(Debug, Clone)]
pub struct BucketFiles {
    root: PathBuf,
}

/// Received bytes that belong to nothing yet. Dropping this removes the file, unless it was renamed.
#[derive(Debug)]
pub struct Incoming(pub PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl BucketFiles {
    /// Opens the directory, creates it if it does not exist, and removes what a crash left half-received.
    ///
    /// # Errors
    /// When it can't be written to.
    pub fn open(root: PathBuf) -> Result<Self> {
        let incoming = root.join(INCOMING);
        let _ = fs::remove_dir_all(&incoming);
        fs::create_dir_all(&incoming).with_context(|| format!("making {}", incoming.display()))?;
        Ok(Self { root })
    }

    /// Reads every bucket.
    ///
    /// # Errors
    /// When a file can't be read, or has the wrong format.
    pub fn load(&self) -> Result<BTreeMap<String, Bucket>> {
        let mut buckets = BTreeMap::new();
        for name in names(&self.root)? {
            if name == INCOMING {
                continue;
            }
            let directory = self.root.join(&name);
            let Some(settings) = read::<Settings>(&directory.join("bucket.json"))? else {
                // A crash interrupted its creation or removal.
                fs::remove_dir_all(&directory)?;
                continue;
            };
            let mut bucket = Bucket::new(settings);
            for replaced in load_versions(&directory.join("objects"), &mut bucket)? {
                self.remove_version(&name, &replaced)?;
            }
            bucket.uploads = load_uploads(&directory.join("uploads"))?;
            buckets.insert(name, bucket);
        }
        Ok(buckets)
    }

    /// A new file for bytes to receive.
    #[must_use]
    pub fn incoming(&self) -> Incoming {
        let name = Uuid::new_v4().simple().to_string();
        Incoming(self.root.join(INCOMING).join(name))
    }

    /// The bytes of a version.
    #[must_use]
    pub fn bytes(&self, bucket: &str, version: &Version) -> PathBuf {
        let objects = self.root.join(bucket).join("objects");
        objects.join(version.file.simple().to_string())
    }

    /// The bytes of a part.
    #[must_use]
    pub fn part(&self, bucket: &str, upload: Uuid, number: i32) -> PathBuf {
        self.upload(bucket, upload).join(number.to_string())
    }

    fn upload(&self, bucket: &str, upload: Uuid) -> PathBuf {
        let uploads = self.root.join(bucket).join("uploads");
        uploads.join(upload.simple().to_string())
    }

    /// Writes a bucket's settings, and creates its directory if it does not exist.
    ///
    /// # Errors
    /// When the disk refuses, as in all that follows.
    pub fn write_bucket(&self, settings: &Settings) -> Result<()> {
        let directory = self.root.join(&settings.name);
        fs::create_dir_all(directory.join("objects"))?;
        fs::create_dir_all(directory.join("uploads"))?;
        write(&directory.join("bucket.json"), settings)
    }

    /// Removes a bucket with its content.
    ///
    /// # Errors
    /// As above.
    pub fn remove_bucket(&self, name: &str) -> Result<()> {
        let directory = self.root.join(name);
        fs::remove_file(directory.join("bucket.json"))?;
        fs::remove_dir_all(directory)?;
        Ok(())
    }

    /// Writes a version, with its bytes unless it is a delete marker.
    ///
    /// # Errors
    /// As above.
    pub fn write_version(
        &self,
        bucket: &str,
        version: &Version,
        bytes: Option<&Incoming>,
    ) -> Result<()> {
        let file = self.bytes(bucket, version);
        if let Some(bytes) = bytes {
            fs::rename(&bytes.0, &file)?;
        }
        write(&file.with_extension("json"), version)
    }

    /// Removes a version.
    ///
    /// # Errors
    /// As above.
    pub fn remove_version(&self, bucket: &str, version: &Version) -> Result<()> {
        let file = self.bytes(bucket, version);
        fs::remove_file(file.with_extension("json"))?;
        if version.content.is_some() {
            fs::remove_file(file)?;
        }
        Ok(())
    }

    /// Writes an upload that begins.
    ///
    /// # Errors
    /// As above.
    pub fn write_upload(&self, bucket: &str, id: Uuid, upload: &Upload) -> Result<()> {
        let directory = self.upload(bucket, id);
        fs::create_dir_all(&directory)?;
        write(&directory.join("upload.json"), upload)
    }

    /// Writes a part; replaces the one with the same number.
    ///
    /// # Errors
    /// As above.
    pub fn write_part(
        &self,
        bucket: &str,
        id: Uuid,
        number: i32,
        part: &Part,
        bytes: &Incoming,
    ) -> Result<()> {
        let file = self.part(bucket, id, number);
        fs::rename(&bytes.0, &file)?;
        write(&file.with_extension("json"), part)
    }

    /// Removes an upload with its parts.
    ///
    /// # Errors
    /// As above.
    pub fn remove_upload(&self, bucket: &str, id: Uuid) -> Result<()> {
        let directory = self.upload(bucket, id);
        fs::remove_file(directory.join("upload.json"))?;
        fs::remove_dir_all(directory)?;
        Ok(())
    }
}

/// Reads all versions into `bucket`; returns those that were replaced but, because of a crash, not removed.
fn load_versions(objects: &Path, bucket: &mut Bucket) -> Result<Vec<Version>> {
    let names = names(objects)?;
    let mut versions = Vec::new();
    for name in &names {
        let file = objects.join(name);
        if file.extension().is_some() {
            versions.extend(read::<Version>(&file)?);
        } else if !file.with_extension("json").exists() {
            fs::remove_file(file)?;
        }
    }
    versions.sort_by_key(|version| version.number);
    Ok(versions
        .into_iter()
        .filter_map(|version| bucket.insert(version))
        .collect())
}

fn load_uploads(uploads: &Path) -> Result<BTreeMap<Uuid, Upload>> {
    let mut found = BTreeMap::new();
    for name in names(uploads)? {
        let directory = uploads.join(&name);
        let id =
            Uuid::parse_str(&name).with_context(|| format!("reading {}", directory.display()))?;
        let Some(mut upload) = read::<Upload>(&directory.join("upload.json"))? else {
            fs::remove_dir_all(&directory)?;
            continue;
        };
        for part in names(&directory)? {
            let number = part
                .strip_suffix(".json")
                .and_then(|number| number.parse().ok());
            if let Some(number) = number
                && let Some(part) = read::<Part>(&directory.join(&part))?
            {
                upload.parts.insert(number, part);
            }
        }
        found.insert(id, upload);
    }
    Ok(found)
}

fn names(directory: &Path) -> Result<Vec<String>> {
    let entries =
        fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))?;
    entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// A JSON file's content; `None` if there is no such file.
fn read<T: DeserializeOwned>(file: &Path) -> Result<Option<T>> {
    let doing = || format!("reading {}", file.display());
    match fs::read(file) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).with_context(doing)?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(doing),
    }
}

fn write(file: &Path, content: &impl Serialize) -> Result<()> {
    atomic_file::replace(file, &serde_json::to_vec(content).context("serialising")?)
}
