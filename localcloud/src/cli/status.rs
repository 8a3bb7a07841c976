//! `localcloud status` and `localcloud token`: what is asked of a running cloud.

use super::error::{CliError, Failure};
use super::place::Place;
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
    print_all(&status);
    Ok(())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// The resources of this type in the cloud's status.
fn all_of(status: &Value, resource_type: &str) -> Vec<Value> {
    status[resource_type]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

fn print_all(status: &Value) {
    let (name, network) = (text(&status["name"]), text(&status["network"]));
    println!("cloud {name}  network {network}");
    let rows = |resource_type: &str| all_of(status, resource_type);
    for one in rows("droplets") {
        let running = if one["running"] == true { "runs" } else { "-" };
        line(
            "droplet",
            &one,
            &["name", "status"],
            running,
            &["id", "public", "private"],
        );
    }
    for one in rows("reserved_ips") {
        let holder = match &one["droplet_name"] {
            Value::Null => "nobody's".to_owned(),
            name => format!("at {}", text(name)),
        };
        line("reserved ip", &one, &["ip"], &holder, &[]);
    }
    for one in rows("databases") {
        let nodes = format!("{} x {}", one["nodes"], text(&one["size"]));
        line(
            "database",
            &one,
            &["name", "status"],
            &nodes,
            &["id", "public", "private"],
        );
    }
    for name in rows("spaces_buckets") {
        println!("{:<12} {}", "bucket", text(&name));
    }
    for name in rows("spaces_keys") {
        println!("{:<12} {}", "spaces key", text(&name));
    }
    for one in rows("faults") {
        let seconds = one["milliseconds_left"].as_f64().unwrap_or_default() / 1000.0;
        let left = format!("{seconds:.1} s left");
        line(
            "fault",
            &one,
            &["id", "kind"],
            &left,
            &["droplet", "database"],
        );
    }
    for one in rows("tokens") {
        let left = format!(
            "{} requests left this minute, {} of {} this hour",
            one["left_this_minute"], one["left_this_hour"], one["hourly_limit"]
        );
        line("token", &one, &["name"], &left, &[]);
    }
    let counts = status["counts"].as_object().cloned().unwrap_or_default();
    let counts = counts.iter().filter(|(_, count)| **count != 0);
    let counts: Vec<String> = counts
        .map(|(resource_type, count)| format!("{} {count}", resource_type.replace('_', " ")))
        .collect();
    println!("{:<12} {}", "and", counts.join(", "));
}

fn line(resource_type: &str, one: &Value, first: &[&str], word: &str, rest: &[&str]) {
    let named = |field: &&str| Some(text(one.get(*field)?));
    let locked = (one["locked"] == true).then(|| "locked".to_owned());
    let cells: Vec<String> = first
        .iter()
        .filter_map(named)
        .chain([word.to_owned()])
        .chain(locked)
        .chain(rest.iter().filter_map(named))
        .collect();
    println!("{resource_type:<12} {}", cells.join("  "));
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

/// The droplet or database of that name or id.
pub(super) async fn find(
    place: &Place,
    resource_type: &str,
    wanted: &str,
) -> Result<Value, CliError> {
    let status = call(place, Method::GET, "status", None).await?;
    let all = all_of(&status, resource_type);
    let is =
        |one: &Value| one["name"] == wanted || one["id"].to_string().trim_matches('"') == wanted;
    let names: Vec<String> = all.iter().map(|one| one["name"].to_string()).collect();
    all.into_iter().find(is).ok_or_else(|| {
        let words = format!(
            "there is none of {resource_type} called {wanted:?}; there are: {}",
            names.join(", ")
        );
        CliError::new(Failure::Failed, words)
    })
}
