//! Everything that can be seen of floatip from outside, against a small fake of the endpoints that it calls.

mod api;
mod by_hand;
mod cloud;
mod decision;
mod droplet;
mod freeze;
mod keepalived;
mod metrics;
mod move_state;
mod moves;
mod simulation;
mod swap;
mod table;
mod trouble;
mod watch;
