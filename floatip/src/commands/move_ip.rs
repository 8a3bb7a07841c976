//! `floatip move`.

use std::process::ExitCode;

use floatip::{
    cli::{MoveArgs, Which},
    config::{Access, Values},
    mover::{
        api::Client,
        execute,
        move_state::MoveEvent,
        order::{Accepted, Order, Place},
    },
};
use serde_json::{Value, json};

use crate::{
    commands::{print, print_json},
    exit,
};

pub async fn run(values: &Values, arguments: &MoveArgs) -> ExitCode {
    let access = match Access::new(values) {
        Ok(access) => access,
        Err(error) => return exit::report_config(&error),
    };
    let named = match arguments.ip {
        Which::Ip(ip) => Ok(ip),
        Which::Live => values.live_ip(),
        Which::Stage => values.stage_ip(),
    };
    let ip = match named {
        Ok(ip) => ip,
        Err(error) => return exit::report_config(&error),
    };
    if arguments.to == Place::Nowhere && !arguments.force && values.live_ip().ok() == Some(ip) {
        let why = format!(
            "{ip} is the live IP: releasing it takes the site off the net; if that is meant, add --force"
        );
        return exit::report(&why, exit::REFUSED);
    }
    let from = arguments.from.map_or(Accepted::WhereFound, Accepted::only);
    let order = Order {
        ip,
        from,
        to: arguments.to,
    };
    let api = match Client::new(&access.api_url, access.token) {
        Ok(api) => api,
        Err(error) => return exit::report(&error.to_string(), exit::FAILED),
    };
    if arguments.acting.dry_run {
        return dry_run(&api, &order, arguments.acting.json).await;
    }
    let mut tries = Vec::new();
    let mut on = |event: &MoveEvent| {
        eprintln!("floatip: {ip}: {event}");
        tries.push(described(event));
    };
    let result =
        execute::execute_move(&api, order.clone(), arguments.acting.limits(), &mut on).await;
    let code = result.as_ref().err().map_or(0, exit::of_move);
    if arguments.acting.json {
        let moved = result.as_ref().ok();
        print_json(&json!({
            "ip": ip,
            "to": order.to.droplet(),
            "from": moved.and_then(|it| it.from.droplet()),
            "done": moved.is_some(),
            "changed": moved.is_some_and(|it| it.changed),
            "took_ms": moved.map(|it| it.took.as_millis()),
            "notes": tries,
            "error": result.as_ref().err().map(ToString::to_string),
            "exit_code": code,
        }));
    } else if let Ok(moved) = &result {
        let word = if moved.changed {
            "is now"
        } else {
            "was already"
        };
        print(&format!("{ip} {word} {}", order.to));
    }
    match result {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => exit::report(&error.to_string(), code),
    }
}

/// A move event as JSON.
pub fn described(event: &MoveEvent) -> Value {
    match event {
        MoveEvent::Failed {
            call,
            error,
            retry_in,
        } => json!({
            "note": "failed", "call": call.to_string(), "error": error.to_string(), "code": error.kind(),
            "retry_in_ms": retry_in.as_millis(),
        }),
        MoveEvent::Accepted { action } => json!({"note": "accepted", "action": action}),
        MoveEvent::Errored { action } => json!({"note": "errored", "action": action}),
        MoveEvent::Locked => json!({"note": "locked"}),
    }
}

/// Reads the record, and prints what the move would do.
async fn dry_run(api: &Client, order: &Order, json: bool) -> ExitCode {
    let record = match execute::record(api).await {
        Ok(record) => record,
        Err(error) => return exit::report(&error.to_string(), exit::of_api(&error)),
    };
    let verdict = order.check(&record);
    let would = match &verdict {
        Ok(true) => format!("would {order}"),
        Ok(false) => format!("nothing to do: {} is {} already", order.ip, order.to),
        Err(error) => error.to_string(),
    };
    let code = verdict.as_ref().err().map_or(0, exit::of_move);
    if json {
        print_json(&json!({
            "dry_run": true, "ip": order.ip, "to": order.to.droplet(), "would_change": verdict == Ok(true), "says": would,
            "exit_code": code,
        }));
    } else if verdict.is_ok() {
        print(&would);
    }
    match verdict {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => exit::report(&would, code),
    }
}
