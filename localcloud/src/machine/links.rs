//! Names of the router's ends of the links to droplets and databases. The kernel allows 15 characters.

/// The router's end of a droplet's `eth0`.
#[must_use]
pub fn public_link(droplet: u64) -> String {
    format!("p{droplet}")
}

/// The router's end of a droplet's `eth1`.
#[must_use]
pub fn private_link(droplet: u64) -> String {
    format!("v{droplet}")
}

/// The router's end of a database's public link.
#[must_use]
pub fn database_public_link(id: &str) -> String {
    format!("d{}", short(id))
}

/// The router's end of a database's VPC link.
#[must_use]
pub fn database_private_link(id: &str) -> String {
    format!("e{}", short(id))
}

/// A cluster's id, cut so that it fits into the name of a link or a namespace.
#[must_use]
pub fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}
