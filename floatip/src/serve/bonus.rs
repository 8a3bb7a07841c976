//! The VRRP bonus: a file that Keepalived adds to its priority, so that mastership follows the holder of the live IP.

use std::{fs, io, io::Write, path::PathBuf};

/// The bonus of the holder. Larger than any other difference between two priorities.
const HOLDER: &str = "50\n";
const OTHER: &str = "0\n";

/// The file.
#[derive(Debug)]
pub struct Bonus {
    path: PathBuf,
    written: Option<bool>,
}

impl Bonus {
    /// The bonus in `path`. An existing file stays as it is until the record was read, so that a restart does not move mastership.
    ///
    /// # Errors
    /// If the file is missing and can't be created.
    pub fn new(path: PathBuf) -> io::Result<Self> {
        if !path.exists() {
            fs::write(&path, OTHER)?;
        }
        Ok(Self {
            path,
            written: None,
        })
    }

    /// Writes whether this droplet holds the live IP, if that changed.
    ///
    /// It is written in place, because Keepalived watches the file and not its name. At no instant it contains anything else: first the
    /// text is written, in one call, then the length is set.
    ///
    /// # Errors
    /// If it can't be written; the next call tries again.
    pub fn write(&mut self, holds: bool) -> io::Result<()> {
        if self.written == Some(holds) {
            return Ok(());
        }
        let text = if holds { HOLDER } else { OTHER };
        if fs::read_to_string(&self.path).is_ok_and(|before| before == text) {
            self.written = Some(holds);
            return Ok(());
        }
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path)?;
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)?;
        self.written = Some(holds);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_50_or_0_and_is_left_alone_without_a_change() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bonus");
        let mut bonus = Bonus::new(path.clone()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "0\n");
        bonus.write(true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "50\n");
        bonus.write(false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "0\n");
        fs::write(&path, "untouched").unwrap();
        bonus.write(false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "untouched");
    }

    #[test]
    fn a_restart_keeps_the_bonus() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bonus");
        fs::write(&path, "50\n").unwrap();
        drop(Bonus::new(path.clone()).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "50\n");
    }
}
