//! Connection pools of database clusters.

use serde::{Deserialize, Serialize};

/// One pool.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DatabasePool {
    /// Unique in its cluster.
    pub name: String,
    /// `transaction`, `session` or `statement`.
    pub mode: String,
    /// Connections to the server.
    pub size: u32,
    /// Its database.
    pub db: String,
    /// Its user; without one, whoever connects.
    #[serde(default)]
    pub user: Option<String>,
}
