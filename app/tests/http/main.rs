//! MiniTwit over real HTTP, each test on a server and a database of its own.

mod admin;
mod drain;
mod faults;
mod follows;
mod latest;
mod live;
mod messages;
mod migrations;
mod pages;
mod process;
mod proxy;
mod register;
mod requests;
mod site;
mod stop;
