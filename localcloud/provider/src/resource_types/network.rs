//! What connects and separates: VPCs, reserved IPs, cloud firewalls.

use crate::resource_type::{Create, ResourceType, Step};
use crate::table::Kind::{Flag, Number, Numbers, Objects, Text, Texts};
use crate::table::{Block, Source, Spelling, computed, either, optional, required};

pub const VPC: ResourceType = ResourceType {
    name: "vpc",
    label: "VPC",
    attributes: &[
        required("name", Text).sent(),
        required("region", Text).sent().replaces(),
        optional("description", Text).sent(),
        either("ip_range", Text).sent().replaces(),
        computed("urn", Text),
        computed("default", Flag).sent(),
        computed("created_at", Text),
    ],
    create: Create::Post("/v2/vpcs"),
    path: "/v2/vpcs/{id}",
    envelope: "vpc",
    steps: &[Step::Put],
    // What was in it may still be on its way out.
    delete_again_on: &[403, 409],
    ..ResourceType::BASE
};

pub const RESERVED_IP: ResourceType = ResourceType {
    name: "reserved_ip",
    label: "reserved IP",
    attributes: &[
        required("region", Text)
            .sent()
            .from(Source::At("/region/slug"))
            .replaces(),
        // Without a droplet in the configuration, another resource decides which droplet holds the address.
        optional("droplet_id", Number).from(Source::AtIfSet("/droplet/id")),
        either("ip_address", Text).from(Source::At("/ip")),
        computed("urn", Text).from(Source::Format("do:reservedip:{ip}")),
    ],
    create: Create::Post("/v2/reserved_ips"),
    path: "/v2/reserved_ips/{id}",
    envelope: "reserved_ip",
    id: "{ip}",
    steps: &[Step::Assign],
    ..ResourceType::BASE
};

pub const FIREWALL: ResourceType = ResourceType {
    name: "firewall",
    label: "firewall",
    attributes: &[
        required("name", Text).sent(),
        optional("droplet_ids", Numbers).sent(),
        optional("tags", Texts).sent(),
        computed("status", Text).may_change(),
        computed("created_at", Text),
        computed(
            "pending_changes",
            Objects(&[("droplet_id", Number), ("removing", Flag), ("status", Text)]),
        )
        .may_change(),
    ],
    blocks: &[
        Block {
            name: "inbound_rule",
            field: "inbound_rules",
            attributes: &[
                required("protocol", Text).sent(),
                PORT_RANGE,
                optional("source_addresses", Texts).sent_at("sources/addresses"),
                optional("source_droplet_ids", Numbers).sent_at("sources/droplet_ids"),
                optional("source_load_balancer_uids", Texts).sent_at("sources/load_balancer_uids"),
                optional("source_kubernetes_ids", Texts).sent_at("sources/kubernetes_ids"),
                optional("source_tags", Texts).sent_at("sources/tags"),
            ],
            ..Block::BASE
        },
        Block {
            name: "outbound_rule",
            field: "outbound_rules",
            attributes: &[
                required("protocol", Text).sent(),
                PORT_RANGE,
                optional("destination_addresses", Texts).sent_at("destinations/addresses"),
                optional("destination_droplet_ids", Numbers).sent_at("destinations/droplet_ids"),
                optional("destination_load_balancer_uids", Texts)
                    .sent_at("destinations/load_balancer_uids"),
                optional("destination_kubernetes_ids", Texts)
                    .sent_at("destinations/kubernetes_ids"),
                optional("destination_tags", Texts).sent_at("destinations/tags"),
            ],
            ..Block::BASE
        },
    ],
    create: Create::Post("/v2/firewalls"),
    path: "/v2/firewalls/{id}",
    envelope: "firewall",
    steps: &[Step::Put],
    ..ResourceType::BASE
};

const PORT_RANGE: crate::table::Attribute = optional("port_range", Text)
    .sent_at("ports")
    .spelled(Spelling::Ports);
