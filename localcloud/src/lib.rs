//! A DigitalOcean-compatible cloud on one Linux machine: API, hosts, network and databases.

pub mod api;
pub mod atomic_file;
pub mod cli;
pub mod cloud;
pub mod daemon;
pub mod fault;
pub mod fault_injector;
pub mod jobs;
pub mod journal;
pub mod log;
pub mod machine;
pub mod metadata;
pub mod network;
pub mod preflight;
pub mod proxy;
pub mod spaces;
pub mod store;
pub mod topology;
