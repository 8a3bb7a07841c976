//! Reads and moves reserved IPs through DigitalOcean's API, and keeps the live one on a fit droplet.
//!
//! One authority: DigitalOcean's own record of which droplet holds the live IP. [`observe`] watches Keepalived, MiniTwit and the live
//! IP; [`decide`] is a pure function from what was observed to what to do next; [`mover`] has the API's client and moves a reserved IP
//! on request; [`serve`] is the service that joins them on each droplet, and reports what it does.
//!
//! Imports point one way: `serve` to `decide` to `observe` and `mover`.

pub mod cli;
pub mod clock;
pub mod config;
pub mod decide;
pub mod mover;
pub mod observe;
pub mod options;
pub mod serve;
