//! The API, tried over HTTP on a cloud that keeps its record only.

mod access;
mod cloud;
mod databases;
mod domains;
mod droplets;
mod faults;
mod firewalls;
mod keys;
mod metadata;
mod projects;
mod reserved_ips;
mod restart;
mod tags;
mod vpcs;
