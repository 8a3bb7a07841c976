//! Orders of droplets: what clients ask for, checked against the catalogue and the account.

use crate::cloud::json::NumberOrText;
use crate::cloud::random::next_id;
use crate::cloud::record::{DROPLET_LIMIT, Record};
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::actions::{Event, Work};
use crate::cloud::resources::backups::BackupPolicy;
use crate::cloud::resources::catalogue;
use crate::cloud::resources::droplets::{Droplet, DropletStatus};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Most bytes of user data.
const USER_DATA_LIMIT: usize = 64 * 1024;

/// What a client sends about droplets that it orders.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewDroplet {
    /// Name of the one droplet.
    pub name: Option<String>,
    /// Names of several droplets, alike otherwise.
    pub names: Option<Vec<String>>,
    /// Region slug.
    pub region: Option<String>,
    /// Size slug.
    pub size: String,
    /// Image slug or id.
    pub image: NumberOrText,
    /// Ids or fingerprints of SSH keys.
    pub ssh_keys: Option<Vec<NumberOrText>>,
    /// Tags; made if they don't exist.
    pub tags: Option<Vec<String>>,
    /// VPC; the region's default if absent.
    pub vpc_uuid: Option<String>,
    /// For cloud-init.
    pub user_data: Option<String>,
    /// Whether monitoring is enabled.
    pub monitoring: Option<bool>,
    /// Whether backups are enabled.
    pub backups: Option<bool>,
    /// When backups are made; the platform chooses if absent.
    pub backup_policy: Option<BackupPolicy>,
    /// Whether IPv6 is enabled.
    pub ipv6: Option<bool>,
}

impl Record {
    /// Orders droplets; returns each one's id and the id of the action that creates it.
    ///
    /// # Errors
    /// When something asked for does not exist or is used up.
    pub fn create_droplets(&mut self, new: &NewDroplet) -> Result<Vec<(u64, u64)>, Refusal> {
        let names = match (&new.name, &new.names) {
            (Some(name), None) => vec![name.clone()],
            (None, Some(names)) if !names.is_empty() && names.len() <= 10 => names.clone(),
            _ => {
                return Err(Refusal::unprocessable(
                    "Name or names (at most 10) must be given",
                ));
            }
        };
        let live = self
            .droplets
            .values()
            .filter(|droplet| !droplet.destroying)
            .count();
        if live + names.len() > DROPLET_LIMIT {
            return Err(Refusal::unprocessable(
                "creating this/these droplet(s) will exceed your droplet limit",
            ));
        }
        names
            .into_iter()
            .map(|name| self.create_droplet(name, new))
            .collect()
    }

    fn create_droplet(&mut self, name: String, new: &NewDroplet) -> Result<(u64, u64), Refusal> {
        check_name(&name)?;
        let invalid = |what: &str, value: &str| {
            Refusal::unprocessable(format!(
                "You specified an invalid {what} for Droplet creation: {value:?}."
            ))
        };
        let region = new.region.as_deref().unwrap_or("nyc3");
        catalogue::region(region).ok_or_else(|| invalid("region", region))?;
        let size = catalogue::size(&new.size).ok_or_else(|| invalid("size", &new.size))?;
        let image = new.image.to_string();
        let source = self.image_source(&image);
        let source = source.ok_or_else(|| invalid("image", &image))?;
        if source.min_disk() > size.disk {
            return Err(Refusal::unprocessable(
                "This image needs a larger disk than this size has.",
            ));
        }
        let image = source.key();
        if let Some(policy) = &new.backup_policy {
            policy.check()?;
        }
        let user_data = new.user_data.clone().unwrap_or_default();
        if user_data.len() > USER_DATA_LIMIT {
            return Err(Refusal::unprocessable("User data must not exceed 64 KiB"));
        }
        let ssh_keys = self.public_keys(new.ssh_keys.as_deref().unwrap_or_default())?;
        let vpc = self.vpc_for(region, new.vpc_uuid.as_deref())?;
        let (public, anchor) = self.free_public()?;
        let id = next_id(&mut self.last_droplet);
        let droplet = Droplet {
            id,
            name,
            created_at: Timestamp::now(),
            status: DropletStatus::New,
            region: region.to_owned(),
            size: size.slug.to_owned(),
            disk: size.disk,
            image,
            vpc,
            public,
            anchor,
            private: self.free_private(vpc)?,
            tags: self.create_tags(new.tags.as_deref().unwrap_or_default())?,
            ssh_keys,
            user_data,
            features: features(new),
            pending: None,
            backup_policy: new.backup_policy.clone(),
            backed_up_since: None,
            released: None,
            destroying: false,
        };
        self.droplets.insert(id, droplet);
        let work = Work::Droplet {
            droplet: id,
            event: Event::Create,
        };
        Ok((id, self.start_action(work, region.to_owned())))
    }

    fn public_keys(&self, keys: &[NumberOrText]) -> Result<Vec<String>, Refusal> {
        let public_key = |key: &NumberOrText| {
            let key = key.to_string();
            let known = self.ssh_key(&key).map(|key| key.public_key.clone());
            known.map_err(|_| {
                Refusal::unprocessable(format!(
                    "{key} are invalid key identifiers for Droplet creation."
                ))
            })
        };
        keys.iter().map(public_key).collect()
    }
}

fn features(new: &NewDroplet) -> BTreeSet<String> {
    let wanted = [
        ("monitoring", new.monitoring == Some(true)),
        ("backups", new.backups == Some(true)),
        ("ipv6", new.ipv6 == Some(true)),
        ("private_networking", true),
        ("droplet_agent", true),
    ];
    wanted
        .iter()
        .filter(|(_, on)| *on)
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

/// Refuses names that a host can't have.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let edges = |c: char| matches!(c, '.' | '-');
    if name.is_empty()
        || name.len() > 253
        || !name.chars().all(allowed)
        || name.starts_with(edges)
        || name.ends_with(edges)
    {
        return Err(Refusal::unprocessable(
            "Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)",
        ));
    }
    Ok(())
}
