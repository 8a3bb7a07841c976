//! What a killed daemon had made and not yet told its client. It is undone at the next start: the
//! client, who has heard nothing, asks again, and must neither be refused nor leave something that
//! nobody knows of.

use super::Record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use uuid::Uuid;

/// Something that a request has made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "made", content = "id", rename_all = "snake_case")]
pub enum Made {
    /// An SSH key.
    SshKey(u64),
    /// A VPC that a client asked for by name.
    Vpc(Uuid),
    /// A droplet.
    Droplet(u64),
    /// A reserved IP.
    ReservedIp(Ipv4Addr),
    /// A cloud firewall.
    Firewall(Uuid),
    /// A project.
    Project(Uuid),
    /// A database cluster.
    Database(Uuid),
    /// A database in a cluster.
    DatabaseIn(Uuid, String),
    /// A user of a cluster.
    User(Uuid, String),
    /// A connection pool of a cluster.
    Pool(Uuid, String),
    /// A domain.
    Domain(String),
    /// A record of a domain.
    DomainRecord(String, u64),
    /// A key of Spaces.
    SpacesKey(String),
    /// A certificate.
    Certificate(Uuid),
    /// An uptime check.
    UptimeCheck(Uuid),
    /// An alert policy.
    AlertPolicy(Uuid),
}

fn new<'a, K: Ord + Clone, V>(
    before: &'a BTreeMap<K, V>,
    after: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = K> + 'a {
    let keys = after.keys().filter(|key| !before.contains_key(key));
    keys.cloned()
}

impl Record {
    /// What is here and was not `before`.
    pub(super) fn made_since(&self, before: &Self) -> Vec<Made> {
        let (b, a) = (before, self);
        let mut made: Vec<Made> = new(&b.ssh_keys, &a.ssh_keys).map(Made::SshKey).collect();
        let vpcs = new(&b.vpcs, &a.vpcs).filter(|id| !a.vpcs[id].default);
        made.extend(vpcs.map(Made::Vpc));
        made.extend(new(&b.droplets, &a.droplets).map(Made::Droplet));
        made.extend(new(&b.reserved_ips, &a.reserved_ips).map(Made::ReservedIp));
        made.extend(new(&b.firewalls, &a.firewalls).map(Made::Firewall));
        made.extend(new(&b.projects, &a.projects).map(Made::Project));
        made.extend(new(&b.databases, &a.databases).map(Made::Database));
        made.extend(new(&b.domains, &a.domains).map(Made::Domain));
        made.extend(new(&b.spaces_keys, &a.spaces_keys).map(Made::SpacesKey));
        made.extend(new(&b.certificates, &a.certificates).map(Made::Certificate));
        made.extend(new(&b.uptime_checks, &a.uptime_checks).map(Made::UptimeCheck));
        made.extend(new(&b.alert_policies, &a.alert_policies).map(Made::AlertPolicy));
        for (name, old) in &b.domains {
            if let Some(domain) = a.domains.get(name) {
                let records = new(&old.records, &domain.records);
                made.extend(records.map(|id| Made::DomainRecord(name.clone(), id)));
            }
        }
        for (id, old) in &b.databases {
            if let Some(database) = a.databases.get(id) {
                let names = database.databases.iter();
                let names = names.filter(|name| !old.databases.contains(name));
                made.extend(names.map(|name| Made::DatabaseIn(*id, name.clone())));
                let users = database.users.iter();
                let users = users.filter(|user| old.user(&user.name).is_err());
                made.extend(users.map(|user| Made::User(*id, user.name.clone())));
                let pools = database.pools.iter();
                let pools = pools.filter(|pool| old.pool(&pool.name).is_err());
                made.extend(pools.map(|pool| Made::Pool(*id, pool.name.clone())));
            }
        }
        made
    }

    /// Undoes what requests that `is_open` have made, and forgets all others. Gives what was undone.
    pub(super) fn undo_unanswered(&mut self, is_open: impl Fn(&Uuid) -> bool) -> Vec<Made> {
        let all = std::mem::take(&mut self.unanswered);
        let open = all.into_iter().filter(|(id, _)| is_open(id));
        let undone: Vec<Made> = open.flat_map(|(_, made)| made).collect();
        for made in undone.iter().rev() {
            self.undo(made);
        }
        undone
    }

    fn undo(&mut self, made: &Made) {
        match made {
            Made::SshKey(id) => drop(self.ssh_keys.remove(id)),
            Made::Vpc(id) => drop(self.vpcs.remove(id)),
            Made::Droplet(id) => self.undo_droplet(*id),
            Made::ReservedIp(ip) => drop(self.reserved_ips.remove(ip)),
            Made::Firewall(id) => drop(self.firewalls.remove(id)),
            Made::Project(id) => drop(self.projects.remove(id)),
            // The machine cleans up what it may have begun.
            Made::Database(id) => drop(self.delete_database(*id)),
            Made::DatabaseIn(id, name) => self.undo_in(*id, |one| {
                one.databases.retain(|own| own != name);
            }),
            Made::User(id, name) => self.undo_in(*id, |one| {
                one.users.retain(|own| own.name != *name);
            }),
            Made::Pool(id, name) => self.undo_in(*id, |one| {
                one.pools.retain(|own| own.name != *name);
            }),
            Made::Domain(name) => drop(self.domains.remove(name)),
            Made::DomainRecord(name, id) => {
                if let Some(domain) = self.domains.get_mut(name) {
                    domain.records.remove(id);
                }
            }
            Made::SpacesKey(id) => drop(self.spaces_keys.remove(id)),
            Made::Certificate(id) => drop(self.certificates.remove(id)),
            Made::UptimeCheck(id) => drop(self.uptime_checks.remove(id)),
            Made::AlertPolicy(id) => drop(self.alert_policies.remove(id)),
        }
    }

    fn undo_droplet(&mut self, id: u64) {
        let pending = self.droplets.get(&id).and_then(|droplet| droplet.pending);
        if let Some(action) = pending {
            self.finish_action(action, Some("its order was never answered".to_owned()));
        }
        // It was there a moment ago, and nothing has it locked.
        let _ = self.delete_droplet(id);
    }

    fn undo_in(&mut self, id: Uuid, change: impl FnOnce(&mut super::databases::Database)) {
        if let Some(database) = self.databases.get_mut(&id) {
            change(database);
            database.revision += 1;
        }
    }
}
