//! An artifact: a directory with the binary, its checksums, bill of materials and provenance.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// The file of checksums, in the format of `sha256sum --check`.
pub const SUMS: &str = "SHA256SUMS";
/// The binary's file name.
pub const BINARY: &str = "minitwit";

/// An artifact whose checksums are right.
#[derive(Clone)]
pub struct Artifact {
    /// The version that the binary reports.
    pub version: String,
    /// SHA-256 of the binary, in hex.
    pub checksum: String,
    /// The binary.
    pub bytes: Vec<u8>,
    /// The migrations in the binary.
    pub migrations: Vec<Migration>,
}

/// One migration, as `minitwit migrations` prints it.
#[derive(Clone, Debug, Deserialize)]
pub struct Migration {
    /// Its number.
    pub version: i32,
    /// Its name.
    pub name: String,
    /// Its statements.
    pub sql: String,
}

impl Artifact {
    /// Reads an artifact, verifies its checksums, and runs its binary to read version and migrations.
    ///
    /// # Errors
    /// [`Error::Artifact`] if a file is missing or damaged, or if the binary is of another version.
    pub fn open(directory: &Path, version: &str) -> Result<Self> {
        let bad = |problem: String| Error::Artifact(format!("{}: {problem}", directory.display()));
        let sums = std::fs::read_to_string(directory.join(SUMS)).map_err(|error| {
            bad(format!(
                "no {SUMS} ({error}); `make artifact VERSION={version}` builds one"
            ))
        })?;
        let mut binary = None;
        for line in sums.lines() {
            let (sum, name) = line.split_once("  ").ok_or_else(|| {
                bad(format!(
                    "{SUMS} contains a line that is not a checksum: {line:?}"
                ))
            })?;
            if Path::new(name).components().count() != 1 || name.starts_with('.') {
                return Err(bad(format!(
                    "{SUMS} names {name:?}, which is not in the directory"
                )));
            }
            let bytes = std::fs::read(directory.join(name))
                .map_err(|error| bad(format!("{name}: {error}")))?;
            if checksum(&bytes) != sum {
                return Err(bad(format!(
                    "{name} was changed after it was built: its checksum differs"
                )));
            }
            if name == BINARY {
                binary = Some(bytes);
            }
        }
        let bytes = binary.ok_or_else(|| bad(format!("{SUMS} does not contain {BINARY}")))?;
        let program = directory.join(BINARY);
        let output = output_of(&program, "--version").map_err(bad)?;
        if output.split_whitespace().last() != Some(version) {
            return Err(bad(format!(
                "the binary is of version {:?}, not {version}",
                output.trim()
            )));
        }
        let migrations = output_of(&program, "migrations").map_err(bad)?;
        let migrations = serde_json::from_str(&migrations)
            .map_err(|error| bad(format!("the binary does not print its migrations: {error}")))?;
        Ok(Self {
            version: version.to_owned(),
            checksum: checksum(&bytes),
            bytes,
            migrations,
        })
    }
}

fn output_of(program: &Path, argument: &str) -> Result<String, String> {
    let program = program.canonicalize().map_err(|error| error.to_string())?;
    let output = Command::new(&program).arg(argument).env_clear().output();
    let output = output.map_err(|error| format!("the binary does not run: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{BINARY} {argument}` fails: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// SHA-256 in hex.
#[must_use]
pub fn checksum(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Writes [`SUMS`] for files of an artifact, in the given order.
///
/// # Errors
/// If a file can't be read or the sums can't be written.
pub fn write_checksums(directory: &Path, names: &[&str]) -> Result<()> {
    let failed = |path: PathBuf| {
        move |error: std::io::Error| Error::Failed(format!("{}: {error}", path.display()))
    };
    let mut sums = String::new();
    for name in names {
        let path = directory.join(name);
        let bytes = std::fs::read(&path).map_err(failed(path))?;
        let _ = writeln!(sums, "{}  {name}", checksum(&bytes));
    }
    let path = directory.join(SUMS);
    std::fs::write(&path, sums).map_err(failed(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn artifact(script: &str) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join(BINARY);
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        write_checksums(directory.path(), &[BINARY]).unwrap();
        directory
    }

    const GOOD: &str =
        "#!/bin/sh\ncase $1 in --version) echo minitwit v1.2.3;; *) echo '[]';; esac\n";

    #[test]
    fn an_artifact_is_what_its_checksums_say() {
        let directory = artifact(GOOD);
        let opened = Artifact::open(directory.path(), "v1.2.3").unwrap();
        assert_eq!(opened.checksum, checksum(GOOD.as_bytes()));
        std::fs::write(directory.path().join(BINARY), format!("{GOOD}# more\n")).unwrap();
        let error = Artifact::open(directory.path(), "v1.2.3").err().unwrap();
        assert_eq!(error.code(), 8, "{error}");
    }

    #[test]
    fn an_artifact_of_another_version_is_refused() {
        let directory = artifact(GOOD);
        let error = Artifact::open(directory.path(), "v1.2.4").err().unwrap();
        assert!(error.to_string().contains("not v1.2.4"), "{error}");
        assert!(Artifact::open(&directory.path().join("none"), "v1.2.3").is_err());
    }

    #[test]
    fn checksums_name_files_beside_them_only() {
        let directory = artifact(GOOD);
        std::fs::write(directory.path().join(SUMS), "00  ../minitwit\n").unwrap();
        assert!(Artifact::open(directory.path(), "v1.2.3").is_err());
    }
}
