//! Single modules, without a daemon.

mod backup_policies;
mod backups;
mod certificate_pem;
mod changes;
mod database_settings;
mod fault_kinds;
mod faults;
mod firewall_rules;
mod journal;
mod limits;
mod place;
mod preflight;
mod proxy;
mod ranges;
mod readme;
mod scopes;
mod store;
mod topology;
