//! Operations on the record, by the account: create a droplet, assign a reserved IP, and so on.
//!
//! Each either changes the record completely or refuses; the store keeps only records whose change
//! succeeded.

pub mod actions;
pub mod addresses;
pub mod alert_policies;
pub mod associated;
pub mod backups;
pub mod certificates;
pub mod database_contents;
pub mod database_maintenance;
pub mod database_orders;
pub mod database_pools;
pub mod databases;
pub mod domain_records;
pub mod domains;
pub mod droplet_orders;
pub mod droplets;
pub mod firewall_rules;
pub mod firewalls;
pub mod images;
pub mod projects;
pub mod reserved_ips;
pub mod rollback;
pub mod spaces_keys;
pub mod ssh_keys;
pub mod tags;
pub mod tokens;
pub mod uptime;
pub mod vpcs;
