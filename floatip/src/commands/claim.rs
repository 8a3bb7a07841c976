//! `floatip claim`.

use std::{process::ExitCode, time::Duration};

use floatip::{
    config::{Site, Values, ready_url},
    serve::{
        log,
        manual_claim::{self, ClaimError, Claimed},
    },
};

use crate::{commands::print, exit};

pub async fn run(values: &Values, force: bool, deadline: Duration) -> ExitCode {
    let (site, ready) = match Site::new(values).and_then(|site| Ok((site, ready_url(values)?))) {
        Ok(config) => config,
        Err(error) => return exit::report_config(&error),
    };
    let ip = site.live_ip;
    match manual_claim::claim(site, ready, force, deadline, &log::plain()).await {
        Ok(Claimed::AlreadyHere) => print(&format!("the live IP {ip} is here already, and serves")),
        Ok(Claimed::Moved) => print(&format!("the live IP {ip} is here now, and serves")),
        Err(error) => return exit::report(&error.to_string(), code_of(&error)),
    }
    ExitCode::SUCCESS
}

fn code_of(error: &ClaimError) -> u8 {
    match error {
        ClaimError::Unfit(_) | ClaimError::Serves(_) => exit::REFUSED,
        ClaimError::NotInTime(_) => exit::LATE,
        ClaimError::Refused(error) => exit::of_api(error),
        ClaimError::UnknownDroplet(_) | ClaimError::Client(_) => exit::FAILED,
    }
}
