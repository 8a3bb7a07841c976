//! Backups of droplets: when they are due, and which are too old.
//!
//! A backup is an image of the disk like a snapshot. It is made once in each window of the droplet's
//! policy, kept for as long as the plan says, and goes with the droplet.

use super::actions::Event;
use super::droplets::{Droplet, DropletStatus};
use super::images::{ImageKind, ImageStatus};
use super::{Record, Refusal};
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::{Deserialize, Deserializer, Serialize};

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
    #[serde(default, deserialize_with = "empty_is_none")]
    pub weekday: Option<String>,
    /// One of [`HOURS`].
    #[serde(default)]
    pub hour: u8,
}

fn empty_is_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()))
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
    /// Refuses plans, days and hours that there are not.
    ///
    /// # Errors
    /// The sentence that says which.
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

    /// Begin of the window so many days after the day of `now`, if there is one that day.
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

impl Droplet {
    /// When it is backed up, if it is.
    #[must_use]
    pub fn backup_policy(&self) -> Option<BackupPolicy> {
        self.features
            .contains("backups")
            .then(|| self.backup_policy.clone().unwrap_or_default())
    }

    /// Refuses unless it is backed up.
    pub(super) fn check_backed_up(&self) -> Result<(), Refusal> {
        if self.features.contains("backups") {
            return Ok(());
        }
        Err(Refusal::unprocessable(
            "Backups are not enabled for this Droplet.",
        ))
    }
}

impl Record {
    /// Notes a backup that a droplet's action is about to make; gives the image's id.
    pub(super) fn begin_backup(&mut self, droplet: &Droplet) -> Result<u64, Refusal> {
        droplet.check_backed_up()?;
        let day = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let name = format!("{} {day}", droplet.name);
        Ok(self.begin_image(droplet, name, ImageKind::Backup))
    }

    /// Droplets that are to be backed up now: their window is open, and has no backup yet.
    #[must_use]
    pub fn backups_due(&self, now: Timestamp) -> Vec<u64> {
        let ready = self.droplets.values().filter(|droplet| {
            !droplet.destroying && droplet.pending.is_none() && droplet.status != DropletStatus::New
        });
        let due = ready.filter(|droplet| {
            let Some(start) = droplet.backup_policy().and_then(|p| p.open_window(now)) else {
                return false;
            };
            let since = droplet.backed_up_since.unwrap_or(droplet.created_at);
            let mut images = self.images.values();
            since <= start
                && !images.any(|image| {
                    image.droplet == droplet.id
                        && image.kind == ImageKind::Backup
                        && image.created_at >= start
                })
        });
        due.map(|droplet| droplet.id).collect()
    }

    /// Starts the backups that are due and deletes those that are too old or whose droplet is gone.
    pub fn keep_backups(&mut self, now: Timestamp) {
        for droplet in self.backups_due(now) {
            // It was looked at just now.
            let _ = self.start_event(droplet, Event::Backup { image: 0 });
        }
        for image in self.backups_stale(now) {
            // One that a droplet is being made from goes later.
            let _ = self.delete_image(image);
        }
    }

    /// Backups that are too old, or whose droplet is gone.
    #[must_use]
    pub fn backups_stale(&self, now: Timestamp) -> Vec<u64> {
        let images = self.images.values().filter(|image| {
            image.kind == ImageKind::Backup && image.status == ImageStatus::Available
        });
        let stale = images.filter(|image| {
            // Of one that is no longer backed up, the last plan counts.
            self.droplet(image.droplet).map_or(true, |droplet| {
                let policy = droplet.backup_policy.clone().unwrap_or_default();
                let days = i64::from(policy.retention_days());
                image.created_at + SignedDuration::from_hours(24 * days) <= now
            })
        });
        stale.map(|image| image.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NONE: [u64; 0] = [];

    #[test]
    fn the_next_window_is_the_next_fitting_hour() {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let next = |plan: &str, weekday: Option<&str>, hour| {
            let policy = BackupPolicy {
                plan: plan.to_owned(),
                weekday: weekday.map(str::to_owned),
                hour,
            };
            policy.check().unwrap();
            policy.next_window(now).unwrap().0.to_string()
        };
        assert_eq!(next("daily", None, 12), "2026-11-21T12:00:00Z");
        assert_eq!(next("daily", None, 8), "2026-11-22T08:00:00Z");
        assert_eq!(next("weekly", Some("SAT"), 8), "2026-11-28T08:00:00Z");
        assert_eq!(next("weekly", Some("SUN"), 0), "2026-11-22T00:00:00Z");
    }

    #[test]
    fn a_window_has_one_backup_and_old_ones_go() {
        let mut record = Record::new(0);
        let order = json!({"name": "a", "region": "fra1", "size": "s-1vcpu-1gb",
            "image": "debian-12-x64", "backups": true,
            "backup_policy": {"plan": "daily", "hour": 8}});
        let order = serde_json::from_value(order).unwrap();
        let (id, action) = record.create_droplets(&order).unwrap()[0];
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        record.droplets.get_mut(&id).unwrap().created_at = at("2026-11-20T09:00:00Z");
        let due = |record: &Record, text: &str| record.backups_due(at(text));
        assert_eq!(
            due(&record, "2026-11-21T08:30:00Z"),
            NONE,
            "it was never booted"
        );
        record.finish_action(action, None);
        record.droplets.get_mut(&id).unwrap().status = DropletStatus::Active;
        assert_eq!(
            due(&record, "2026-11-20T09:30:00Z"),
            NONE,
            "ordered in the window"
        );
        assert_eq!(due(&record, "2026-11-21T07:59:59Z"), NONE);
        assert_eq!(due(&record, "2026-11-21T08:00:00Z"), [id]);
        assert_eq!(due(&record, "2026-11-21T12:00:00Z"), NONE);

        record.keep_backups(at("2026-11-21T08:00:00Z"));
        assert_eq!(
            due(&record, "2026-11-21T08:00:30Z"),
            NONE,
            "it is under way"
        );
        let pending = record.droplet(id).unwrap().pending.unwrap();
        assert_eq!(record.action(pending).unwrap().work.kind(), "backup");
        record.finish_action(pending, None);
        let image = *record.images.keys().next().unwrap();
        record.image_made(image, 1);
        record.images.get_mut(&image).unwrap().created_at = at("2026-11-21T08:00:00Z");
        assert_eq!(due(&record, "2026-11-21T08:01:00Z"), NONE, "it is done");
        assert_eq!(due(&record, "2026-11-22T08:01:00Z"), [id]);

        let stale = |record: &Record, text: &str| record.backups_stale(at(text));
        assert_eq!(stale(&record, "2026-11-28T07:59:59Z"), NONE);
        assert_eq!(stale(&record, "2026-11-28T08:00:00Z"), [image]);
        record.droplets.clear();
        record.keep_backups(at("2026-11-21T09:00:00Z"));
        assert_eq!(record.user_images().count(), 0, "nobody has it");
    }

    #[test]
    fn odd_policies_are_refused() {
        for (plan, weekday, hour) in [
            ("hourly", None, 0),
            ("daily", Some("SUN"), 0),
            ("weekly", None, 0),
            ("weekly", Some("SUNDAY"), 0),
            ("daily", None, 5),
        ] {
            let weekday = weekday.map(str::to_owned);
            let policy = BackupPolicy {
                plan: plan.to_owned(),
                weekday,
                hour,
            };
            assert!(policy.check().is_err(), "{policy:?}");
        }
    }
}
