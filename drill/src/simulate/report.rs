//! The result of a run, as text and as JSON.

use super::read_back::ReadBack;
use crate::error::{PASSED, REQUESTS_FAILED, WRITES_LOST};
use crate::scenario::step::Kind;
use crate::stats::Percentiles;
use operate::client::Failure;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Counts during a run.
#[derive(Debug, Default)]
pub struct Counts {
    types: BTreeMap<Kind, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    sent: usize,
    failures: BTreeMap<Failure, usize>,
    latencies: Vec<Duration>,
}

impl Counts {
    /// Counts one request. Latencies are those of all requests with a response, good or not.
    pub fn add(&mut self, kind: Kind, failure: Option<Failure>, took: Duration) {
        let entry = self.types.entry(kind).or_default();
        entry.sent += 1;
        if let Some(failure) = failure {
            *entry.failures.entry(failure).or_default() += 1;
        }
        if matches!(failure, None | Some(Failure::Status(_))) {
            entry.latencies.push(took);
        }
    }

    /// Failed requests so far.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.types
            .values()
            .flat_map(|entry| entry.failures.values())
            .sum()
    }
}

/// The result of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Where it was sent.
    pub target: String,
    /// How long the sending took.
    pub seconds: f64,
    /// Requests in all.
    pub sent: usize,
    /// Requests that failed.
    pub failed: usize,
    /// By type of request.
    pub types: BTreeMap<String, TypeReport>,
    /// Whether all acknowledged writes could be read.
    pub read_back: ReadBack,
    /// No failure, and everything was read back.
    pub passed: bool,
}

/// Counts of one type of request.
#[derive(Debug, Serialize)]
pub struct TypeReport {
    /// Requests.
    pub sent: usize,
    /// Good responses within the limit.
    pub ok: usize,
    /// All others, by kind.
    pub errors: BTreeMap<String, usize>,
    /// Of requests with a response, connecting included.
    pub latency_ms: Option<Percentiles>,
}

impl Report {
    pub(super) fn new(target: String, seconds: f64, counts: &Counts, read_back: ReadBack) -> Self {
        let types: BTreeMap<String, TypeReport> = counts
            .types
            .iter()
            .map(|(kind, entry)| (kind.to_string(), TypeReport::new(entry)))
            .collect();
        let failed = counts.failed();
        Self {
            target,
            seconds,
            sent: types.values().map(|entry| entry.sent).sum(),
            failed,
            types,
            passed: failed == 0 && read_back.complete(),
            read_back,
        }
    }

    /// A lost write is worse than a failed request.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if !self.read_back.complete() {
            WRITES_LOST
        } else if self.failed > 0 {
            REQUESTS_FAILED
        } else {
            PASSED
        }
    }
}

impl TypeReport {
    fn new(entry: &Entry) -> Self {
        Self {
            sent: entry.sent,
            ok: entry.sent - entry.failures.values().sum::<usize>(),
            errors: entry
                .failures
                .iter()
                .map(|(failure, count)| (failure.to_string(), *count))
                .collect(),
            latency_ms: Percentiles::of(&entry.latencies),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} requests to {} in {:.1} s, {} errors",
            self.sent, self.target, self.seconds, self.failed
        )?;
        writeln!(
            f,
            "{:<10} {:>7} {:>7} {:>7}   {:>7} {:>7} {:>7} {:>7} ms",
            "type", "sent", "ok", "errors", "p50", "p90", "p99", "max"
        )?;
        for (kind, entry) in &self.types {
            write!(
                f,
                "{kind:<10} {:>7} {:>7} {:>7}  ",
                entry.sent,
                entry.ok,
                entry.sent - entry.ok
            )?;
            match entry.latency_ms {
                Some(p) => writeln!(
                    f,
                    " {:>7.1} {:>7.1} {:>7.1} {:>7.1}",
                    p.p50, p.p90, p.p99, p.max
                )?,
                None => writeln!(f, " {:>7} {:>7} {:>7} {:>7}", "-", "-", "-", "-")?,
            }
            for (failure, count) in &entry.errors {
                writeln!(f, "{:<10} {count:>7} {failure}", "")?;
            }
        }
        for (what, checked) in [
            ("users", self.read_back.users),
            ("messages", self.read_back.messages),
            ("follows", self.read_back.follows),
            ("latest", self.read_back.latest),
        ] {
            let found = checked.acknowledged - checked.wrong;
            writeln!(f, "read back: {found} of {} {what}", checked.acknowledged)?;
        }
        for finding in &self.read_back.findings {
            writeln!(f, "  {finding}")?;
        }
        write!(f, "{}", if self.passed { "passed" } else { "FAILED" })
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_back::Checked;
    use super::*;

    #[test]
    fn failures_are_counted_by_kind_and_the_worst_decides_the_exit_code() {
        let mut counts = Counts::default();
        let took = Duration::from_millis(10);
        counts.add(Kind::Tweet, None, took);
        counts.add(
            Kind::Tweet,
            Some(Failure::Timeout),
            Duration::from_millis(300),
        );
        counts.add(Kind::Tweet, Some(Failure::Status(500)), took);
        let report = Report::new(String::new(), 1.0, &counts, ReadBack::default());
        let tweets = &report.types["tweet"];
        assert_eq!((tweets.sent, tweets.ok, report.failed), (3, 1, 2));
        assert_eq!(tweets.errors["unexpected status 500"], 1);
        assert!((tweets.latency_ms.unwrap().max - 10.0).abs() < 1e-9);
        assert_eq!(report.exit_code(), REQUESTS_FAILED);

        let lost = ReadBack {
            messages: Checked {
                acknowledged: 3,
                wrong: 1,
            },
            ..ReadBack::default()
        };
        let report = Report::new(String::new(), 1.0, &counts, lost);
        assert_eq!(report.exit_code(), WRITES_LOST);
        assert!(!report.passed && report.to_string().ends_with("FAILED"));
        let report = Report::new(String::new(), 1.0, &Counts::default(), ReadBack::default());
        assert_eq!(report.exit_code(), PASSED);
    }
}
