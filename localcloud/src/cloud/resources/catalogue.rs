//! What can be ordered: regions, sizes and images. Fixed data.

/// A place. All regions of a cloud are on one machine, and share nothing else.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Short name.
    pub slug: &'static str,
    /// Full name.
    pub name: &'static str,
}

/// A droplet's size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Short name.
    pub slug: &'static str,
    /// Memory in MiB.
    pub memory: u64,
    /// Virtual processors.
    pub vcpus: u64,
    /// Disk in GiB.
    pub disk: u64,
    /// Transfer in TiB a month.
    pub transfer: f64,
    /// Price in USD a month.
    pub price_monthly: f64,
    /// Kind of machine.
    pub description: &'static str,
}

/// An operating system to boot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Image {
    /// Numeric id.
    pub id: u64,
    /// Short name.
    pub slug: &'static str,
    /// Release.
    pub name: &'static str,
    /// Distribution.
    pub distribution: &'static str,
    /// Smallest disk in GiB.
    pub min_disk_size: u64,
}

/// A database node's size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DatabaseSize {
    /// Short name.
    pub slug: &'static str,
    /// Memory in MiB.
    pub memory: u64,
    /// Smallest storage in MiB.
    pub storage_mib: u64,
    /// Connections that clients may open.
    pub connections: u32,
}

const fn place(slug: &'static str, name: &'static str) -> Region {
    Region { slug, name }
}

/// The real cloud's regions.
pub const REGIONS: &[Region] = &[
    place("ams3", "Amsterdam 3"),
    place("blr1", "Bangalore 1"),
    place("fra1", "Frankfurt 1"),
    place("lon1", "London 1"),
    place("nyc1", "New York 1"),
    place("nyc2", "New York 2"),
    place("nyc3", "New York 3"),
    place("sfo2", "San Francisco 2"),
    place("sfo3", "San Francisco 3"),
    place("sgp1", "Singapore 1"),
    place("syd1", "Sydney 1"),
    place("tor1", "Toronto 1"),
];

const fn basic(
    slug: &'static str,
    memory: u64,
    vcpus: u64,
    disk: u64,
    transfer: f64,
    price_monthly: f64,
) -> Size {
    let description = "Basic";
    Size {
        slug,
        memory,
        vcpus,
        disk,
        transfer,
        price_monthly,
        description,
    }
}

/// The sizes that one machine can pretend to have.
pub const SIZES: &[Size] = &[
    basic("s-1vcpu-512mb-10gb", 512, 1, 10, 0.5, 4.0),
    basic("s-1vcpu-1gb", 1024, 1, 25, 1.0, 6.0),
    basic("s-1vcpu-2gb", 2048, 1, 50, 2.0, 12.0),
    basic("s-2vcpu-2gb", 2048, 2, 60, 3.0, 18.0),
    basic("s-2vcpu-4gb", 4096, 2, 80, 4.0, 24.0),
    basic("s-4vcpu-8gb", 8192, 4, 160, 5.0, 48.0),
    basic("s-8vcpu-16gb", 16384, 8, 320, 6.0, 96.0),
];

/// The images that can be booted.
pub const IMAGES: &[Image] = &[Image {
    id: 172_603_901,
    slug: "debian-12-x64",
    name: "12 x64",
    distribution: "Debian",
    min_disk_size: 7,
}];

const fn node(slug: &'static str, memory: u64, storage_gib: u64, connections: u32) -> DatabaseSize {
    DatabaseSize {
        slug,
        memory,
        storage_mib: storage_gib * 1024,
        connections,
    }
}

/// Sizes of database nodes. Of 25 connections for each GiB of memory the platform keeps three.
pub const DATABASE_SIZES: &[DatabaseSize] = &[
    node("db-s-1vcpu-1gb", 1024, 10, 22),
    node("db-s-1vcpu-2gb", 2048, 30, 47),
    node("db-s-2vcpu-4gb", 4096, 60, 97),
    node("db-s-4vcpu-8gb", 8192, 140, 197),
    node("db-s-6vcpu-16gb", 16384, 290, 397),
];

/// Major versions of PostgreSQL that a cluster may ask for.
pub const POSTGRES_VERSIONS: &[&str] = &["14", "15", "16", "17"];

/// The region with this slug.
#[must_use]
pub fn region(slug: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.slug == slug)
}

/// The droplet size with this slug.
#[must_use]
pub fn size(slug: &str) -> Option<&'static Size> {
    SIZES.iter().find(|size| size.slug == slug)
}

/// The image with this slug or id.
#[must_use]
pub fn image(slug_or_id: &str) -> Option<&'static Image> {
    let id = slug_or_id.parse().ok();
    IMAGES
        .iter()
        .find(|image| image.slug == slug_or_id || Some(image.id) == id)
}

/// The database size with this slug.
#[must_use]
pub fn database_size(slug: &str) -> Option<&'static DatabaseSize> {
    DATABASE_SIZES.iter().find(|size| size.slug == slug)
}
