//! Where buckets are on disk, and how they come back after a crash.
//!
//! `BUCKET/bucket.json` has the settings. A version is `objects/ID.json` with its bytes in
//! `objects/ID`; an unfinished upload is `uploads/ID/upload.json` with parts `N.json` and `N`. Bytes are
//! there before the JSON that names them, and go after it, so bytes without JSON mean nothing.

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

/// Where bytes are until they belong to something. No bucket's name begins with a point.
const INCOMING: &str = ".incoming";

/// The directory of all buckets.
#[derive(Debug, Clone)]
pub struct Disk {
    root: PathBuf,
}

/// Bytes that have come and belong to nothing yet; the file goes with this, unless it was renamed.
#[derive(Debug)]
pub struct Incoming(pub PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Disk {
    /// Opens the directory, making it if need be, and forgets what a crash has left half-received.
    ///
    /// # Errors
    /// When it can't be written to.
    pub fn open(root: PathBuf) -> Result<Self> {
        let incoming = root.join(INCOMING);
        let _ = fs::remove_dir_all(&incoming);
        fs::create_dir_all(&incoming).with_context(|| format!("making {}", incoming.display()))?;
        Ok(Self { root })
    }

    /// Every bucket as it is on disk.
    ///
    /// # Errors
    /// When a file can't be read, or is not what it should be.
    pub fn load(&self) -> Result<BTreeMap<String, Bucket>> {
        let mut buckets = BTreeMap::new();
        for name in names(&self.root)? {
            if name == INCOMING {
                continue;
            }
            let directory = self.root.join(&name);
            let Some(settings) = read::<Settings>(&directory.join("bucket.json"))? else {
                // Half-made or half-removed.
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

    /// A new file for bytes that come.
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

    /// Writes a bucket's settings, making its directory if need be.
    ///
    /// # Errors
    /// When the disk refuses, as in all that follows.
    pub fn keep_bucket(&self, settings: &Settings) -> Result<()> {
        let directory = self.root.join(&settings.name);
        fs::create_dir_all(directory.join("objects"))?;
        fs::create_dir_all(directory.join("uploads"))?;
        write(&directory.join("bucket.json"), settings)
    }

    /// Removes a bucket with all that is in it.
    ///
    /// # Errors
    /// As above.
    pub fn remove_bucket(&self, name: &str) -> Result<()> {
        let directory = self.root.join(name);
        fs::remove_file(directory.join("bucket.json"))?;
        fs::remove_dir_all(directory)?;
        Ok(())
    }

    /// Keeps a version, with its bytes unless it says that the object is gone.
    ///
    /// # Errors
    /// As above.
    pub fn keep_version(
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

    /// Keeps an upload that begins.
    ///
    /// # Errors
    /// As above.
    pub fn keep_upload(&self, bucket: &str, id: Uuid, upload: &Upload) -> Result<()> {
        let directory = self.upload(bucket, id);
        fs::create_dir_all(&directory)?;
        write(&directory.join("upload.json"), upload)
    }

    /// Keeps a part, in place of the one that had its number.
    ///
    /// # Errors
    /// As above.
    pub fn keep_part(
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

/// Reads all versions into `bucket`, and gives those that a crash kept from being removed.
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

#[cfg(test)]
mod tests {
    use super::super::bucket::{About, Content};
    use super::*;
    use jiff::Timestamp;

    fn settings() -> Settings {
        Settings {
            name: "backups".to_owned(),
            region: Some("fra1".to_owned()),
            created_at: Timestamp::now(),
            public: false,
            versioning: None,
            lifecycle: Vec::new(),
        }
    }

    fn written(disk: &Disk, bucket: &Bucket, bytes: &str) -> Version {
        let content = Content {
            size: bytes.len() as u64,
            etag: bytes.to_owned(),
            about: About::default(),
        };
        let incoming = disk.incoming();
        fs::write(&incoming.0, bytes).unwrap();
        let version = bucket.next_version("k", Some(content));
        disk.keep_version("backups", &version, Some(&incoming))
            .unwrap();
        version
    }

    #[test]
    fn what_a_crash_has_left_half_done_is_gone_and_the_rest_is_back() {
        let root = tempfile::tempdir().unwrap();
        let disk = Disk::open(root.path().to_owned()).unwrap();
        disk.keep_bucket(&settings()).unwrap();
        let mut bucket = Bucket::new(settings());
        let first = written(&disk, &bucket, "first");
        bucket.insert(first.clone());
        // Written over, and the daemon died before the first was removed.
        let second = written(&disk, &bucket, "second");
        // Bytes that came, and nothing that names them.
        let objects = root.path().join("backups/objects");
        fs::write(objects.join(Uuid::new_v4().simple().to_string()), "lost").unwrap();
        fs::write(root.path().join(INCOMING).join("half"), "half").unwrap();
        // A bucket that was being removed.
        fs::create_dir_all(root.path().join("gone/objects")).unwrap();

        let disk = Disk::open(root.path().to_owned()).unwrap();
        let buckets = disk.load().unwrap();
        assert_eq!(buckets.keys().collect::<Vec<_>>(), ["backups"]);
        let current = buckets["backups"].current("k").unwrap();
        assert_eq!(current.file, second.file);
        let bytes = fs::read_to_string(disk.bytes("backups", current)).unwrap();
        assert_eq!(bytes, "second");
        assert_eq!(names(&objects).unwrap().len(), 2);
        assert!(names(&root.path().join(INCOMING)).unwrap().is_empty());
        assert!(!root.path().join("gone").exists());
    }
}
