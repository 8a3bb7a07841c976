//! `/v2/regions`, `/v2/sizes`, `/v2/images`

use super::error::ApiError;
use super::request::{Answer, Id, Listing, ok};
use super::shapes;
use crate::cloud::catalogue::{self, IMAGES, REGIONS, SIZES};
use serde_json::json;

/// All regions.
pub async fn regions(listing: Listing) -> Answer {
    ok(listing.page("regions", REGIONS, shapes::region))
}

/// All sizes.
pub async fn sizes(listing: Listing) -> Answer {
    ok(listing.page("sizes", SIZES, shapes::size))
}

/// All images, or the distributions among them, which are all; none is an application or private.
pub async fn images(listing: Listing) -> Answer {
    let distributions = listing
        .get("type")
        .is_none_or(|kind| kind == "distribution");
    let all = distributions && listing.get("private") != Some("true");
    ok(listing.page("images", IMAGES.iter().filter(|_| all), shapes::image))
}

/// One image, by id or slug.
pub async fn image(Id(id): Id<String>) -> Answer {
    let image = catalogue::image(&id).ok_or_else(ApiError::not_found)?;
    ok(json!({"image": shapes::image(image)}))
}
