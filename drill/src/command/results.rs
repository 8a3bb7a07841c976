//! Commands that only read and write files: `drill page`, `drill summary`, `drill faults`.

use super::print;
use crate::cli::{Page, Summary};
use crate::error::{Error, PASSED};
use crate::failover::fault::Fault;
use crate::matrix::results::merge;
use crate::matrix::summary::summarize;
use crate::matrix::write;
use clap::ValueEnum as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

pub(super) fn page(options: &Page) -> Result<u8, Error> {
    let matrix = merge(&options.results)?;
    write(&matrix, &options.write)?;
    print::report(&matrix, false)?;
    Ok(matrix.exit_code())
}

pub(super) fn summary(options: &Summary) -> Result<u8, Error> {
    let faults = match options.faults.as_slice() {
        [] => Fault::value_variants(),
        some => some,
    };
    let summary = summarize(&options.directory, faults)?;
    if let (Some(path), Some(line)) = (&options.left_out, summary.left_out()) {
        append(path, &line)?;
    }
    print::line(&summary)?;
    Ok(summary.exit_code())
}

fn append(path: &Path, line: &str) -> Result<(), Error> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| writeln!(file, "{line}"))
        .map_err(|source| Error::Unwritable {
            path: path.to_owned(),
            source,
        })
}

pub(super) fn faults() -> Result<u8, Error> {
    for fault in Fault::value_variants() {
        print::line(fault.name())?;
    }
    Ok(PASSED)
}
