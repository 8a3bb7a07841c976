//! Operations on cloud firewalls.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::firewall_rules::NewRule;
use crate::cloud::resources::firewalls::CloudFirewall;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

/// A firewall as a client describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewFirewall {
    /// Name.
    pub name: String,
    /// Inbound rules.
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    pub inbound_rules: Vec<NewRule>,
    /// Outbound rules.
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    pub outbound_rules: Vec<NewRule>,
    /// Droplets to put it on.
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    pub droplet_ids: Vec<u64>,
    /// Tags to put it on.
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    pub tags: Vec<String>,
}

impl Record {
    /// Makes a firewall.
    ///
    /// # Errors
    /// When its name is unfit or taken, it has no rules, or a rule is invalid or names what isn't there.
    pub fn create_firewall(&mut self, new: &NewFirewall) -> Result<Uuid, Refusal> {
        let id = Uuid::new_v4();
        let firewall = self.firewall_from(id, Timestamp::now(), new)?;
        self.firewalls.insert(id, firewall);
        Ok(id)
    }

    /// Replaces a firewall.
    ///
    /// # Errors
    /// When it does not exist, or as [`Self::create_firewall`].
    pub fn replace_firewall(&mut self, id: Uuid, new: &NewFirewall) -> Result<(), Refusal> {
        let created_at = self.firewall(id)?.created_at;
        let firewall = self.firewall_from(id, created_at, new)?;
        self.firewalls.insert(id, firewall);
        Ok(())
    }

    fn firewall_from(
        &self,
        id: Uuid,
        created_at: Timestamp,
        new: &NewFirewall,
    ) -> Result<CloudFirewall, Refusal> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if new.name.is_empty() || new.name.len() > 255 || !new.name.chars().all(allowed) {
            return Err(Refusal::unprocessable(format!(
                "invalid firewall name {:?}",
                new.name
            )));
        }
        if self
            .firewalls
            .values()
            .any(|other| other.name == new.name && other.id != id)
        {
            return Err(Refusal::Conflict("duplicate name".to_owned()));
        }
        if new.inbound_rules.is_empty() && new.outbound_rules.is_empty() {
            return Err(Refusal::unprocessable(
                "must specify at least one inbound or outbound rule",
            ));
        }
        Ok(CloudFirewall {
            id,
            name: new.name.clone(),
            created_at,
            inbound: self.rules(&new.inbound_rules)?,
            outbound: self.rules(&new.outbound_rules)?,
            droplet_ids: self.known_droplets(&new.droplet_ids)?,
            tags: self.known_tags(&new.tags)?,
        })
    }

    /// A firewall by id.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn firewall(&self, id: Uuid) -> Result<&CloudFirewall, Refusal> {
        self.firewalls.get(&id).ok_or(Refusal::NotFound)
    }

    fn firewall_mut(&mut self, id: Uuid) -> Result<&mut CloudFirewall, Refusal> {
        self.firewalls.get_mut(&id).ok_or(Refusal::NotFound)
    }

    /// Removes a firewall.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete_firewall(&mut self, id: Uuid) -> Result<(), Refusal> {
        self.firewalls
            .remove(&id)
            .map(|_| ())
            .ok_or(Refusal::NotFound)
    }

    /// Puts a firewall on droplets, or takes it off them.
    ///
    /// # Errors
    /// When there is no such firewall or droplet.
    pub fn firewall_droplets(
        &mut self,
        id: Uuid,
        droplets: &[u64],
        on: bool,
    ) -> Result<(), Refusal> {
        let droplets = self.known_droplets(droplets)?;
        let own = &mut self.firewall_mut(id)?.droplet_ids;
        for droplet in droplets {
            let _ = if on {
                own.insert(droplet)
            } else {
                own.remove(&droplet)
            };
        }
        Ok(())
    }

    /// Puts a firewall on tags, or takes it off them.
    ///
    /// # Errors
    /// When there is no such firewall or tag.
    pub fn firewall_tags(&mut self, id: Uuid, tags: &[String], on: bool) -> Result<(), Refusal> {
        let tags = self.known_tags(tags)?;
        let own = &mut self.firewall_mut(id)?.tags;
        for tag in tags {
            let _ = if on {
                own.insert(tag)
            } else {
                own.remove(&tag)
            };
        }
        Ok(())
    }

    /// Adds rules to a firewall, or removes them.
    ///
    /// # Errors
    /// When there is no such firewall, or a rule is invalid.
    pub fn firewall_rules(
        &mut self,
        id: Uuid,
        change: &NewFirewall,
        add: bool,
    ) -> Result<(), Refusal> {
        let (inbound, outbound) = (
            self.rules(&change.inbound_rules)?,
            self.rules(&change.outbound_rules)?,
        );
        let firewall = self.firewall_mut(id)?;
        for (own, rules) in [
            (&mut firewall.inbound, inbound),
            (&mut firewall.outbound, outbound),
        ] {
            own.retain(|rule| !rules.contains(rule));
            if add {
                own.extend(rules);
            }
        }
        Ok(())
    }

    /// The firewalls that are on a droplet.
    pub fn firewalls_on(&self, droplet: u64) -> impl Iterator<Item = &CloudFirewall> {
        let tags = self.droplets.get(&droplet).map(|droplet| &droplet.tags);
        self.firewalls.values().filter(move |firewall| {
            let tagged = tags.is_some_and(|tags| !tags.is_disjoint(&firewall.tags));
            tagged || firewall.droplet_ids.contains(&droplet)
        })
    }

    /// Removes a deleted tag or droplet from all firewalls.
    pub(super) fn purge_firewalls(&mut self, tag: Option<&str>, droplet: Option<u64>) {
        for firewall in self.firewalls.values_mut() {
            firewall.tags.retain(|own| Some(own.as_str()) != tag);
            firewall.droplet_ids.retain(|own| Some(*own) != droplet);
            for rule in firewall.inbound.iter_mut().chain(&mut firewall.outbound) {
                rule.peers.tags.retain(|own| Some(own.as_str()) != tag);
                rule.peers.droplet_ids.retain(|own| Some(*own) != droplet);
            }
        }
    }
}
