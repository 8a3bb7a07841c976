//! Keys and tags.

use crate::resource_type::{Create, ResourceType, Step};
use crate::table::Kind::{Number, Text};
use crate::table::{Source, Spelling, computed, required};

pub const SSH_KEY: ResourceType = ResourceType {
    name: "ssh_key",
    label: "SSH key",
    attributes: &[
        required("name", Text).sent(),
        required("public_key", Text)
            .sent()
            .spelled(Spelling::Trimmed)
            .replaces(),
        computed("fingerprint", Text),
    ],
    create: Create::Post("/v2/account/keys"),
    path: "/v2/account/keys/{id}",
    envelope: "ssh_key",
    steps: &[Step::Put],
    ..ResourceType::BASE
};

pub const TAG: ResourceType = ResourceType {
    name: "tag",
    label: "tag",
    attributes: &[
        required("name", Text).sent().replaces(),
        computed("total_resource_count", Number).from(Source::At("/resources/count")),
        computed("droplets_count", Number).from(Source::At("/resources/droplets/count")),
        computed("images_count", Number).from(Source::At("/resources/images/count")),
        computed("volumes_count", Number).from(Source::At("/resources/volumes/count")),
        computed("volume_snapshots_count", Number)
            .from(Source::At("/resources/volume_snapshots/count")),
        computed("databases_count", Number).from(Source::At("/resources/databases/count")),
    ],
    create: Create::Post("/v2/tags"),
    path: "/v2/tags/{id}",
    envelope: "tag",
    id: "{name}",
    ..ResourceType::BASE
};
