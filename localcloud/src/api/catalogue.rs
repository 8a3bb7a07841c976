//! `/v2/regions` and `/v2/sizes`

use super::request::{HandlerResult, Listing, ok};
use super::shapes;
use crate::cloud::resources::catalogue::{REGIONS, SIZES};

/// All regions.
pub async fn regions(listing: Listing) -> HandlerResult {
    ok(listing.page("regions", REGIONS, shapes::region))
}

/// All sizes.
pub async fn sizes(listing: Listing) -> HandlerResult {
    ok(listing.page("sizes", SIZES, shapes::size))
}
