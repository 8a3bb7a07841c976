//! Rollback of unfinished requests. A daemon that is killed before it responds leaves resources that
//! its client has no response for. The next start removes them: the client retries, and must neither be
//! refused nor leave an orphan.

use crate::cloud::record::Record;
use crate::cloud::resources::created::Created;
use crate::cloud::resources::databases::Database;
use std::collections::BTreeMap;
use uuid::Uuid;

fn new<'a, K: Ord + Clone, V>(
    before: &'a BTreeMap<K, V>,
    after: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = K> + 'a {
    let keys = after.keys().filter(|key| !before.contains_key(key));
    keys.cloned()
}

impl Record {
    /// The resources that exist now and did not exist in `before`.
    pub fn created_since(&self, before: &Self) -> Vec<Created> {
        let (b, a) = (before, self);
        let mut made: Vec<Created> = new(&b.ssh_keys, &a.ssh_keys).map(Created::SshKey).collect();
        let vpcs = new(&b.vpcs, &a.vpcs).filter(|id| !a.vpcs[id].default);
        made.extend(vpcs.map(Created::Vpc));
        made.extend(new(&b.droplets, &a.droplets).map(Created::Droplet));
        made.extend(new(&b.reserved_ips, &a.reserved_ips).map(Created::ReservedIp));
        made.extend(new(&b.firewalls, &a.firewalls).map(Created::Firewall));
        made.extend(new(&b.projects, &a.projects).map(Created::Project));
        made.extend(new(&b.databases, &a.databases).map(Created::Database));
        made.extend(new(&b.domains, &a.domains).map(Created::Domain));
        made.extend(new(&b.spaces_keys, &a.spaces_keys).map(Created::SpacesKey));
        made.extend(new(&b.certificates, &a.certificates).map(Created::Certificate));
        made.extend(new(&b.uptime_checks, &a.uptime_checks).map(Created::UptimeCheck));
        made.extend(new(&b.alert_policies, &a.alert_policies).map(Created::AlertPolicy));
        for (name, old) in &b.domains {
            if let Some(domain) = a.domains.get(name) {
                let records = new(&old.records, &domain.records);
                made.extend(records.map(|id| Created::DomainRecord(name.clone(), id)));
            }
        }
        for (id, old) in &b.databases {
            if let Some(database) = a.databases.get(id) {
                let names = database.databases.iter();
                let names = names.filter(|name| !old.databases.contains(name));
                made.extend(names.map(|name| Created::DatabaseIn(*id, name.clone())));
                let users = database.users.iter();
                let users = users.filter(|user| old.user(&user.name).is_err());
                made.extend(users.map(|user| Created::User(*id, user.name.clone())));
                let pools = database.pools.iter();
                let pools = pools.filter(|pool| old.pool(&pool.name).is_err());
                made.extend(pools.map(|pool| Created::Pool(*id, pool.name.clone())));
            }
        }
        made
    }

    /// Removes what the unfinished requests have created, and clears the list. Returns what was removed.
    pub fn roll_back_unfinished(&mut self, is_open: impl Fn(&Uuid) -> bool) -> Vec<Created> {
        let all = std::mem::take(&mut self.unfinished);
        let open = all.into_iter().filter(|(id, _)| is_open(id));
        let undone: Vec<Created> = open.flat_map(|(_, made)| made).collect();
        for made in undone.iter().rev() {
            self.undo(made);
        }
        undone
    }

    fn undo(&mut self, made: &Created) {
        match made {
            Created::SshKey(id) => drop(self.ssh_keys.remove(id)),
            Created::Vpc(id) => drop(self.vpcs.remove(id)),
            Created::Droplet(id) => self.undo_droplet(*id),
            Created::ReservedIp(ip) => drop(self.reserved_ips.remove(ip)),
            Created::Firewall(id) => drop(self.firewalls.remove(id)),
            Created::Project(id) => drop(self.projects.remove(id)),
            // The machine cleans up what it may have begun.
            Created::Database(id) => drop(self.delete_database(*id)),
            Created::DatabaseIn(id, name) => self.undo_in(*id, |one| {
                one.databases.retain(|own| own != name);
            }),
            Created::User(id, name) => self.undo_in(*id, |one| {
                one.users.retain(|own| own.name != *name);
            }),
            Created::Pool(id, name) => self.undo_in(*id, |one| {
                one.pools.retain(|own| own.name != *name);
            }),
            Created::Domain(name) => drop(self.domains.remove(name)),
            Created::DomainRecord(name, id) => {
                if let Some(domain) = self.domains.get_mut(name) {
                    domain.records.remove(id);
                }
            }
            Created::SpacesKey(id) => drop(self.spaces_keys.remove(id)),
            Created::Certificate(id) => drop(self.certificates.remove(id)),
            Created::UptimeCheck(id) => drop(self.uptime_checks.remove(id)),
            Created::AlertPolicy(id) => drop(self.alert_policies.remove(id)),
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

    fn undo_in(&mut self, id: Uuid, change: impl FnOnce(&mut Database)) {
        if let Some(database) = self.databases.get_mut(&id) {
            change(database);
            database.revision += 1;
        }
    }
}
