//! Backups of droplets: when they are due, and which are too old.
//!
//! A backup is an image of the disk like a snapshot. It is made once in each window of the droplet's
//! policy, kept as long as the plan defines, and deleted with the droplet.

use crate::cloud::refusal::Refusal;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

/// Hours of the day (UTC) at which a window may begin.
pub const HOURS: [u8; 6] = [0, 4, 8, 12, 16, 20];

/// Days of the week as policies name them.
pub const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Hours that a window lasts.
pub const WINDOW: i64 = 4;

/// When a droplet is backed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPolicy {
    /// `daily` or `weekly`.
    pub plan: String,
    /// One of [`DAYS`]; of weekly plans only. Clients in Go send an empty one for none.
    #[serde(default, deserialize_with = "crate::cloud::json::empty_is_none")]
    pub weekday: Option<String>,
    /// One of [`HOURS`].
    #[serde(default)]
    pub hour: u8,
}

impl Default for BackupPolicy {
    fn default() -> Self {
        Self {
            plan: "weekly".to_owned(),
            weekday: Some("SUN".to_owned()),
            hour: 0,
        }
    }
}

impl BackupPolicy {
    /// Refuses unknown plans, days and hours.
    ///
    /// # Errors
    /// The refusal names the setting.
    pub fn check(&self) -> Result<(), Refusal> {
        let wrong = |what: &str| Err(Refusal::unprocessable(format!("backup_policy: {what}")));
        match (self.plan.as_str(), self.weekday.as_deref()) {
            ("weekly", Some(day)) if DAYS.contains(&day) => {}
            ("daily", None) => {}
            ("weekly", _) => return wrong("weekday must be one of SUN to SAT for a weekly plan"),
            ("daily", _) => return wrong("a daily plan has no weekday"),
            _ => return wrong("plan must be daily or weekly"),
        }
        if HOURS.contains(&self.hour) {
            return Ok(());
        }
        wrong("hour must be one of 0, 4, 8, 12, 16, 20")
    }

    /// Days that a backup is kept.
    #[must_use]
    pub fn retention_days(&self) -> u8 {
        if self.plan == "daily" { 7 } else { 28 }
    }

    /// Begin and end of the next window after `now`.
    #[must_use]
    pub fn next_window(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let windows = (0..=7).filter_map(|days| self.window(now, days));
        let start = windows.into_iter().find(|start| *start > now)?;
        Some((start, start + SignedDuration::from_hours(WINDOW)))
    }

    /// Begin of the window that is open at `now`.
    #[must_use]
    pub fn open_window(&self, now: Timestamp) -> Option<Timestamp> {
        // One that began yesterday at 20:00 closes at midnight.
        let start = self.window(now, 0)?;
        let open = start <= now && now < start + SignedDuration::from_hours(WINDOW);
        open.then_some(start)
    }

    /// Begin of the window `days` after the day of `now`, if that day has one.
    fn window(&self, now: Timestamp, days: i32) -> Option<Timestamp> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let wanted = self.weekday.as_deref();
        let wanted = wanted.and_then(|day| DAYS.iter().position(|known| *known == day));
        let date = today.checked_add(days.days()).ok()?;
        let fits = wanted.is_none_or(|day| position(date.weekday()) == day);
        let hour = i8::try_from(self.hour).ok()?;
        let start = date.at(hour, 0, 0, 0).to_zoned(TimeZone::UTC).ok()?;
        fits.then(|| start.timestamp())
    }
}

fn position(day: Weekday) -> usize {
    usize::try_from(day.to_sunday_zero_offset()).unwrap_or_default()
}
