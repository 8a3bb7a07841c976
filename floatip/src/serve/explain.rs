//! The text of `floatip explain`: what an agent would do now, and why.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::serve::status::Status;

/// The text.
#[must_use]
pub fn text(status: &Status) -> String {
    let it = &status.decision;
    let now = Timestamp::now();
    let mut text = String::new();
    let name = status.droplet.name.as_deref().unwrap_or("this droplet");
    let _ = write!(text, "{name}: {}", it.step);
    if let Some(until) = it.until {
        let wait = until.duration_since(now).as_secs_f64().max(0.0);
        let _ = write!(text, ", for {wait:.1} s unless something changes");
    }
    let _ = writeln!(text, "\nrow `{}`: {}", it.row, it.when);
    let _ = writeln!(text, "because: {}\n", it.because);
    let width =
        |of: fn(&crate::serve::status::Input) -> usize| it.inputs.iter().map(of).max().unwrap_or(0);
    let (names, values) = (
        width(|input| input.name.chars().count()),
        width(|input| input.value.chars().count()),
    );
    let _ = writeln!(text, "{:names$}  {:values$}  AGE", "INPUT", "VALUE");
    for input in &it.inputs {
        let age = input.at.map_or_else(
            || "-".to_owned(),
            |at| format!("{:.1} s", now.duration_since(at).as_secs_f64().max(0.0)),
        );
        let _ = writeln!(
            text,
            "{:names$}  {:values$}  {age}",
            input.name, input.value
        );
    }
    if let Some(freeze) = &status.freeze {
        let _ = writeln!(
            text,
            "\nfrozen by {} since {:.0}: {}",
            freeze.who, freeze.since, freeze.why
        );
    }
    text
}
