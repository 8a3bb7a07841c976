//! localcloud's control surface: faults that only it can bring about.

use super::cloud::Cloud;
use super::environment::Environment;
use crate::error::Error;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

const FAULTS: &str = "_localcloud/faults";

impl Cloud {
    /// Puts a fault in force for `lasts`, after which localcloud mends it. Returns its number.
    ///
    /// # Errors
    /// If this cloud is not localcloud, or refuses.
    pub async fn break_down(&self, fault: &Value, lasts: Duration) -> Result<u64, Error> {
        let mut order = fault.clone();
        order["seconds"] = json!(lasts.as_secs_f64());
        let result = self.call(Method::POST, FAULTS, Some(&order)).await;
        let answer = result.map_err(|refusal| match refusal.status {
            Some(StatusCode::NOT_FOUND) => Error::Cloud(format!(
                "the fault {} needs localcloud, and the cloud's API here is none; choose another --fault",
                fault["kind"]
            )),
            _ => Error::Cloud(refusal.text),
        })?;
        self.parse(FAULTS, answer["fault"]["id"].clone())
    }

    /// Ends a fault; one that is over already is no error.
    ///
    /// # Errors
    /// If localcloud can't be asked or can't mend it.
    pub async fn mend(&self, fault: u64) -> Result<(), Error> {
        let path = format!("{FAULTS}/{fault}");
        match self.call(Method::DELETE, &path, None).await {
            Err(refusal) if refusal.status != Some(StatusCode::NOT_FOUND) => {
                Err(Error::Cloud(refusal.text))
            }
            _ => Ok(()),
        }
    }

    /// The number of the environment's database.
    ///
    /// # Errors
    /// If it is not to be found.
    pub(super) async fn database(&self, environment: &Environment) -> Result<Value, Error> {
        let host = environment.database_host.as_deref().unwrap_or_default();
        let answer = self.call(Method::GET, "v2/databases?per_page=200", None);
        let answer = answer.await.map_err(|refusal| Error::Cloud(refusal.text))?;
        let databases = answer["databases"].as_array().cloned().unwrap_or_default();
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
                    "no database of the cloud is at {host:?}; check that the environment file is of this cloud"
                ))
            })
    }
}
