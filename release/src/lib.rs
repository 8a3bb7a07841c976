//! Blue-green releases of MiniTwit: a new version is verified before users reach it, and the previous one is back in seconds.
//!
//! [`step`] lists the steps and how an interrupted release continues, [`journal`] records the current step where any runner can read
//! it, [`host`] works on a droplet, [`cloud`] moves the two reserved IPs, [`acceptance`], [`probes`] and [`judge`] decide whether a
//! version is good.

pub mod acceptance;
pub mod artifact;
pub mod candidate;
pub mod cli;
pub mod cloud;
pub mod columns;
pub mod command;
pub mod contract;
pub mod counters;
pub mod dead_droplet;
pub mod error;
pub mod execute;
pub mod expand;
pub mod history;
pub mod host;
pub mod journal;
pub mod judge;
pub mod live;
pub mod load;
pub mod manifest;
pub mod pair;
pub mod preflight;
pub mod prepare;
pub mod probes;
pub mod progress;
pub mod reconcile;
pub mod report;
pub mod resume;
pub mod rollback;
pub mod run;
pub mod runner;
pub mod status;
pub mod step;
pub mod swap;
pub mod user;
pub mod verify;
pub mod version;
