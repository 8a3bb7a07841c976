//! The provider's tables, and Terraform itself with the provider.

mod apply;
mod cloud;
mod tables;
