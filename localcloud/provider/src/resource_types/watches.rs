//! Uptime checks, and alerts with their recipients.

use crate::resource_type::{Create, ResourceType, Step};
use crate::table::Kind::{Number, Text, TextList, Texts};
use crate::table::{Block, Shape, Source, computed, flag_or, optional, required, text_or};

/// The recipients of an alert.
const RECEIVERS: Block = Block {
    name: "",
    field: "",
    shape: Shape::One,
    attributes: &[optional("email", TextList).sent()],
    blocks: &[Block {
        name: "slack",
        field: "slack",
        shape: Shape::List,
        attributes: &[
            required("channel", Text).sent(),
            required("url", Text).sent(),
        ],
        ..Block::BASE
    }],
};

pub const UPTIME_CHECK: ResourceType = ResourceType {
    name: "uptime_check",
    label: "uptime check",
    attributes: &[
        required("name", Text).sent(),
        text_or("type", "https").sent(),
        required("target", Text).sent(),
        optional("regions", Texts).sent(),
        flag_or("enabled", true).sent(),
    ],
    create: Create::Post("/v2/uptime/checks"),
    path: "/v2/uptime/checks/{id}",
    envelope: "check",
    steps: &[Step::Put],
    ..ResourceType::BASE
};

pub const UPTIME_ALERT: ResourceType = ResourceType {
    name: "uptime_alert",
    label: "uptime alert",
    attributes: &[
        required("check_id", Text).from(Source::Nowhere).replaces(),
        required("name", Text).sent(),
        required("type", Text).sent(),
        optional("threshold", Number).sent(),
        optional("comparison", Text).sent(),
        optional("period", Text).sent(),
    ],
    blocks: &[Block {
        name: "notifications",
        field: "notifications",
        ..RECEIVERS
    }],
    create: Create::Post("/v2/uptime/checks/{check_id}/alerts"),
    path: "/v2/uptime/checks/{check_id}/alerts/{id}",
    envelope: "alert",
    steps: &[Step::Put],
    ..ResourceType::BASE
};

pub const MONITOR_ALERT: ResourceType = ResourceType {
    name: "monitor_alert",
    label: "alert policy",
    attributes: &[
        required("type", Text).sent(),
        required("description", Text).sent(),
        required("compare", Text).sent(),
        required("value", Number).sent(),
        required("window", Text).sent(),
        flag_or("enabled", true).sent(),
        optional("tags", Texts).sent(),
        optional("entities", Texts).sent(),
        computed("uuid", Text),
    ],
    blocks: &[Block {
        name: "alerts",
        field: "alerts",
        ..RECEIVERS
    }],
    create: Create::Post("/v2/monitoring/alerts"),
    path: "/v2/monitoring/alerts/{id}",
    envelope: "policy",
    id: "{uuid}",
    steps: &[Step::Put],
    ..ResourceType::BASE
};
