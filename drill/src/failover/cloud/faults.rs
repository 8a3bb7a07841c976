//! Faults that only localcloud can inject, through the part of its API that DigitalOcean does not have.

use super::record::Cloud;
use crate::error::Error;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

const FAULTS: &str = "_localcloud/faults";

impl Cloud {
    /// Injects a fault that localcloud ends after `lasts`. Returns its number.
    ///
    /// # Errors
    /// If this cloud is not localcloud, or it refuses.
    pub async fn inject_fault(&self, fault: &Value, lasts: Duration) -> Result<u64, Error> {
        let mut order = fault.clone();
        order["seconds"] = json!(lasts.as_secs_f64());
        let result = self.client.call(Method::POST, FAULTS, Some(&order)).await;
        let response = result.map_err(|refusal| match refusal.status {
            Some(StatusCode::NOT_FOUND) => Error::Cloud(format!(
                "the fault {} needs localcloud, and this cloud is not one; choose another --fault",
                fault["kind"]
            )),
            _ => Error::Cloud(refusal.text),
        })?;
        self.client.parse(FAULTS, response["fault"]["id"].clone())
    }

    /// Ends a fault. It may have ended already.
    ///
    /// # Errors
    /// If localcloud does not respond or can't end it.
    pub async fn end_fault(&self, fault: u64) -> Result<(), Error> {
        let path = format!("{FAULTS}/{fault}");
        match self.client.call(Method::DELETE, &path, None).await {
            Err(refusal) if refusal.status != Some(StatusCode::NOT_FOUND) => {
                Err(Error::Cloud(refusal.text))
            }
            _ => Ok(()),
        }
    }

    /// The number of the database cluster with this host name.
    ///
    /// # Errors
    /// If there is none.
    pub async fn database(&self, host: &str) -> Result<Value, Error> {
        let response = self
            .client
            .call(Method::GET, "v2/databases?per_page=200", None);
        let response = response.await?;
        let databases = response["databases"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        databases
            .iter()
            .find(|database| {
                ["connection", "private_connection"]
                    .iter()
                    .any(|way| database[way]["host"].as_str() == Some(host))
            })
            .map(|database| database["id"].clone())
            .ok_or_else(|| {
                Error::Cloud(format!(
                    "no database of the cloud is at {host:?}; check that the environment is of this cloud"
                ))
            })
    }
}
