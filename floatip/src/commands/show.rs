//! `floatip status`.

use std::process::ExitCode;

use floatip::{config::Values, table};

use crate::{
    commands::{print, print_json},
    exit,
};

pub async fn status(values: &Values, json: bool) -> ExitCode {
    let listeners = match values.listeners() {
        Ok(listeners) => listeners,
        Err(error) => return exit::complain_config(&error),
    };
    let overview = match table::overview(listeners).await {
        Ok(overview) => overview,
        Err(error) => return exit::complain(&error.to_string(), exit::FAILED),
    };
    if json {
        print_json(&overview);
    } else {
        print(&overview.text());
    }
    if overview.any() {
        return ExitCode::SUCCESS;
    }
    exit::complain(
        "no droplet tells its status: is floatip.service running, and are FLOATIP_LISTEN and FLOATIP_PEERS right?",
        exit::NO_STATUS,
    )
}
