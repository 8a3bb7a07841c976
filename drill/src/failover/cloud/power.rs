//! Droplets off, on, and rebooted.

use super::client::Refusal;
use super::record::{Action, Cloud};
use crate::error::Error;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const ACTION_TIMEOUT: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(500);

impl Cloud {
    /// Switches a droplet's power off, and waits until that is done.
    ///
    /// # Errors
    /// If the API refuses or fails the action, or it takes longer than a minute and a half.
    pub async fn power_off(&self, droplet: u64) -> Result<(), Error> {
        self.act(droplet, "power_off", "off").await
    }

    /// Switches a droplet on, and waits until that is done.
    ///
    /// # Errors
    /// As for [`Cloud::power_off`].
    pub async fn power_on(&self, droplet: u64) -> Result<(), Error> {
        self.act(droplet, "power_on", "active").await
    }

    /// Starts a reboot, and does not wait for it.
    ///
    /// # Errors
    /// If the API refuses.
    pub async fn reboot(&self, droplet: u64) -> Result<(), Error> {
        let path = format!("v2/droplets/{droplet}/actions");
        let order = json!({ "type": "reboot" });
        let response = self.client.call(Method::POST, &path, Some(&order)).await;
        response.map(drop).map_err(Error::from)
    }

    /// A 422 means that the droplet is in that state already, or that another event is pending: then the call is retried
    /// until the time is up.
    async fn act(&self, droplet: u64, kind: &str, wanted: &str) -> Result<(), Error> {
        let deadline = Instant::now() + ACTION_TIMEOUT;
        let path = format!("v2/droplets/{droplet}/actions");
        let mut body = loop {
            let request = json!({ "type": kind });
            match self.client.call(Method::POST, &path, Some(&request)).await {
                Ok(body) => break body,
                Err(refusal)
                    if refusal.status == Some(StatusCode::UNPROCESSABLE_ENTITY)
                        && self.state(droplet).await.is_ok_and(|state| state == wanted) =>
                {
                    return Ok(());
                }
                Err(refusal) if refusal.is_temporary() && Instant::now() < deadline => {
                    sleep(POLL).await;
                }
                Err(refusal) => return Err(refusal.into()),
            }
        };
        let mut action: Action = self.client.parse(&path, body["action"].take())?;
        let path = format!("v2/actions/{}", action.id);
        while action.status == "in-progress" {
            if Instant::now() >= deadline {
                let text = format!(
                    "the {kind} of droplet {droplet} is still in progress; look at it in the cloud"
                );
                return Err(Error::Cloud(text));
            }
            sleep(POLL).await;
            match self.client.call(Method::GET, &path, None).await {
                Ok(mut body) => action = self.client.parse(&path, body["action"].take())?,
                Err(refusal) if refusal.may_be_early() => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        if action.status == "completed" {
            Ok(())
        } else {
            let text = format!(
                "the {kind} of droplet {droplet} ended as {:?}; look at it in the cloud",
                action.status
            );
            Err(Error::Cloud(text))
        }
    }

    /// `active` or `off`.
    async fn state(&self, droplet: u64) -> Result<String, Refusal> {
        let path = format!("v2/droplets/{droplet}");
        let body = self.client.call(Method::GET, &path, None).await?;
        Ok(body["droplet"]["status"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }
}
