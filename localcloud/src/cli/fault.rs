//! `localcloud fault`: start, list and end faults.

mod command;

pub use command::Command;

use super::error::CliError;
use super::place::Place;
use super::status::call;
use crate::fault::Fault;
use anyhow::Context;
use command::FaultOptions;
use reqwest::Method;
use serde_json::{Value, json};

/// Starts, lists or ends faults.
///
/// # Errors
/// [`Failure::NoCloud`] when the daemon does not answer; else when what is named does not exist.
pub async fn run(place: &Place, command: Command) -> Result<(), CliError> {
    if let Some((fault, options)) = command.clone().order(place).await? {
        return inject(place, &fault, &options).await;
    }
    if matches!(command, Command::Clear) {
        call(place, Method::DELETE, "faults", None).await?;
        return Ok(());
    }
    list(place).await
}

async fn inject(place: &Place, fault: &Fault, options: &FaultOptions) -> Result<(), CliError> {
    let mut order = serde_json::to_value(fault).context("writing the fault")?;
    order["seconds"] = json!(options.duration.as_secs_f64());
    order["share"] = json!(options.share);
    order["seed"] = json!(options.seed);
    let made = call(place, Method::POST, "faults", Some(order)).await?;
    print_fault(&made["fault"]);
    Ok(())
}

async fn list(place: &Place) -> Result<(), CliError> {
    let answer = call(place, Method::GET, "faults", None).await?;
    let faults = answer["faults"].as_array().cloned().unwrap_or_default();
    if faults.is_empty() {
        println!("no fault is active");
    }
    faults.iter().for_each(print_fault);
    Ok(())
}

fn print_fault(fault: &Value) {
    let word = |name: &str| match &fault[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let seed = match &fault["seed"] {
        Value::Null => String::new(),
        seed => format!(", seed {seed}"),
    };
    println!(
        "fault {}: {} until {}{seed}",
        word("id"),
        word("kind"),
        word("until")
    );
}
