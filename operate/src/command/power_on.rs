//! `minitwitctl power-on`: a droplet's power, through the cloud's API.

use std::process::ExitCode;
use std::time::Duration;

use operate::environment::Environment;
use serde_json::json;

use super::pair;
use crate::error::{Error, Result};

const LIMIT: Duration = Duration::from_secs(20);

pub async fn run(environment: &Environment, name: &str) -> Result<ExitCode> {
    if matches!(name, "live" | "standby") {
        return Err(Error::Usage(
            "A droplet without power has no role: give its name, as alerts show it.".to_owned(),
        ));
    }
    let droplet = pair::find(environment, name).await?;
    let api = environment.api().await?;
    let url = format!(
        "{}/v2/droplets/{}/actions",
        api.url.trim_end_matches('/'),
        droplet.id
    );
    let no_answer = |error: reqwest::Error| {
        Error::NoAnswer(format!("The cloud's API does not answer: {error}"))
    };
    let client = reqwest::Client::builder().timeout(LIMIT).no_proxy();
    let response = client
        .build()
        .map_err(no_answer)?
        .post(url)
        .bearer_auth(&api.token)
        .json(&json!({ "type": "power_on" }))
        .send()
        .await
        .map_err(no_answer)?;
    if !response.status().is_success() {
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        return Err(Error::Failed(format!(
            "The cloud's API refuses, {status}: {text}"
        )));
    }
    println!(
        "The power of {} (droplet {}) is being switched on; run `minitwitctl status` in half a minute.",
        droplet.name, droplet.id
    );
    Ok(ExitCode::SUCCESS)
}
