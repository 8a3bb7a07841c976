//! Why a dashboard can't be read, queried or shown.

use std::path::PathBuf;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a dashboard can't be read, queried or shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A dashboard's file, or their directory, can't be read.
    #[error("{path} can't be read: {source}")]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file is not a dashboard of Grafana.
    #[error("{path} is not a dashboard: {source}")]
    NotADashboard {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// Prometheus' address is not a URL.
    #[error("{0:?} is not a URL")]
    BadUrl(String),
    /// Prometheus does not answer, or not with its API's JSON.
    #[error("no answer from Prometheus: {0}")]
    NoAnswer(String),
    /// Prometheus refuses a query. The text is its own.
    #[error("Prometheus refuses: {0}")]
    Refused(String),
    /// A query of a panel failed.
    #[error("the panel “{title}”: {source}")]
    Panel {
        /// The panel's heading.
        title: String,
        /// The cause.
        source: Box<Error>,
    },
    /// The terminal can't be drawn on.
    #[error("the terminal can't be used: {0}")]
    Terminal(#[from] std::io::Error),
}

impl From<reqwest::Error> for Error {
    /// By itself, the error of reqwest shows only that sending failed; its sources show why.
    fn from(error: reqwest::Error) -> Self {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(deeper) = cause {
            text = format!("{text}: {deeper}");
            cause = deeper.source();
        }
        Self::NoAnswer(text)
    }
}
