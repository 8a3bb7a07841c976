//! Managed databases.

use crate::resource_type::{Create, Delete, Expected, ResourceType, Step};
use crate::table::Kind::{Number, Text, TextList, Texts};
use crate::table::{Block, Source, computed, either, optional, required};

pub const CLUSTER: ResourceType = ResourceType {
    name: "database_cluster",
    label: "database cluster",
    attributes: &[
        required("name", Text).sent().replaces(),
        required("engine", Text).sent().replaces(),
        // Optional in the real provider's schema, which then refuses to go without it.
        required("version", Text).sent(),
        required("size", Text).sent(),
        required("region", Text).sent(),
        required("node_count", Number).sent_at("num_nodes"),
        either("private_network_uuid", Text).sent().replaces(),
        either("project_id", Text).sent().replaces(),
        optional("tags", Texts).sent(),
        computed("storage_size_mib", Text).may_change(),
        computed("host", Text).from(Source::At("/connection/host")),
        computed("private_host", Text).from(Source::At("/private_connection/host")),
        computed("port", Number).from(Source::At("/connection/port")),
        computed("uri", Text)
            .from(Source::At("/connection/uri"))
            .sensitive(),
        computed("private_uri", Text)
            .from(Source::At("/private_connection/uri"))
            .sensitive(),
        computed("database", Text).from(Source::At("/connection/database")),
        computed("user", Text).from(Source::At("/connection/user")),
        computed("password", Text)
            .from(Source::At("/connection/password"))
            .keep_if_absent()
            .sensitive(),
        computed("urn", Text).from(Source::Format("do:dbaas:{id}")),
        computed("metrics_endpoints", TextList),
    ],
    create: Create::Post("/v2/databases"),
    path: "/v2/databases/{id}",
    envelope: "database",
    ready: &[("/status", Expected::Text("online"))],
    steps: &[
        Step::PutPart("resize", &[("size", "size"), ("node_count", "num_nodes")]),
        Step::PutPart("migrate", &[("region", "region")]),
        Step::PutPart("upgrade", &[("version", "version")]),
        Step::Tags("database"),
    ],
    ..ResourceType::BASE
};

pub const DB: ResourceType = ResourceType {
    name: "database_db",
    label: "database",
    attributes: &[
        required("name", Text).sent().replaces(),
        required("cluster_id", Text)
            .from(Source::Nowhere)
            .replaces(),
    ],
    create: Create::Post("/v2/databases/{cluster_id}/dbs"),
    path: "/v2/databases/{cluster_id}/dbs/{name}",
    envelope: "db",
    id: "{cluster_id}/database/{name}",
    ..ResourceType::BASE
};

pub const USER: ResourceType = ResourceType {
    name: "database_user",
    label: "database user",
    attributes: &[
        required("name", Text).sent().replaces(),
        required("cluster_id", Text)
            .from(Source::Nowhere)
            .replaces(),
        computed("role", Text),
        computed("password", Text).keep_if_absent().sensitive(),
    ],
    create: Create::Post("/v2/databases/{cluster_id}/users"),
    path: "/v2/databases/{cluster_id}/users/{name}",
    envelope: "user",
    id: "{cluster_id}/user/{name}",
    ..ResourceType::BASE
};

pub const FIREWALL: ResourceType = ResourceType {
    name: "database_firewall",
    label: "database firewall",
    attributes: &[required("cluster_id", Text)
        .from(Source::Nowhere)
        .replaces()],
    blocks: &[Block {
        name: "rule",
        field: "rules",
        attributes: &[
            required("type", Text).sent(),
            required("value", Text).sent(),
            computed("uuid", Text).sent(),
            computed("created_at", Text),
        ],
        ..Block::BASE
    }],
    create: Create::Put("/v2/databases/{cluster_id}/firewall"),
    path: "/v2/databases/{cluster_id}/firewall",
    envelope: "",
    id: "{cluster_id}-{unique}",
    steps: &[Step::Put],
    delete: Delete::Empty("rules"),
    ..ResourceType::BASE
};

pub const POOL: ResourceType = ResourceType {
    name: "database_connection_pool",
    label: "connection pool",
    attributes: &[
        required("cluster_id", Text)
            .from(Source::Nowhere)
            .replaces(),
        required("name", Text).sent().replaces(),
        required("mode", Text).sent().replaces(),
        required("size", Number).sent().replaces(),
        required("db_name", Text).sent_at("db").replaces(),
        optional("user", Text).sent().replaces(),
        computed("host", Text).from(Source::At("/connection/host")),
        computed("private_host", Text).from(Source::At("/private_connection/host")),
        computed("port", Number).from(Source::At("/connection/port")),
        computed("uri", Text)
            .from(Source::At("/connection/uri"))
            .sensitive(),
        computed("private_uri", Text)
            .from(Source::At("/private_connection/uri"))
            .sensitive(),
        computed("password", Text)
            .from(Source::At("/connection/password"))
            .keep_if_absent()
            .sensitive(),
    ],
    create: Create::Post("/v2/databases/{cluster_id}/pools"),
    path: "/v2/databases/{cluster_id}/pools/{name}",
    envelope: "pool",
    id: "{cluster_id}/{name}",
    ..ResourceType::BASE
};
