//! A DigitalOcean-compatible cloud on one Linux machine: API, hosts, network and databases.

pub mod plane;
