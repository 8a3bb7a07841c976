//! Projects, and what belongs to them.

use crate::resource_type::{Create, Delete, ResourceType, Step};
use crate::table::Kind::{Flag, Number, Text, Texts};
use crate::table::{Source, Spelling, computed, either, optional, required, text_or};

pub const PROJECT: ResourceType = ResourceType {
    name: "project",
    label: "project",
    attributes: &[
        required("name", Text).sent(),
        text_or("description", "").sent(),
        text_or("purpose", "Web Application")
            .sent()
            .spelled(Spelling::Prefixed("Other: ")),
        optional("environment", Text)
            .sent()
            .spelled(Spelling::AnyCase),
        either("resources", Texts).may_change(),
        computed("is_default", Flag).sent(),
        computed("owner_uuid", Text),
        computed("owner_id", Number),
        computed("created_at", Text),
        computed("updated_at", Text).may_change(),
    ],
    create: Create::Post("/v2/projects"),
    path: "/v2/projects/{id}",
    envelope: "project",
    members: Some("resources"),
    steps: &[Step::Put, Step::Members("/v2/projects/{id}")],
    // Members leave it in their own time.
    delete_again_on: &[412],
    ..ResourceType::BASE
};

pub const RESOURCES: ResourceType = ResourceType {
    name: "project_resources",
    label: "project's resources",
    attributes: &[
        required("project", Text).from(Source::Nowhere).replaces(),
        required("resources", Texts).from(Source::Among("/resources")),
    ],
    create: Create::Steps,
    path: "/v2/projects/{project}",
    envelope: "project",
    id: "{project}",
    members: Some("resources"),
    steps: &[Step::Members("/v2/projects/{project}")],
    delete: Delete::Steps,
    ..ResourceType::BASE
};
