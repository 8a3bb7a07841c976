//! A droplet's disk: a sparse ext4 image of the size that was ordered, so that it can be full.
//!
//! Only the droplet's own processes see it mounted. It contains `upper` (what differs from the droplet image),
//! overlayfs's `work`, and while a fault fills the disk, the file `filler`.

use super::command::run;
use super::files::remove;
use super::process::Process;
use anyhow::{Context, Result, bail};
use nix::fcntl::{FallocateFlags, fallocate};
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// One droplet's disk, in the droplet's directory.
#[derive(Debug, Clone)]
pub struct Disk {
    directory: PathBuf,
}

impl Disk {
    /// The disk of the droplet whose directory is `directory`.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }

    fn image(&self) -> PathBuf {
        self.directory.join("disk.img")
    }

    /// A file that exists while a fault fills the disk, so that a droplet that boots meanwhile fills it again.
    fn mark(&self) -> PathBuf {
        self.directory.join("disk.full")
    }

    /// The file that fills the disk, in the supervisor's mounts; the droplet itself does not see it.
    fn filler(&self, supervisor: Process) -> PathBuf {
        let mounted = self.directory.join("disk/filler");
        supervisor.path_from_outside(&mounted)
    }

    /// Whether it exists.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.image().exists()
    }

    /// Creates it, `gib` GiB large, with the content of the directory `upper`, which is moved.
    ///
    /// # Errors
    /// When `mkfs.ext4` fails.
    pub async fn make(&self, upper: &Path, gib: u64) -> Result<()> {
        let root = self.directory.join("disk.root");
        remove(&root)?;
        fs::create_dir_all(root.join("work"))?;
        fs::rename(upper, root.join("upper")).context("moving a disk's content")?;
        let draft = self.directory.join("disk.img.draft");
        remove(&draft)?;
        let image = draft.display().to_string();
        let from = root.display().to_string();
        let size = format!("{gib}G");
        let words = [
            "-q",
            "-F",
            "-d",
            &from,
            // Root's reserve is small, as on the platform's own images.
            "-m",
            "1",
            "-i",
            "65536",
            "-J",
            "size=16",
            "-E",
            // A new file reads as zeros, so that mkfs need not write them, now or in the background.
            "assume_storage_prezeroed=1,root_owner=0:0",
            &image,
            &size,
        ];
        run("mkfs.ext4", &words)
            .await
            .context("making a droplet's disk")?;
        remove(&root)?;
        fs::rename(&draft, self.image()).context("giving a droplet's disk its name")
    }

    /// Grows it if it is smaller than `gib` GiB. The droplet must be off.
    ///
    /// # Errors
    /// When `resize2fs` fails.
    pub async fn grow(&self, gib: u64) -> Result<()> {
        let (image, wanted) = (self.image(), gib << 30);
        if fs::metadata(&image)
            .context("reading the size of a droplet's disk")?
            .len()
            >= wanted
        {
            return Ok(());
        }
        self.released().await?;
        let path = image.display().to_string();
        // Exit status 1 means that errors were corrected, as after a power cut.
        let check = r#"e2fsck -f -p "$1" || [ $? -eq 1 ]"#;
        run("sh", &["-c", check, "check", &path])
            .await
            .context("checking a disk before it grows")?;
        File::options().write(true).open(&image)?.set_len(wanted)?;
        run("resize2fs", &[path]).await.map(drop)
    }

    /// Copies what differs from the droplet image to the new directory `target`; through the mounts of `supervisor`
    /// if the droplet runs.
    ///
    /// # Errors
    /// When the disk can't be read.
    pub async fn copy_to(&self, target: &Path, supervisor: Option<Process>) -> Result<()> {
        let target = target.display().to_string();
        let copied = if let Some(supervisor) = supervisor {
            let upper = supervisor.path_from_outside(&self.directory.join("disk/upper"));
            let upper = upper.display().to_string();
            run("cp", &["-a", &upper, &target]).await
        } else {
            self.released().await?;
            let (image, place) = (self.image(), self.directory.join("disk"));
            let script = "mount -o loop,noatime \"$1\" \"$2\" && cp -a \"$2/upper\" \"$3\"";
            let (image, place) = (image.display().to_string(), place.display().to_string());
            let words = ["--mount", "--propagation=private", "sh", "-c", script];
            let words = [&words[..], &["copy", &image, &place, &target]].concat();
            run("unshare", &words).await
        };
        copied.context("copying a droplet's disk").map(drop)
    }

    /// Fills it, for root too, or frees the space again.
    ///
    /// # Errors
    /// When the disk refuses for another reason than being full.
    pub fn fill(&self, supervisor: Option<Process>, full: bool) -> Result<()> {
        if full {
            File::create(self.mark()).context("marking a disk as full")?;
        } else {
            remove(&self.mark())?;
        }
        let Some(supervisor) = supervisor else {
            return Ok(());
        };
        let filler = self.filler(supervisor);
        if !full {
            return remove(&filler);
        }
        let file = File::create(&filler).context("filling a disk")?;
        let space = nix::sys::statvfs::statvfs(&filler).context("reading a disk's free space")?;
        let block = space.fragment_size();
        let mut piece = space.blocks_free() * block;
        while piece >= block {
            let end = file.metadata()?.size();
            let (offset, length) = (i64::try_from(end)?, i64::try_from(piece)?);
            match fallocate(&file, FallocateFlags::empty(), offset, length) {
                Ok(()) => {}
                Err(nix::errno::Errno::ENOSPC) => piece /= 2,
                Err(error) => return Err(error).context("filling a disk"),
            }
        }
        Ok(())
    }

    /// Whether a fault keeps it full.
    #[must_use]
    pub fn is_to_be_full(&self) -> bool {
        self.mark().exists()
    }

    /// Waits until the kernel has detached it: a moment after its droplet's last process ended.
    ///
    /// # Errors
    /// When it is still attached after 10 s.
    pub async fn released(&self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(10);
        let image = self.image();
        while is_attached(&image) {
            if Instant::now() > deadline {
                bail!("{} is still in use after 10 s", image.display());
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

/// Whether a loop device uses `image`.
fn is_attached(image: &Path) -> bool {
    let devices = fs::read_dir("/sys/block").into_iter().flatten().flatten();
    devices
        .filter_map(|device| fs::read_to_string(device.path().join("loop/backing_file")).ok())
        .any(|file| Path::new(file.trim_end()) == image)
}
