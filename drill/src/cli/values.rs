//! Values that are typed as numbers.

use std::time::Duration;

pub(super) fn minutes(text: &str) -> Result<Duration, String> {
    seconds(text)
        .map(|seconds| seconds * 60)
        .map_err(|_| "give a number of minutes, such as 60 or 0.5".to_owned())
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "give a number of seconds, such as 5 or 2.5".to_owned())
}
