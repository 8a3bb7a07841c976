//! Writes a journal file with given lines, with systemd's own tool and its export format
//! (`systemd.io/JOURNAL_EXPORT_FORMATS`).

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

/// Time of the first line in µs since 1970: 2026-11-21 08:00 UTC.
const START: u64 = 1_795_248_000_000_000;

/// A line that a service wrote to its standard output.
pub struct Line {
    unit: &'static str,
    text: String,
}

impl Line {
    /// A line as MiniTwit logs for a request, with `changes`.
    pub fn request(sequence: usize, changes: &Value) -> Self {
        let mut fields = Map::new();
        let usual = json!({
            "@timestamp": format!("2026-11-21T08:{:02}:{:02}.123Z", sequence / 60 % 60, sequence % 60),
            "log.level": "info",
            "message": "request",
            "service.name": "minitwit",
            "service.version": "v1.0.0",
            "event.duration": 1_000_000 + sequence,
            "event.sequence": sequence,
            "http.request.method": "GET",
            "http.response.status_code": 200,
            "url.path": "/public",
        });
        for part in [&usual, changes] {
            let part = part.as_object().expect("an object");
            fields.extend(
                part.iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        Self::of("minitwit", Value::Object(fields).to_string())
    }

    /// A line of `unit`.
    pub fn of(unit: &'static str, text: String) -> Self {
        Self { unit, text }
    }
}

/// Writes `lines` to a journal in `directory`.
pub fn write(directory: &Path, lines: &[Line]) -> PathBuf {
    let file = directory.join("system.journal");
    let mut writer = Command::new("/lib/systemd/systemd-journal-remote")
        .arg("--output")
        .arg(&file)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("systemd-journal-remote runs");
    let mut pipe = writer.stdin.take().expect("its input is a pipe");
    for (at, line) in (0u64..).zip(lines) {
        let Line { unit, text } = line;
        let mut entry = String::new();
        write!(
            entry,
            "__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n\
             _BOOT_ID=0123456789abcdef0123456789abcdef\n_MACHINE_ID=fedcba9876543210fedcba9876543210\n\
             _HOSTNAME=minitwit-a\nPRIORITY=6\nSYSLOG_IDENTIFIER={unit}\n_PID=77\n\
             _CMDLINE=/opt/{unit} --hidden-word\n_SYSTEMD_UNIT={unit}.service\nMESSAGE={text}\n\n",
            START + at * 10,
            at * 10 + 1,
        )
        .expect("a String takes any text");
        pipe.write_all(entry.as_bytes()).expect("it reads");
    }
    drop(pipe);
    assert!(writer.wait().expect("it ends").success());
    file
}
