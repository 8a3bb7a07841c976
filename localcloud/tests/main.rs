//! All tests of localcloud: single modules, its API, its command line, and real hosts.
//!
//! The hosts need root: `cargo test --release -p localcloud -- hosts::` runs them alone, `--skip hosts::` all others.

mod api;
mod cli;
mod hosts;
mod machine;
mod spaces;
mod units;
