//! Which droplet this is.

use std::{net::Ipv4Addr, time::Duration};

/// The metadata service of every droplet.
pub const METADATA_URL: &str = "http://169.254.169.254";

/// Why this droplet's id is unknown.
#[derive(Debug, thiserror::Error)]
pub enum UnknownDroplet {
    /// No response, or not 200.
    #[error(
        "the metadata service does not return this droplet's id ({0}); run this on a droplet, or set FLOATIP_DROPLET_ID"
    )]
    NoAnswer(String),
    /// No number.
    #[error(
        "the metadata service returns {0:?} as this droplet's id, which is no number; set FLOATIP_DROPLET_ID"
    )]
    NoNumber(String),
}

/// Requests this droplet's id from the metadata service at `base`.
///
/// Source: <https://docs.digitalocean.com/reference/api/metadata/#operation/getDropletId>.
///
/// # Errors
/// If there is no response within a second, or no number in it.
pub async fn own_id(base: &str) -> Result<u64, UnknownDroplet> {
    let ask = async {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(1))
            .build()?;
        let url = format!("{}/metadata/v1/id", base.trim_end_matches('/'));
        http.get(url).send().await?.error_for_status()?.text().await
    };
    let text = ask
        .await
        .map_err(|error| UnknownDroplet::NoAnswer(error.without_url().to_string()))?;
    text.trim()
        .parse()
        .map_err(|_| UnknownDroplet::NoNumber(text.trim().chars().take(40).collect()))
}

/// This droplet, as far as known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub id: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// Its own public address.
    pub public_ip: Option<Ipv4Addr>,
}
