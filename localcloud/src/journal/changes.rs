//! Describes the differences between two records as events. Pure.

use super::NewEvent;
use crate::cloud::record::Record;
use crate::cloud::resources::actions::{Action, ActionStatus, Work};
use crate::cloud::resources::databases::{Database, DatabaseStatus};
use crate::cloud::resources::droplets::{Droplet, DropletStatus};
use std::collections::BTreeMap;

/// What happened from `before` to `after`, in a fixed order of resource types.
#[must_use]
pub fn between(before: &Record, after: &Record) -> Vec<NewEvent> {
    let mut events = Vec::new();
    let (b, a) = (before, after);
    simple(&mut events, "ssh-key", &b.ssh_keys, &a.ssh_keys, |key| {
        key.name.clone()
    });
    simple(&mut events, "vpc", &b.vpcs, &a.vpcs, |vpc| vpc.name.clone());
    simple(&mut events, "firewall", &b.firewalls, &a.firewalls, |one| {
        one.name.clone()
    });
    simple(&mut events, "project", &b.projects, &a.projects, |one| {
        one.name.clone()
    });
    simple(&mut events, "domain", &b.domains, &a.domains, |one| {
        one.name.clone()
    });
    simple(
        &mut events,
        "certificate",
        &b.certificates,
        &a.certificates,
        |one| one.name.clone(),
    );
    simple(&mut events, "image", &b.images, &a.images, |one| {
        one.name.clone()
    });
    simple(
        &mut events,
        "uptime-check",
        &b.uptime_checks,
        &a.uptime_checks,
        |one| one.settings.name.clone(),
    );
    simple(
        &mut events,
        "alert-policy",
        &b.alert_policies,
        &a.alert_policies,
        |one| one.settings.description.clone(),
    );
    simple(
        &mut events,
        "spaces-key",
        &b.spaces_keys,
        &a.spaces_keys,
        |key| key.name.clone(),
    );
    buckets(&mut events, b, a);
    // Never the text of a token.
    simple(&mut events, "token", &b.tokens, &a.tokens, |token| {
        token.name.clone()
    });
    for (id, droplet) in &a.droplets {
        droplets(&mut events, b.droplets.get(id), droplet);
    }
    for droplet in b
        .droplets
        .values()
        .filter(|one| !a.droplets.contains_key(&one.id))
    {
        events.push(NewEvent::new(
            "droplet.gone",
            &droplet.name,
            "the machine has cleaned up",
        ));
    }
    for (id, action) in &a.actions {
        actions(&mut events, after, b.actions.get(id), action);
    }
    reserved_ips(&mut events, before, after);
    for (id, database) in &a.databases {
        databases(&mut events, b.databases.get(id), database);
    }
    for database in b
        .databases
        .values()
        .filter(|one| !a.databases.contains_key(&one.id))
    {
        events.push(NewEvent::new(
            "database.gone",
            &database.name,
            "the machine has cleaned up",
        ));
    }
    events
}

fn simple<K: Ord, V>(
    events: &mut Vec<NewEvent>,
    resource_type: &'static str,
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
    name: impl Fn(&V) -> String,
) {
    let made = after.iter().filter(|(key, _)| !before.contains_key(key));
    events.extend(made.map(|(_, one)| NewEvent::new(resource_type, name(one), "created")));
    let gone = before.iter().filter(|(key, _)| !after.contains_key(key));
    events.extend(gone.map(|(_, one)| NewEvent::new(resource_type, name(one), "deleted")));
}

fn buckets(events: &mut Vec<NewEvent>, before: &Record, after: &Record) {
    let lacks = |record: &Record, name: &String| !record.spaces_buckets.contains_key(name);
    let made = after
        .spaces_buckets
        .keys()
        .filter(|name| lacks(before, name));
    events.extend(made.map(|name| NewEvent::new("bucket", name, "created")));
    let gone = before
        .spaces_buckets
        .keys()
        .filter(|name| lacks(after, name));
    events.extend(gone.map(|name| NewEvent::new("bucket", name, "deleted")));
}

fn droplets(events: &mut Vec<NewEvent>, before: Option<&Droplet>, after: &Droplet) {
    let name = &after.name;
    let Some(before) = before else {
        let words = format!("{} {} in {}", after.size, after.image, after.region);
        events.push(NewEvent::new("droplet.ordered", name, words));
        return;
    };
    if before.destroying != after.destroying {
        events.push(NewEvent::new(
            "droplet.deleted",
            name,
            "its addresses are free once it is gone",
        ));
    }
    if before.name != after.name {
        let words = format!("was {}", before.name);
        events.push(NewEvent::new("droplet.renamed", name, words));
    }
    if before.status != after.status {
        let event = match after.status {
            DropletStatus::Active => NewEvent::new("droplet.active", name, "it runs"),
            // Without an action, no client has requested it.
            DropletStatus::Off if before.pending.is_none() => {
                NewEvent::new("droplet.off", name, "it went down by itself")
            }
            DropletStatus::Off => NewEvent::new("droplet.off", name, "as asked for"),
            DropletStatus::New => NewEvent::new("droplet.new", name, "it has not booted yet"),
        };
        events.push(event);
    }
}

fn actions(events: &mut Vec<NewEvent>, record: &Record, before: Option<&Action>, after: &Action) {
    let droplet = record.droplets.get(&after.work.droplet());
    let droplet = droplet.map_or_else(|| after.work.droplet().to_string(), |d| d.name.clone());
    let subject = match &after.work {
        Work::Droplet { .. } => droplet.clone(),
        Work::AssignIp { ip, .. } | Work::UnassignIp { ip, .. } => ip.to_string(),
    };
    let what = match &after.work {
        Work::Droplet { .. } => after.work.kind().to_owned(),
        Work::AssignIp { .. } => format!("assign_ip to {droplet}"),
        Work::UnassignIp { .. } => format!("unassign_ip from {droplet}"),
    };
    let id = after.id;
    if before.is_none() {
        let words = format!("{what} (action {id})");
        events.push(NewEvent::new("action.started", &subject, words));
    }
    if before.is_some_and(|before| before.status == after.status) {
        return;
    }
    let ended = after.completed_at.unwrap_or(after.started_at);
    let millis = ended.duration_since(after.started_at).as_millis();
    match after.status {
        ActionStatus::InProgress => {}
        ActionStatus::Completed => {
            let words = format!("{what} after {millis} ms (action {id})");
            events.push(NewEvent::new("action.completed", subject, words));
        }
        ActionStatus::Errored => {
            let why = after.error.as_deref().unwrap_or("no reason");
            let words = format!("{what} after {millis} ms (action {id}): {why}");
            events.push(NewEvent::new("action.errored", subject, words));
        }
    }
}

fn reserved_ips(events: &mut Vec<NewEvent>, before: &Record, after: &Record) {
    let name = |id: Option<u64>| {
        let known = |id| before.droplets.get(&id).or_else(|| after.droplets.get(&id));
        let known = id.and_then(known);
        known
            .map_or("nobody", |droplet| droplet.name.as_str())
            .to_owned()
    };
    for (ip, reserved) in &after.reserved_ips {
        let old = before.reserved_ips.get(ip);
        if old.is_none() {
            let words = format!("reserved in {}", reserved.region);
            events.push(NewEvent::new("reserved-ip.reserved", ip, words));
        }
        let holder = old.and_then(|old| old.droplet);
        if holder != reserved.droplet {
            let words = format!("from {} to {}", name(holder), name(reserved.droplet));
            events.push(NewEvent::new("reserved-ip.moved", ip, words));
        }
    }
    let gone = before.reserved_ips.keys();
    let gone = gone.filter(|ip| !after.reserved_ips.contains_key(ip));
    events.extend(gone.map(|ip| NewEvent::new("reserved-ip.released", ip, "given back")));
}

fn databases(events: &mut Vec<NewEvent>, before: Option<&Database>, after: &Database) {
    let name = &after.name;
    let Some(before) = before else {
        let words = format!("{} x {} in {}", after.num_nodes, after.size, after.region);
        events.push(NewEvent::new("database.ordered", name, words));
        return;
    };
    if before.destroying != after.destroying {
        events.push(NewEvent::new(
            "database.deleted",
            name,
            "its addresses are free once it is gone",
        ));
    }
    if before.status != after.status {
        let (kind, words) = match after.status {
            DatabaseStatus::Online => ("database.online", "it serves"),
            _ => ("database.changing", "it is being changed"),
        };
        events.push(NewEvent::new(kind, name, words));
    }
    let news = after.events.iter().skip(before.events.len());
    events.extend(news.map(|event| NewEvent::new("database.event", name, event.kind.clone())));
}
