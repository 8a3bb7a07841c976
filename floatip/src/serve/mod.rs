//! The service on each droplet: joins observations, decisions and API calls, and reports what it does.

pub mod agent_loop;
pub mod bonus;
pub mod explain;
pub mod freeze;
pub mod freeze_sync;
pub mod listener;
pub mod log;
pub mod manual_claim;
pub mod metrics;
pub mod overview;
pub mod perform;
pub mod report;
pub mod status;
pub mod watch;
