//! Where the repository's working copy is: environments' files are inside it.

use std::path::{Path, PathBuf};

use super::{Error, Result};

/// The working copy that contains the current directory, or else the one that contains this program.
///
/// # Errors
/// [`Error::NoRepository`] if neither is inside one.
pub fn find() -> Result<PathBuf> {
    let here = std::env::current_dir().ok();
    let program = std::env::current_exe().ok();
    [here, program]
        .into_iter()
        .flatten()
        .find_map(|start| above(&start))
        .ok_or(Error::NoRepository)
}

fn above(start: &Path) -> Option<PathBuf> {
    let is_repository = |directory: &&Path| {
        directory.join("ansible/site.yml").is_file() && directory.join("Makefile").is_file()
    };
    start.ancestors().find(is_repository).map(Path::to_owned)
}
