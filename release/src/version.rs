//! Whether somebody meant to release a version: its name, its tag, its section in the changelog.

use std::path::Path;
use std::process::Command;

use crate::error::{Error, Result};

/// Whether a text is `vX.Y.Z`, perhaps with `-something`.
#[must_use]
pub fn is_version(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('v') else {
        return false;
    };
    let (numbers, suffix) = rest
        .split_once('-')
        .map_or((rest, None), |(numbers, suffix)| (numbers, Some(suffix)));
    let numbers: Vec<&str> = numbers.split('.').collect();
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
    };
    numbers.len() == 3
        && numbers.iter().all(|number| {
            !number.is_empty()
                && number.len() < 6
                && number.bytes().all(|byte| byte.is_ascii_digit())
        })
        && suffix.is_none_or(|suffix| plain(suffix) && suffix.len() < 40)
}

/// Checks that the working tree has no uncommitted changes, and that a tag of this commit or a section of the changelog names the
/// version.
///
/// # Errors
/// [`Error::UnknownVersion`].
pub fn require(version: &str, repository: &Path) -> Result<()> {
    let changed = git(
        repository,
        &["status", "--porcelain", "--untracked-files=no"],
    )?;
    if let Some(first) = changed.lines().next() {
        return Err(Error::UnknownVersion(format!(
            "the working tree has uncommitted changes ({}, …): commit them, or set TRIAL=1 to release the last commit without them as a trial",
            first.trim()
        )));
    }
    let tags = git(repository, &["tag", "--points-at", "HEAD"])?;
    if tags.lines().any(|tag| tag == version) {
        return Ok(());
    }
    let path = repository.join("CHANGELOG.md");
    let changelog = std::fs::read_to_string(&path).unwrap_or_default();
    if has_section(&changelog, version) {
        return Ok(());
    }
    Err(Error::UnknownVersion(format!(
        "{version} is unknown: this commit has no such tag, and CHANGELOG.md has no section for it; set TRIAL=1 to release it as a trial"
    )))
}

fn has_section(changelog: &str, version: &str) -> bool {
    let bare = version.trim_start_matches('v');
    let headings = changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## "));
    let mut names = headings.map(|heading| heading.trim_start_matches(['[', 'v']));
    names.any(|name| {
        name.strip_prefix(bare)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ']']))
    })
}

fn git(repository: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(arguments)
        .output();
    let output = output.map_err(|error| Error::Failed(format!("can't run git: {error}")))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(Error::Failed(format!(
            "git {}: {}",
            arguments[0],
            text.trim()
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_three_numbers() {
        for good in ["v0.1.0", "v10.20.30", "v1.2.3-rc.1"] {
            assert!(is_version(good), "{good}");
        }
        for bad in [
            "1.2.3",
            "v1.2",
            "v1.2.3.4",
            "v1.2.x",
            "v1.2.3-",
            "v1.2.3;reboot",
            "v1.2.3-a b",
            "v1.2.3-../x",
            "",
        ] {
            assert!(!is_version(bad), "{bad}");
        }
    }

    #[test]
    fn a_section_must_name_exactly_that_version() {
        let changelog = "# Changelog\n\n## v1.2.0 - 2026-01-01\n\n## [1.10.0]\n";
        assert!(has_section(changelog, "v1.2.0"));
        assert!(has_section(changelog, "v1.10.0"));
        assert!(!has_section(changelog, "v1.2.1"));
        assert!(!has_section(changelog, "v1.1.0"));
        assert!(!has_section(changelog, "v1.10"));
    }

    #[test]
    fn uncommitted_changes_and_an_unknown_version_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let run = |arguments: &[&str]| git(directory.path(), arguments).unwrap();
        run(&["init", "--quiet"]);
        std::fs::write(directory.path().join("file"), "a").unwrap();
        run(&["add", "file"]);
        run(&[
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.com",
            "commit",
            "--quiet",
            "-m",
            "x",
        ]);
        assert_eq!(require("v1.2.3", directory.path()).unwrap_err().code(), 5);
        run(&["tag", "v1.2.3"]);
        require("v1.2.3", directory.path()).unwrap();
        std::fs::write(directory.path().join("file"), "b").unwrap();
        let error = require("v1.2.3", directory.path()).unwrap_err();
        assert!(error.to_string().contains("uncommitted"), "{error}");
    }
}
