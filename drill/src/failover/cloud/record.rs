//! Who holds a reserved IP by the cloud's record, and what was done to it.

use super::client::Client;
use crate::error::Error;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use std::net::Ipv4Addr;

/// A client of `DigitalOcean`'s API v2, for what a drill needs of it.
#[derive(Clone, Debug)]
pub struct Cloud {
    pub(super) client: Client,
}

#[derive(Deserialize)]
struct ReservedIp {
    droplet: Option<DropletId>,
    #[serde(default)]
    locked: bool,
}

#[derive(Deserialize)]
struct DropletId {
    id: u64,
}

/// Something that was done to a droplet or a reserved IP.
#[derive(Debug, Deserialize)]
pub struct Action {
    /// Greater than the numbers of earlier actions.
    pub id: u64,
    pub(super) status: String,
    #[serde(default, rename = "type")]
    kind: String,
}

impl Action {
    /// It gave a reserved IP to a droplet.
    #[must_use]
    pub fn assigned(&self) -> bool {
        self.status == "completed" && self.kind.starts_with("assign")
    }

    /// It unassigned a reserved IP from a droplet, or began to.
    #[must_use]
    pub fn unassigns(&self) -> bool {
        self.kind.starts_with("unassign")
    }
}

impl Cloud {
    /// Refuses an API that isn't on this machine unless `allow_remote` is set: a drill switches droplets off.
    ///
    /// # Errors
    /// [`Error::BadTarget`] and [`Error::Remote`].
    pub async fn new(url: &str, token: &str, allow_remote: bool) -> Result<Self, Error> {
        let client = Client::new(url, token, allow_remote).await?;
        Ok(Self { client })
    }

    /// The droplet that holds a reserved IP by the record, if one does.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn holder(&self, ip: Ipv4Addr) -> Result<Option<u64>, Error> {
        self.record(ip).await.map(|(holder, _)| holder)
    }

    /// The droplet that holds a reserved IP, and whether a move of it is under way.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn record(&self, ip: Ipv4Addr) -> Result<(Option<u64>, bool), Error> {
        let path = format!("v2/reserved_ips/{ip}");
        let response = self.client.call(Method::GET, &path, None).await;
        let mut body = response?;
        let record: ReservedIp = self.client.parse(&path, body["reserved_ip"].take())?;
        Ok((record.droplet.map(|droplet| droplet.id), record.locked))
    }

    /// A reserved IP's actions, newest first, as many as the API returns on one page.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn history(&self, ip: Ipv4Addr) -> Result<Vec<Action>, Error> {
        let path = format!("v2/reserved_ips/{ip}/actions?per_page=200");
        let result = self.client.call(Method::GET, &path, None).await;
        let mut body = result?;
        self.client.parse(&path, body["actions"].take())
    }

    /// The numbers of the actions that gave it to a droplet, newest first.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn moves(&self, ip: Ipv4Addr) -> Result<Vec<u64>, Error> {
        let history = self.history(ip).await?;
        let moves = history.iter().filter(|action| action.assigned());
        Ok(moves.map(|action| action.id).collect())
    }

    /// Starts the move of a reserved IP, and does not wait for it.
    ///
    /// # Errors
    /// If the API refuses.
    pub async fn assign(&self, ip: Ipv4Addr, droplet: u64) -> Result<(), Error> {
        let path = format!("v2/reserved_ips/{ip}/actions");
        let order = json!({ "type": "assign", "droplet_id": droplet });
        let response = self.client.call(Method::POST, &path, Some(&order)).await;
        response.map(drop).map_err(Error::from)
    }
}
