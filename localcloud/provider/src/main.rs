//! Stand-in for Terraform's DigitalOcean provider where the registry can't be reached

fn main() {}
