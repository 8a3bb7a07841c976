//! Spaces: buckets, and the keys to them.

use crate::resource_type::{Backend, Create, ResourceType, Step};
use crate::table::Kind::{Flag, Number, Text};
use crate::table::{Block, Shape, Source, computed, either, flag_or, optional, required, text_or};

pub const BUCKET: ResourceType = ResourceType {
    name: "spaces_bucket",
    label: "bucket",
    backend: Backend::Spaces,
    attributes: &[
        required("name", Text).sent().replaces(),
        text_or("region", "nyc3").sent().replaces(),
        // A canned one, which can't be read back.
        text_or("acl", "private").sent().from(Source::Nowhere),
        flag_or("force_destroy", false).from(Source::Nowhere),
        computed("urn", Text).from(Source::Format("do:space:{name}")),
        computed("bucket_domain_name", Text)
            .from(Source::Format("{name}.{region}.digitaloceanspaces.com")),
        computed("endpoint", Text).from(Source::Format("{region}.digitaloceanspaces.com")),
    ],
    blocks: &[
        Block {
            name: "versioning",
            field: "versioning",
            shape: Shape::One,
            attributes: &[flag_or("enabled", false).sent()],
            ..Block::BASE
        },
        Block {
            name: "lifecycle_rule",
            field: "lifecycle_rule",
            shape: Shape::List,
            attributes: &[
                either("id", Text).sent(),
                optional("prefix", Text).sent(),
                required("enabled", Flag).sent(),
                optional("abort_incomplete_multipart_upload_days", Number).sent(),
            ],
            blocks: &[
                Block {
                    name: "expiration",
                    field: "expiration",
                    attributes: &[
                        optional("date", Text).sent(),
                        optional("days", Number).sent(),
                        optional("expired_object_delete_marker", Flag).sent(),
                    ],
                    ..Block::BASE
                },
                Block {
                    name: "noncurrent_version_expiration",
                    field: "noncurrent_version_expiration",
                    attributes: &[optional("days", Number).sent()],
                    ..Block::BASE
                },
            ],
        },
    ],
    path: "{id}",
    id: "{name}",
    ..ResourceType::BASE
};

pub const KEY: ResourceType = ResourceType {
    name: "spaces_key",
    label: "Spaces key",
    attributes: &[
        required("name", Text).sent(),
        computed("access_key", Text),
        computed("secret_key", Text).keep_if_absent().sensitive(),
        computed("created_at", Text),
    ],
    blocks: &[Block {
        name: "grant",
        field: "grants",
        shape: Shape::List,
        attributes: &[
            required("bucket", Text).sent(),
            required("permission", Text).sent(),
        ],
        ..Block::BASE
    }],
    create: Create::Post("/v2/spaces/keys"),
    path: "/v2/spaces/keys/{id}",
    envelope: "key",
    id: "{access_key}",
    steps: &[Step::Put],
    ..ResourceType::BASE
};
