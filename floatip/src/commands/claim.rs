//! `floatip claim`.

use std::{process::ExitCode, time::Duration};

use floatip::{
    by_hand::{self, Claimed, NotClaimed},
    config::{Site, Values, ready_url},
    log,
};

use crate::{commands::print, exit};

pub async fn run(values: &Values, force: bool, deadline: Duration) -> ExitCode {
    let (site, ready) = match Site::new(values).and_then(|site| Ok((site, ready_url(values)?))) {
        Ok(config) => config,
        Err(error) => return exit::complain_config(&error),
    };
    let ip = site.live_ip;
    match by_hand::claim(site, ready, force, deadline, &log::plain()).await {
        Ok(Claimed::AlreadyHere) => print(&format!("the live IP {ip} is here already, and serves")),
        Ok(Claimed::Moved) => print(&format!("the live IP {ip} is here now, and serves")),
        Err(error) => return exit::complain(&error.to_string(), code_of(&error)),
    }
    ExitCode::SUCCESS
}

fn code_of(error: &NotClaimed) -> u8 {
    match error {
        NotClaimed::Unfit(_) | NotClaimed::Serves(_) => exit::REFUSED,
        NotClaimed::NotInTime(_) => exit::LATE,
        NotClaimed::Refused(error) => exit::of_api(error),
        NotClaimed::UnknownDroplet(_) | NotClaimed::Client(_) => exit::FAILED,
    }
}
