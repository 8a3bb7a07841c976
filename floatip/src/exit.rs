//! Exit codes, as `floatip --help` lists them, and how a command that fails says so.

use std::process::ExitCode;

use floatip::{
    api,
    config::ConfigError,
    order::NotMoved,
    swap::{NoPlan, NotSwapped},
};

pub const FAILED: u8 = 1;
pub const USAGE: u8 = 2;
pub const TOKEN: u8 = 3;
pub const API: u8 = 4;
pub const UNKNOWN: u8 = 5;
pub const REFUSED: u8 = 6;
pub const LATE: u8 = 7;
pub const NO_STATUS: u8 = 8;
pub const WENT_BACK: u8 = 9;
pub const STUCK: u8 = 10;
pub const ALONE: u8 = 11;

pub fn complain(problem: &str, code: u8) -> ExitCode {
    eprintln!("floatip: {problem}");
    ExitCode::from(code)
}

pub fn complain_config(error: &ConfigError) -> ExitCode {
    let code = if matches!(error, ConfigError::Token(_)) {
        TOKEN
    } else {
        USAGE
    };
    complain(&error.to_string(), code)
}

pub fn of_api(error: &api::Error) -> u8 {
    match error {
        api::Error::Unauthorized | api::Error::Forbidden => TOKEN,
        api::Error::NotFound { .. } => UNKNOWN,
        _ => API,
    }
}

pub fn of_move(error: &NotMoved) -> u8 {
    match error {
        NotMoved::Changed { .. } | NotMoved::Occupied { .. } => REFUSED,
        NotMoved::UnknownIp(_) => UNKNOWN,
        NotMoved::Refused(error) => of_api(error),
        NotMoved::NotInTime { .. } => LATE,
    }
}

pub fn of_plan(error: &NoPlan) -> u8 {
    match error {
        NoPlan::UnknownIp(_) => UNKNOWN,
        NoPlan::Already(_) => 0,
        NoPlan::NobodyLive(_) | NoPlan::OtherLive { .. } | NoPlan::NobodyStaged => REFUSED,
    }
}

pub fn of_swap(error: &NotSwapped) -> u8 {
    match error {
        NotSwapped::NotMoved { error, .. } => of_move(error),
        NotSwapped::WentBack { .. } => WENT_BACK,
        NotSwapped::Stuck { .. } => STUCK,
    }
}
