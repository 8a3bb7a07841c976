//! Checks the droplets and tags that firewall rules name.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::firewall_rules::{FirewallRule, NewRule};
use std::collections::BTreeSet;

impl Record {
    /// Checks rules, and what they name.
    pub(super) fn rules(&self, rules: &[NewRule]) -> Result<Vec<FirewallRule>, Refusal> {
        rules.iter().map(|rule| self.rule(rule)).collect()
    }

    fn rule(&self, new: &NewRule) -> Result<FirewallRule, Refusal> {
        let rule = new.checked()?;
        self.known_droplets(&rule.peers.droplet_ids)?;
        self.known_tags(&rule.peers.tags)?;
        Ok(rule)
    }

    /// Refuses ids that no droplet has.
    pub(super) fn known_droplets(&self, ids: &[u64]) -> Result<BTreeSet<u64>, Refusal> {
        match ids.iter().find(|id| self.droplet(**id).is_err()) {
            Some(id) => Err(Refusal::unprocessable(format!(
                "droplet {id} does not exist"
            ))),
            None => Ok(ids.iter().copied().collect()),
        }
    }

    /// Refuses tags that don't exist; returns them as first written.
    pub(super) fn known_tags(&self, tags: &[String]) -> Result<BTreeSet<String>, Refusal> {
        let known = |tag: &String| {
            let found = self.tag(tag).map(str::to_owned);
            found.map_err(|_| Refusal::unprocessable(format!("tag {tag} does not exist")))
        };
        tags.iter().map(known).collect()
    }
}
