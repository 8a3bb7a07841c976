//! MiniTwit: web pages and the simulator API on hyper, PostgreSQL behind it.
//!
//! A request goes through [`service`]: it is matched in the one table in [`routes`], the handler
//! in `api` or `pages` gets a [`context::Context`], and what it stores or reads goes through
//! [`store`]. [`server`] starts and stops all of it.

mod activity;
mod admin;
mod api;
pub mod app;
mod auth;
mod body;
pub mod config;
mod connection;
pub mod context;
mod counts;
mod credential;
mod database;
pub mod error;
mod form;
pub mod kept_socket;
mod lifecycle;
mod listener;
mod live;
pub mod log;
mod metrics;
pub mod migrate;
mod observe;
mod pages;
mod panics;
mod password;
mod payload;
mod posting;
mod process;
mod readiness;
mod registration;
pub mod reply;
pub mod route;
pub mod routes;
pub mod server;
mod service;
mod store;
pub mod version;
mod watched;
