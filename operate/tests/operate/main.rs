//! The library's HTTP client, and the built `minitwitctl`.

mod cli;
mod client;
