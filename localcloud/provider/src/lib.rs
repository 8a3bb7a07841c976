//! Stand-in for Terraform's DigitalOcean provider where Terraform's registry can't be reached.
//!
//! It implements Terraform's plugin protocol for the resource types in [`resource_types`], with the names, types and
//! behaviour of the real provider, and calls the same API.

mod api;
mod bucket;
mod bucket_xml;
mod certificate;
mod compare;
mod connection;
mod error;
mod lifecycle;
pub mod plan;
pub mod provider;
mod report;
pub mod request;
mod resource;
pub mod resource_type;
pub mod resource_types;
pub mod response;
mod schema;
mod spaces;
mod steps;
pub mod table;
mod template;
pub mod value;
