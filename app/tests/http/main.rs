//! MiniTwit over real HTTP, each test on a server and a database of its own.

mod admin;
mod browser;
mod dice;
mod drain;
mod faults;
mod follows;
mod fuzz;
mod latest;
mod live;
mod messages;
mod metrics;
mod migrations;
mod model;
mod pages;
mod pages_accounts;
mod pages_sessions;
mod pages_timelines;
mod process;
mod proxy;
mod register;
mod requests;
mod shared;
mod site;
mod stop;
mod stories;
