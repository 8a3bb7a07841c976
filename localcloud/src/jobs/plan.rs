//! Derives jobs from the record, and applies the effects of actions to it. Pure.

use crate::cloud::record::Record;
use crate::cloud::resources::actions::{ActionStatus, Event, Work};
use crate::cloud::resources::certificates::CertificateState;
use crate::cloud::resources::droplets::DropletStatus;
use crate::cloud::resources::images::ImageStatus;
use jiff::Timestamp;
use uuid::Uuid;

/// Something to do in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
    Action { id: u64, droplet: u64 },
    Boot(u64),
    DestroyDroplet(u64),
    Database(Uuid),
    DestroyDatabase(Uuid),
    DestroyImage(u64),
    Certificate(Uuid),
}

/// What a job works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Droplet(u64),
    Database(Uuid),
    Image(u64),
    Certificate(Uuid),
}

impl Job {
    /// Whether this is retried after a failure although the record does not ask for it.
    pub(super) fn retries_by_itself(self) -> bool {
        matches!(self, Self::Boot(_) | Self::Database(_))
    }

    /// What no other job may work on meanwhile.
    pub(super) fn subject(self) -> Subject {
        match self {
            Self::Action { droplet, .. } | Self::Boot(droplet) | Self::DestroyDroplet(droplet) => {
                Subject::Droplet(droplet)
            }
            Self::Database(id) | Self::DestroyDatabase(id) => Subject::Database(id),
            Self::DestroyImage(id) => Subject::Image(id),
            Self::Certificate(id) => Subject::Certificate(id),
        }
    }
}

/// The jobs that the record asks for.
pub(super) fn due(record: &Record) -> Vec<Job> {
    let actions = record
        .actions
        .values()
        .filter(|action| action.status == ActionStatus::InProgress);
    let actions = actions.map(|action| Job::Action {
        id: action.id,
        droplet: action.work.droplet(),
    });
    let deleted = record
        .droplets
        .values()
        .filter(|droplet| droplet.destroying);
    let deleted = deleted.map(|droplet| Job::DestroyDroplet(droplet.id));
    let databases = record
        .databases
        .values()
        .filter_map(|database| match database {
            database if database.destroying => Some(Job::DestroyDatabase(database.id)),
            database if database.synced < database.revision => Some(Job::Database(database.id)),
            _ => None,
        });
    let images = record.images.values();
    let images = images.filter(|image| image.status == ImageStatus::Destroying);
    let images = images.map(|image| Job::DestroyImage(image.id));
    let certificates = record.certificates.values();
    let certificates = certificates.filter(|one| one.state == CertificateState::Pending);
    let certificates = certificates.map(|one| Job::Certificate(one.id));
    actions
        .chain(deleted)
        .chain(databases)
        .chain(images)
        .chain(certificates)
        .collect()
}

/// What should run when the daemon starts and isn't started by [`due`] anyway.
pub(super) fn to_resume(record: &Record) -> Vec<Job> {
    let live = record
        .droplets
        .values()
        .filter(|droplet| !droplet.destroying);
    let active = live.filter(|droplet| droplet.status == DropletStatus::Active);
    let databases = record
        .databases
        .values()
        .filter(|database| !database.destroying);
    let databases = databases.map(|database| Job::Database(database.id));
    active
        .map(|droplet| Job::Boot(droplet.id))
        .chain(databases)
        .collect()
}

/// Records the effect of an action that has succeeded.
pub(super) fn apply_success(record: &mut Record, work: &Work) {
    let Work::Droplet { droplet, event } = work else {
        return;
    };
    let Some(droplet) = record.droplets.get_mut(droplet) else {
        return;
    };
    match event {
        Event::Create | Event::PowerOn | Event::Reboot | Event::PowerCycle => {
            droplet.status = DropletStatus::Active;
        }
        Event::PowerOff | Event::Shutdown => droplet.status = DropletStatus::Off,
        Event::Rename { name } => droplet.name.clone_from(name),
        Event::Resize { size, disk } => {
            droplet.size.clone_from(size);
            if *disk {
                droplet.disk = droplet.size().disk;
            }
        }
        Event::Rebuild { image } => {
            droplet.image.clone_from(image);
            droplet.status = DropletStatus::Active;
        }
        Event::Restore { .. } => droplet.status = DropletStatus::Active,
        Event::EnableBackups { policy } => {
            droplet.features.insert("backups".to_owned());
            droplet.backup_policy = Some(policy.clone());
            droplet.backed_up_since = Some(Timestamp::now());
        }
        Event::ChangeBackupPolicy { policy } => {
            droplet.backup_policy = Some(policy.clone());
            droplet.backed_up_since = Some(Timestamp::now());
        }
        Event::DisableBackups => {
            droplet.features.remove("backups");
        }
        Event::EnableIpv6 => {
            droplet.features.insert("ipv6".to_owned());
        }
        Event::Snapshot { .. } | Event::Backup { .. } | Event::PasswordReset => {}
    }
}

/// Records what an action that has failed leaves behind.
pub(super) fn apply_failure(record: &mut Record, work: &Work) {
    if let Work::Droplet {
        event: Event::Snapshot { image, .. } | Event::Backup { image },
        ..
    } = work
    {
        record.forget_image(*image);
    }
}
