//! The API, tried over HTTP on a cloud that keeps its record only.

mod access;
mod backups;
mod certificates;
mod cloud;
mod databases;
mod documented;
mod domains;
mod droplets;
mod events;
mod faults;
mod firewalls;
mod images;
mod keys;
mod latency;
mod metadata;
mod projects;
mod reserved_ips;
mod restart;
mod routes;
mod tags;
mod vpcs;
