//! Buckets, conditions, lists and hosts of Spaces, without a server.

mod bucket;
mod bucket_files;
mod conditions;
mod host;
mod listing;
