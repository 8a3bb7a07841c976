//! The files of the documentation.

use super::results::Matrix;
use super::{page, plot};
use crate::error::Error;
use std::path::Path;

/// Writes `FAILOVER.md` and `failover.svg` into a directory.
///
/// # Errors
/// If they can't be written.
pub fn write(matrix: &Matrix, directory: &Path) -> Result<(), Error> {
    let files = [
        ("FAILOVER.md", page::text(matrix)),
        ("failover.svg", plot::svg(matrix)),
    ];
    for (name, text) in files {
        let path = directory.join(name);
        std::fs::write(&path, text).map_err(|source| Error::Unwritable { path, source })?;
    }
    Ok(())
}
