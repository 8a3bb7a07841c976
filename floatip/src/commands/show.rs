//! `floatip status` and `floatip explain`.

use std::process::ExitCode;

use floatip::{
    config::Values,
    serve::{explain, overview},
};

use crate::{
    commands::{print, print_json},
    exit,
};

pub async fn status(values: &Values, json: bool) -> ExitCode {
    let listeners = match values.listeners() {
        Ok(listeners) => listeners,
        Err(error) => return exit::report_config(&error),
    };
    let overview = match overview::overview(listeners).await {
        Ok(overview) => overview,
        Err(error) => return exit::report(&error.to_string(), exit::FAILED),
    };
    if json {
        print_json(&overview);
    } else {
        print(&overview.text());
    }
    if overview.any() {
        return ExitCode::SUCCESS;
    }
    exit::report(
        "no droplet returns its status: is floatip.service running, and are FLOATIP_LISTEN and FLOATIP_PEERS right?",
        exit::NO_STATUS,
    )
}

pub async fn explain(values: &Values, json: bool) -> ExitCode {
    let mut listeners = match values.listeners() {
        Ok(listeners) => listeners,
        Err(error) => return exit::report_config(&error),
    };
    listeners.truncate(1);
    let overview = match overview::overview(listeners).await {
        Ok(overview) => overview,
        Err(error) => return exit::report(&error.to_string(), exit::FAILED),
    };
    let Some(status) = overview.droplets.into_iter().find_map(|row| row.status) else {
        return exit::report(
            "this droplet's agent does not return its status: is floatip.service running, and is FLOATIP_LISTEN right?",
            exit::NO_STATUS,
        );
    };
    if json {
        print_json(&status.decision);
    } else {
        print(&explain::text(&status));
    }
    ExitCode::SUCCESS
}
