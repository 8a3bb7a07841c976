//! What each resource is: its data, and the rules that need nothing but itself.
//!
//! A resource does not depend on the record that contains it.

pub mod actions;
pub mod alert_policies;
pub mod backups;
pub mod catalogue;
pub mod certificate_pem;
pub mod certificates;
pub mod created;
pub mod database_pools;
pub mod database_settings;
pub mod databases;
pub mod destructions;
pub mod domain_records;
pub mod domains;
pub mod droplets;
pub mod firewall_rules;
pub mod firewalls;
pub mod images;
pub mod notifications;
pub mod projects;
pub mod ranges;
pub mod reserved_ips;
pub mod spaces_keys;
pub mod ssh_keys;
pub mod tokens;
pub mod uptime;
pub mod vpcs;
