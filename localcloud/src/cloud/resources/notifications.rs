//! Receivers of alerts. They are stored only: nothing is sent.

use serde::{Deserialize, Serialize};

/// Receivers of an alert.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Notifications {
    /// Mail addresses.
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    pub email: Vec<String>,
    /// Slack channels.
    #[serde(deserialize_with = "crate::cloud::json::null_is_default")]
    pub slack: Vec<Slack>,
}

/// A Slack channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Slack {
    /// Its name.
    pub channel: String,
    /// Where messages to it are posted.
    pub url: String,
}
