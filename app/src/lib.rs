//! MiniTwit: web pages and the simulator API on hyper, PostgreSQL behind it.
//!
//! A request goes through [`service`]: the router finds its route in the table in [`routes`], and the route's handler in `api`
//! or `pages` receives a [`context::Context`]. Handlers read and write through [`store`] and render through [`render`].
//! [`server`] starts and stops all of it.

mod actions;
mod activity;
mod admin;
mod api;
pub mod app;
mod auth;
mod basic_auth;
pub mod config;
mod connection;
pub mod context;
mod database;
pub mod error;
mod form;
mod lifecycle;
mod listener;
mod live;
pub mod log;
pub mod metrics;
pub mod migrate;
mod observe;
mod pages;
mod panics;
mod password;
mod readiness;
mod registration;
mod render;
pub mod reply;
mod reply_body;
mod request_body;
pub mod route;
pub mod routes;
pub mod server;
mod service;
pub mod signals;
pub mod socket_handover;
mod store;
mod tracked_stream;
pub mod version;
