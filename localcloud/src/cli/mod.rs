//! The command line: one file per subcommand, all listed in [`commands`].

pub mod backup;
pub mod commands;
pub mod daemon;
pub mod down;
pub mod env;
pub mod error;
pub mod events;
pub mod fault;
pub mod place;
pub mod status;
pub mod up;
