//! Reports on standard output.

use crate::error::Error;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, Write as _};

pub(super) fn line(text: impl Display) -> Result<(), Error> {
    writeln!(io::stdout(), "{text}").map_err(Error::Output)
}

pub(super) fn report<T: Serialize + Display>(report: &T, json: bool) -> Result<(), Error> {
    if json {
        let text = serde_json::to_string_pretty(report);
        line(text.map_err(|error| Error::Output(error.into()))?)
    } else {
        line(report)
    }
}
