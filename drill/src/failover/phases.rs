//! The phases of a takeover by the log of the agent on the new live droplet, as offsets from the fault.
//!
//! The offsets hold as far as the hosts' clocks agree. In localcloud they are one clock; elsewhere the droplets' time
//! synchronisation bounds the error, usually at a few ms.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When each phase of a takeover was reached, in ms after the fault; `None` for what was not logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Phases {
    /// The agent detected that its droplet should take over.
    pub detected: Option<f64>,
    /// It decided to claim the live IP.
    pub decided: Option<f64>,
    /// The API accepted the move.
    pub accepted: Option<f64>,
    /// The API reported that the move is complete.
    pub completed: Option<f64>,
    /// The load had a first good response from the new live droplet; where responses don't name their droplet, the agent had
    /// a good response through the live IP.
    pub first_answer: Option<f64>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "@timestamp")]
    timestamp: Timestamp,
    #[serde(rename = "event.action")]
    action: Option<String>,
    event: Option<Event>,
}

#[derive(Deserialize)]
struct Event {
    action: Option<String>,
}

impl Phases {
    /// From the agent's log (JSON lines, ECS names) after `fault`. Other lines are ignored. Of a claim that took
    /// several tries the first detection and decision count, and the acceptance that was completed.
    #[must_use]
    pub fn from_log(log: &str, fault: Timestamp) -> Self {
        let mut phases = Self::default();
        for (action, at) in log.lines().filter_map(event) {
            let offset = milliseconds_between(fault, at);
            if offset < 0.0 {
                continue;
            }
            match action.as_str() {
                "detected" => phases.detected = phases.detected.or(Some(offset)),
                "decided" => phases.decided = phases.decided.or(Some(offset)),
                "accepted" if phases.completed.is_none() => phases.accepted = Some(offset),
                "completed" => phases.completed = phases.completed.or(Some(offset)),
                "first_answer" => phases.first_answer = phases.first_answer.or(Some(offset)),
                _ => {}
            }
        }
        phases
    }

    /// The cloud's share: from the accepted call to its completion, in ms.
    #[must_use]
    pub fn move_latency(&self) -> Option<f64> {
        Some(self.completed? - self.accepted?)
    }
}

fn event(line: &str) -> Option<(String, Timestamp)> {
    let line: Line = serde_json::from_str(line).ok()?;
    let action = line.action.or_else(|| line.event?.action)?;
    Some((action, line.timestamp))
}

/// To the microsecond, so that a difference of two stays exact in print.
fn milliseconds_between(from: Timestamp, to: Timestamp) -> f64 {
    (to.duration_since(from).as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn phases_are_offsets_from_the_fault() {
        let log = r#"
{"@timestamp":"2026-01-02T03:04:05.000Z","event.action":"completed","message":"an earlier move"}
not JSON
{"@timestamp":"2026-01-02T03:04:10.700Z","event.action":"detected"}
{"@timestamp":"2026-01-02T03:04:10.725Z","event":{"action":"decided"}}
{"@timestamp":"2026-01-02T03:04:10.800Z","event.action":"accepted"}
{"@timestamp":"2026-01-02T03:04:10.900Z","message":"no action"}
{"@timestamp":"2026-01-02T03:04:12.000Z","event.action":"accepted"}
{"@timestamp":"2026-01-02T03:04:14.000Z","event.action":"completed"}
{"@timestamp":"2026-01-02T03:04:14.050Z","event.action":"first_answer"}
{"@timestamp":"2026-01-02T03:05:14.000Z","event.action":"accepted"}
{"@timestamp":"2026-01-02T03:05:14.000Z","event.action":"completed"}
"#;
        let phases = Phases::from_log(log, at("2026-01-02T03:04:10Z"));
        let expected = Phases {
            detected: Some(700.0),
            decided: Some(725.0),
            accepted: Some(2000.0),
            completed: Some(4000.0),
            first_answer: Some(4050.0),
        };
        assert_eq!(phases, expected);
        assert_eq!(phases.move_latency(), Some(2000.0));
    }

    #[test]
    fn a_phase_without_a_line_has_no_time() {
        let log = r#"{"@timestamp":"2026-01-02T03:04:10.700Z","event.action":"detected"}"#;
        let phases = Phases::from_log(log, at("2026-01-02T03:04:10Z"));
        assert_eq!(phases.detected, Some(700.0));
        assert_eq!((phases.completed, phases.move_latency()), (None, None));
    }
}
