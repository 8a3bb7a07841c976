//! TCP ports of the router and of managed databases.

/// On the router: the API.
pub const API_PORT: u16 = 8080;

/// On the router: the package proxy.
pub const PROXY_PORT: u16 = 3128;

/// On the router: Spaces.
pub const SPACES_PORT: u16 = 9000;

/// Of every managed database on the platform.
pub const DATABASE_PORT: u16 = 25060;

/// Of connection pools.
pub const POOL_PORT: u16 = 25061;
