//! Spaces: object storage that speaks S3, with keys and buckets of the cloud.

mod access;
mod acl;
pub mod bucket;
pub mod bucket_files;
mod buckets;
pub mod conditions;
mod error;
pub mod host;
mod lifecycle;
pub mod listing;
mod objects;
mod receive;
mod s3_types;
mod server;
mod service;
mod start;
mod state;
mod uploads;

pub use lifecycle::expire;
pub use server::router;
pub use start::{ENDPOINT_FILE, KEY_FILE, start};
pub use state::Spaces;
