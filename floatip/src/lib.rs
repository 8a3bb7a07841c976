//! Reads and moves reserved IPs through DigitalOcean's API, and keeps the live one on a fit droplet.
//!
//! One authority: DigitalOcean's own record of which droplet holds the live IP. [`decision`] says what to do next from what is known,
//! [`agent`] keeps what is known, [`steps`] does it, and [`watch`] is the service that joins them.

pub mod agent;
pub mod api;
pub mod bonus;
pub mod by_hand;
pub mod cli;
pub mod config;
pub mod decision;
pub mod drive;
pub mod droplet;
pub mod explain;
pub mod facts;
pub mod fitness;
pub mod freeze;
pub mod hand;
pub mod history;
pub mod known;
pub mod listener;
pub mod live;
pub mod log;
pub mod metrics;
pub mod moving;
pub mod note;
pub mod options;
pub mod order;
pub mod pace;
pub mod rules;
pub mod settings;
pub mod shower;
pub mod status;
pub mod steps;
pub mod swap;
pub mod table;
pub mod token;
pub mod vrrp;
pub mod watch;
