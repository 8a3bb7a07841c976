//! A line for each check, and the suite's result.

use crate::error::{CHECK_FAILED, PASSED};
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// How long the check took.
    pub seconds: u64,
    /// Why it failed.
    pub problems: Vec<String>,
}

/// All checks, in the order in which they ended.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Each check.
    pub checks: Vec<Check>,
}

impl Check {
    /// Of a result: an error is a failed check with this text.
    pub(super) fn new(name: String, took: Duration, result: Result<(), String>) -> Self {
        let problems = match result {
            Ok(()) => Vec::new(),
            Err(text) => text.lines().map(str::to_owned).collect(),
        };
        Self {
            name,
            passed: problems.is_empty(),
            seconds: took.as_secs(),
            problems,
        }
    }
}

impl Report {
    fn failed(&self) -> usize {
        self.checks.iter().filter(|check| !check.passed).count()
    }

    /// A failed check fails the suite; so does a suite without checks.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.failed() > 0 || self.checks.is_empty() {
            CHECK_FAILED
        } else {
            PASSED
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.passed { "ok" } else { "FAILED" };
        write!(f, "{word:<7} {:<76} {:>4} s", self.name, self.seconds)?;
        for problem in &self.problems {
            write!(f, "\n        | {problem}")?;
        }
        Ok(())
    }
}

/// The last line: each check was printed when it ended.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.failed();
        let passed = self.checks.len() - failed;
        write!(f, "alerts: {passed} passed, {failed} failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_check_has_its_problems_below_its_line_and_fails_the_suite() {
        let took = Duration::from_millis(47_900);
        let good = Check::new("disk-full: DiskNearlyFull fires".to_owned(), took, Ok(()));
        assert_eq!(
            good.to_string(),
            format!("ok      {:<76}   47 s", "disk-full: DiskNearlyFull fires")
        );
        let bad = Check::new("quiet".to_owned(), took, Err("one\ntwo".to_owned()));
        assert!(bad.to_string().ends_with("\n        | one\n        | two"));
        let report = |checks: &[&Check]| Report {
            checks: checks.iter().copied().cloned().collect(),
        };
        assert_eq!(report(&[]).exit_code(), CHECK_FAILED);
        assert_eq!(report(&[&good]).exit_code(), PASSED);
        assert_eq!(report(&[&good, &bad]).exit_code(), CHECK_FAILED);
        let text = report(&[&good, &bad]).to_string();
        assert_eq!(text, "alerts: 1 passed, 1 failed");
    }
}
