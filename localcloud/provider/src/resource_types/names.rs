//! Names: domains, their records, and certificates for them.

use crate::resource_type::{Create, Expected, ResourceType, Step};
use crate::table::Kind::{Number, Text, Texts};
use crate::table::{Source, Spelling, computed, either, optional, required, text_or};

pub const DOMAIN: ResourceType = ResourceType {
    name: "domain",
    label: "domain",
    attributes: &[
        required("name", Text).sent().replaces(),
        // Makes an A record, which is then an object of its own.
        optional("ip_address", Text)
            .sent()
            .from(Source::Nowhere)
            .replaces(),
        computed("ttl", Number),
        computed("urn", Text).from(Source::Format("do:domain:{name}")),
    ],
    create: Create::Post("/v2/domains"),
    path: "/v2/domains/{id}",
    envelope: "domain",
    id: "{name}",
    ..ResourceType::BASE
};

pub const RECORD: ResourceType = ResourceType {
    name: "record",
    label: "record",
    attributes: &[
        required("domain", Text).from(Source::Nowhere).replaces(),
        required("type", Text).sent().replaces(),
        required("name", Text).sent(),
        required("value", Text)
            .sent_at("data")
            .spelled(Spelling::Dotted),
        either("ttl", Number).sent(),
        optional("priority", Number).sent(),
        optional("port", Number).sent(),
        optional("weight", Number).sent(),
        optional("flags", Number).sent(),
        optional("tag", Text).sent(),
        computed("fqdn", Text)
            .from(Source::NameIn("domain"))
            .may_change(),
    ],
    create: Create::Post("/v2/domains/{domain}/records"),
    path: "/v2/domains/{domain}/records/{id}",
    envelope: "domain_record",
    steps: &[Step::Put],
    ..ResourceType::BASE
};

pub const CERTIFICATE: ResourceType = ResourceType {
    name: "certificate",
    label: "certificate",
    version: 1,
    attributes: &[
        required("name", Text).sent().replaces(),
        text_or("type", "custom").sent().replaces(),
        optional("private_key", Text)
            .sent()
            .from(Source::Nowhere)
            .sensitive()
            .replaces(),
        optional("leaf_certificate", Text)
            .sent()
            .from(Source::Nowhere)
            .replaces(),
        optional("certificate_chain", Text)
            .sent()
            .from(Source::Nowhere)
            .replaces(),
        // A certificate of one's own names its domains itself.
        optional("domains", Texts)
            .sent_at("dns_names")
            .from(Source::AtIfSet("/dns_names"))
            .replaces(),
        // The name stays when a certificate is renewed, its id does not.
        computed("uuid", Text)
            .from(Source::At("/id"))
            .keep_if_absent(),
        computed("state", Text),
        computed("not_after", Text),
        computed("sha1_fingerprint", Text),
    ],
    create: Create::Post("/v2/certificates"),
    path: "/v2/certificates/{uuid}",
    envelope: "certificate",
    id: "{name}",
    ready: &[("/state", Expected::Text("verified"))],
    ..ResourceType::BASE
};
