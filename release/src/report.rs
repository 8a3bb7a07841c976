//! The result of a release, printed as text or JSON.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::load::Load;
use crate::progress::StepTime;

/// How a release ended, or why it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both droplets run the new version.
    Confirmed,
    /// The new version is live; `confirm` or `rollback` decides.
    Held,
    /// The new version was live, and the previous one is live again.
    RolledBack,
    /// The live IP did not move.
    Abandoned,
    /// Something failed before the release could be closed: `resume` continues it.
    Open,
}

impl Outcome {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Held => "held",
            Self::RolledBack => "rolled back",
            Self::Abandoned => "abandoned",
            Self::Open => "open",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The result of a release.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// The version that was released.
    pub version: String,
    /// The version before.
    pub previous: String,
    /// SHA-256 of the binary, in hex.
    pub checksum: String,
    /// What went wrong, if anything did.
    pub problem: Option<String>,
    /// From the command to the end.
    pub seconds: f64,
    /// Time per step.
    pub steps: Vec<StepTime>,
    /// Requests that this runner sent through the live IP during the release.
    pub probes: Load,
    /// The versions that answered those requests.
    pub versions_seen: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} after {}, {:.1} s",
            self.outcome, self.version, self.previous, self.seconds
        )?;
        writeln!(f, "sha256 {}", self.checksum)?;
        write!(
            f,
            "requests through the live IP: {}, {} failed, p99 {:.0} ms; answered by {}",
            self.probes.requests,
            self.probes.failed,
            self.probes.p99_ms,
            self.versions_seen.join(", ")
        )?;
        for time in &self.steps {
            write!(f, "\n  {:<12} {:6.1} s", time.step, time.seconds)?;
        }
        if self.outcome == Outcome::Held {
            write!(
                f,
                "\n`make release-confirm` ends the release; `make rollback` makes {} live again",
                self.previous
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_release_says_how_to_end_it() {
        let mut report = Report {
            outcome: Outcome::Held,
            version: "v1.1.0".to_owned(),
            previous: "v1.0.0".to_owned(),
            checksum: "00".to_owned(),
            problem: None,
            seconds: 1.0,
            steps: Vec::new(),
            probes: Load::default(),
            versions_seen: Vec::new(),
        };
        assert!(report.to_string().contains("make rollback"));
        assert_eq!(serde_json::json!(report)["outcome"], "held");
        report.outcome = Outcome::RolledBack;
        assert!(!report.to_string().contains("make rollback"));
        assert_eq!(serde_json::json!(report)["outcome"], "rolled back");
    }
}
