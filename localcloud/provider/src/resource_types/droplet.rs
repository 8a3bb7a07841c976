//! Droplets.

use crate::resource_type::{Create, Delete, Expected, ResourceType, Step};
use crate::table::Kind::{Flag, Number, Text, Texts};
use crate::table::{Source, Spelling, computed, either, flag_or, optional, required};

pub const DROPLET: ResourceType = ResourceType {
    name: "droplet",
    label: "droplet",
    version: 1,
    attributes: &[
        // A slug stands for a newer image later, so it is not read back.
        required("image", Text)
            .sent()
            .from(Source::Nowhere)
            .spelled(Spelling::Digits)
            .replaces(),
        required("name", Text).sent(),
        either("region", Text)
            .sent()
            .from(Source::At("/region/slug"))
            .replaces(),
        required("size", Text)
            .sent()
            .from(Source::At("/size/slug"))
            .spelled(Spelling::AnyCase),
        either("vpc_uuid", Text).sent().replaces(),
        optional("ssh_keys", Texts)
            .sent()
            .from(Source::Nowhere)
            .spelled(Spelling::Digits)
            .replaces(),
        optional("tags", Texts).sent(),
        optional("user_data", Text)
            .sent()
            .from(Source::Nowhere)
            .replaces(),
        optional("droplet_agent", Flag)
            .sent_at("with_droplet_agent")
            .from(Source::Nowhere)
            .replaces(),
        flag_or("monitoring", false)
            .sent()
            .from(Source::Feature("monitoring"))
            .replaces(),
        flag_or("resize_disk", true).from(Source::Nowhere),
        computed("backups", Flag).from(Source::Feature("backups")),
        computed("ipv6", Flag).from(Source::Feature("ipv6")),
        computed("private_networking", Flag).from(Source::Feature("private_networking")),
        computed("volume_ids", Texts),
        computed("urn", Text).from(Source::Format("do:droplet:{id}")),
        computed("created_at", Text),
        computed("disk", Number).may_change(),
        computed("vcpus", Number).may_change(),
        computed("memory", Number).may_change(),
        computed("price_hourly", Number)
            .from(Source::At("/size/price_hourly"))
            .may_change(),
        computed("price_monthly", Number)
            .from(Source::At("/size/price_monthly"))
            .may_change(),
        computed("status", Text).may_change(),
        computed("locked", Flag).may_change(),
        computed("ipv4_address", Text).from(Source::AddressV4("public")),
        computed("ipv4_address_private", Text).from(Source::AddressV4("private")),
    ],
    create: Create::Post("/v2/droplets"),
    path: "/v2/droplets/{id}",
    envelope: "droplet",
    ready: &[
        ("/status", Expected::Text("active")),
        ("/locked", Expected::Flag(false)),
    ],
    steps: &[Step::Resize, Step::Rename, Step::Tags("droplet")],
    delete: Delete::CallAndWait,
    ..ResourceType::BASE
};
