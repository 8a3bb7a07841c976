//! `localcloud status` and `localcloud token`: what is asked of a running cloud.

use super::place::Place;
use super::{CliError, Failure};
use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// Prints the cloud at a glance.
///
/// # Errors
/// [`Failure::NoCloud`] when its daemon does not answer.
pub async fn run(place: &Place, as_json: bool) -> Result<(), CliError> {
    let status = call(place, Method::GET, "status", None).await?;
    if as_json {
        println!(
            "{}",
            serde_json::to_string_pretty(&status).context("printing JSON")?
        );
        return Ok(());
    }
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    println!(
        "cloud {}  network {}",
        text(&status["name"]),
        text(&status["network"])
    );
    let table = [
        (
            "droplets",
            vec!["id", "name", "status", "running", "public"],
        ),
        ("reserved_ips", vec!["ip", "droplet_name", "locked"]),
        ("databases", vec!["id", "name", "status"]),
    ];
    for (noun, columns) in table {
        for row in status[noun].as_array().into_iter().flatten() {
            let cells: Vec<String> = columns
                .iter()
                .filter(|column| !row[**column].is_null() || **column == "droplet_name")
                .map(|column| format!("{column} {}", text(&row[*column])))
                .collect();
            println!("{:<13} {}", noun.trim_end_matches('s'), cells.join("  "));
        }
    }
    Ok(())
}

/// Makes an API token with the given scopes and prints it.
///
/// # Errors
/// [`Failure::NoCloud`] when the daemon does not answer.
pub async fn token(place: &Place, name: &str, scopes: &[String]) -> Result<(), CliError> {
    let wanted = json!({"name": name, "scopes": scopes});
    let made = call(place, Method::POST, "tokens", Some(wanted)).await?;
    println!("{}", made["token"].as_str().unwrap_or_default());
    Ok(())
}

pub(super) async fn call(
    place: &Place,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Result<Value, CliError> {
    let (url, token) = place.api()?;
    let mut request = reqwest::Client::new()
        .request(method, format!("{url}/_localcloud/{path}"))
        .bearer_auth(token)
        .timeout(Duration::from_secs(5));
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.map_err(|_| {
        let words = format!(
            "cloud {:?} does not answer at {url}: start it with `localcloud up --name {0}`",
            place.name
        );
        CliError::new(Failure::NoCloud, words)
    })?;
    let status = answer.status();
    let body = answer.bytes().await.context("reading the cloud's answer")?;
    // 204 has no body.
    let value: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !status.is_success() {
        let words = format!(
            "the cloud refused: {}",
            value["message"].as_str().unwrap_or("no reason")
        );
        return Err(CliError::new(Failure::Failed, words));
    }
    Ok(value)
}
