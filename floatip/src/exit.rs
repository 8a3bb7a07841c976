//! Exit codes, as `floatip --help` lists them.

use std::process::ExitCode;

use floatip::{
    config::ConfigError,
    mover::{
        api,
        order::MoveError,
        swap::{PlanError, SwapError},
    },
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

pub fn report(problem: &str, code: u8) -> ExitCode {
    eprintln!("floatip: {problem}");
    ExitCode::from(code)
}

pub fn report_config(error: &ConfigError) -> ExitCode {
    let code = if matches!(error, ConfigError::Token(_)) {
        TOKEN
    } else {
        USAGE
    };
    report(&error.to_string(), code)
}

pub fn of_api(error: &api::Error) -> u8 {
    match error {
        api::Error::Unauthorized | api::Error::Forbidden => TOKEN,
        api::Error::NotFound { .. } => UNKNOWN,
        _ => API,
    }
}

pub fn of_move(error: &MoveError) -> u8 {
    match error {
        MoveError::Overtaken { .. } | MoveError::Occupied { .. } => REFUSED,
        MoveError::UnknownIp(_) => UNKNOWN,
        MoveError::Refused(error) => of_api(error),
        MoveError::NotInTime { .. } => LATE,
    }
}

pub fn of_plan(error: &PlanError) -> u8 {
    match error {
        PlanError::UnknownIp(_) => UNKNOWN,
        PlanError::Already(_) => 0,
        PlanError::NobodyLive(_) | PlanError::OtherLive { .. } | PlanError::NobodyStaged => REFUSED,
    }
}

pub fn of_swap(error: &SwapError) -> u8 {
    match error {
        SwapError::NotMoved { error, .. } => of_move(error),
        SwapError::WentBack { .. } => WENT_BACK,
        SwapError::Stuck { .. } => STUCK,
    }
}
