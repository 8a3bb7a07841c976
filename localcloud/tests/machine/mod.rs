//! What the machine would be made to do, without a host or root.

mod addresses;
mod certificates;
mod command;
mod network;
mod packet_loss;
mod pooler;
mod roles;
mod rules;
