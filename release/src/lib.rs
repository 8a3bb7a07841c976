//! Blue-green releases of MiniTwit: verified before anyone sees them, and back in seconds.
//!
//! [`step`] names the steps and says how an interrupted release goes on, [`journal`] keeps how far it is where any runner can read
//! it, [`host`] works on a droplet, [`cloud`] moves the two reserved IPs, [`story`], [`load`] and [`judge`] say whether a version is good.

pub mod artifact;
pub mod carry;
pub mod cli;
pub mod cloud;
pub mod columns;
pub mod commands;
pub mod environment;
pub mod error;
pub mod expand;
pub mod gone;
pub mod host;
pub mod journal;
pub mod judge;
pub mod known;
pub mod load;
pub mod prepare;
pub mod progress;
pub mod rollback;
pub mod runner;
pub mod seal;
pub mod settle;
pub mod ssh;
pub mod status;
pub mod step;
pub mod story;
pub mod swap;
pub mod tunnel;
pub mod user;
