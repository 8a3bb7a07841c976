//! What the tables mean for plans, requests and responses.

use serde_json::{Value as Json, json};

use terraform_provider_digitalocean::resource_type::ResourceType;
use terraform_provider_digitalocean::resource_types::RESOURCE_TYPES;
use terraform_provider_digitalocean::value::{Object, Value};
use terraform_provider_digitalocean::{plan, request, response};

fn resource_type(name: &str) -> &'static ResourceType {
    RESOURCE_TYPES
        .iter()
        .find(|resource_type| resource_type.name == name)
        .unwrap()
}

fn object(json: Json) -> Object {
    match Value::from(json) {
        Value::Object(fields) => fields,
        other => panic!("{other:?} is no object"),
    }
}

/// The state after creating what `config` says and getting this answer.
fn created(name: &str, config: Json, answer: &Json) -> Object {
    let mut planned = plan::create(resource_type(name), &object(config));
    planned.insert("id".to_owned(), Value::from("7"));
    response::after_apply(resource_type(name), &planned, answer)
}

fn droplet_answer() -> Json {
    json!({
        "id": 7, "name": "web-a", "status": "active", "locked": false,
        "region": {"slug": "fra1"},
        "size": {"slug": "s-1vcpu-1gb", "price_hourly": 0.00893, "price_monthly": 6.0},
        "memory": 1024, "vcpus": 1, "disk": 25, "vpc_uuid": "v", "volume_ids": [],
        "created_at": "2026-01-01T00:00:00Z", "tags": ["b", "a"],
        "features": ["monitoring", "private_networking"],
        "networks": {"v4": [
            {"type": "private", "ip_address": "10.0.0.2"},
            {"type": "public", "ip_address": "192.0.2.2"},
            {"type": "public", "ip_address": "192.0.2.99"},
        ]},
    })
}

fn droplet_config() -> Json {
    json!({
        "image": "debian-12-x64", "name": "web-a", "region": "fra1", "size": "s-1vcpu-1gb",
        "vpc_uuid": "v", "ssh_keys": ["5", "aa:bb"], "tags": ["a", "b"], "monitoring": true,
    })
}

fn firewall_config() -> Json {
    json!({
        "name": "f", "tags": ["a"],
        "inbound_rule": [
            {"protocol": "tcp", "port_range": "all", "source_tags": ["a", "b"]},
            {"protocol": "icmp", "source_addresses": ["0.0.0.0/0", "::/0"]},
        ],
        "outbound_rule": [],
    })
}

fn firewall_answer() -> Json {
    json!({
        "id": "7", "name": "f", "tags": ["a"], "droplet_ids": [], "status": "succeeded",
        "created_at": "2026-01-01T00:00:00Z", "pending_changes": [],
        "inbound_rules": [
            {"protocol": "icmp", "ports": "0", "sources": {"addresses": ["::/0", "0.0.0.0/0"]}},
            {"protocol": "tcp", "ports": "0", "sources": {"tags": ["b", "a"]}},
        ],
        "outbound_rules": [],
    })
}

#[test]
fn what_was_applied_as_configured_needs_no_change() {
    let cases = [
        ("droplet", droplet_config(), droplet_answer()),
        ("firewall", firewall_config(), firewall_answer()),
    ];
    for (name, config, answer) in cases {
        let state = created(name, config.clone(), &answer);
        let refreshed = response::read(resource_type(name), &state, &answer);
        assert_eq!(refreshed, state, "{name}");
        let plan = plan::update(resource_type(name), &refreshed, &object(config));
        assert_eq!(plan.state, state, "{name}");
        assert_eq!(plan.replaces, Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn a_droplet_has_its_own_address_and_not_its_reserved_one() {
    let state = created("droplet", droplet_config(), &droplet_answer());
    assert_eq!(state["ipv4_address"], Value::from("192.0.2.2"));
    assert_eq!(state["ipv4_address_private"], Value::from("10.0.0.2"));
    assert_eq!(state["urn"], Value::from("do:droplet:7"));
}

#[test]
fn ssh_keys_go_out_as_numbers_or_fingerprints() {
    let planned = plan::create(resource_type("droplet"), &object(droplet_config()));
    let body = request::create_body(resource_type("droplet"), &planned);
    assert_eq!(body["ssh_keys"], json!([5, "aa:bb"]));
    assert_eq!(body["image"], json!("debian-12-x64"));
    assert_eq!(body.get("user_data"), None);
}

#[test]
fn a_new_size_is_a_change_in_place_and_a_new_image_is_a_new_droplet() {
    let state = created("droplet", droplet_config(), &droplet_answer());
    let mut config = droplet_config();
    config["size"] = json!("s-2vcpu-2gb");
    let plan = plan::update(resource_type("droplet"), &state, &object(config.clone()));
    assert!(plan.replaces.is_empty());
    assert_eq!(plan.state["memory"], Value::Unknown);
    assert_eq!(plan.state["ipv4_address"], state["ipv4_address"]);
    config["image"] = json!("debian-13-x64");
    let plan = plan::update(resource_type("droplet"), &state, &object(config));
    assert_eq!(plan.replaces, ["image"]);
}

#[test]
fn a_moved_reserved_ip_changes_nothing() {
    let config = json!({"region": "fra1"});
    let answer = json!({"ip": "192.0.2.9", "region": {"slug": "fra1"}, "droplet": null});
    let state = created("reserved_ip", config.clone(), &answer);
    let moved = json!({"ip": "192.0.2.9", "region": {"slug": "fra1"}, "droplet": {"id": 8}});
    let refreshed = response::read(resource_type("reserved_ip"), &state, &moved);
    assert_eq!(refreshed, state);
    let plan = plan::update(resource_type("reserved_ip"), &refreshed, &object(config));
    assert_eq!(plan.state, state);
}

#[test]
fn a_reserved_ip_of_a_configured_droplet_shows_where_it_went() {
    let config = json!({"region": "fra1", "droplet_id": 7});
    let answer = json!({"ip": "192.0.2.9", "region": {"slug": "fra1"}, "droplet": {"id": 7}});
    let state = created("reserved_ip", config, &answer);
    let moved = json!({"ip": "192.0.2.9", "region": {"slug": "fra1"}, "droplet": {"id": 8}});
    let refreshed = response::read(resource_type("reserved_ip"), &state, &moved);
    assert_eq!(refreshed["droplet_id"], Value::from(json!(8)));
}

#[test]
fn a_rule_changed_elsewhere_is_put_back() {
    let state = created("firewall", firewall_config(), &firewall_answer());
    let mut answer = firewall_answer();
    answer["inbound_rules"][1]["ports"] = json!("22");
    let refreshed = response::read(resource_type("firewall"), &state, &answer);
    let plan = plan::update(
        resource_type("firewall"),
        &refreshed,
        &object(firewall_config()),
    );
    let body = request::change_body(resource_type("firewall"), &plan.state);
    assert_eq!(
        body["inbound_rules"][0],
        json!({"protocol": "tcp", "ports": "all", "sources": {"tags": ["a", "b"]}}),
    );
}

#[test]
fn a_trusted_source_keeps_what_the_api_gave_it() {
    let config = json!({"cluster_id": "c", "rule": [{"type": "tag", "value": "app"}]});
    let rule = json!({
        "uuid": "u", "cluster_uuid": "c", "type": "tag", "value": "app",
        "created_at": "2026-01-01T00:00:00Z",
    });
    let answer = json!({"rules": [rule]});
    let state = created("database_firewall", config.clone(), &answer);
    let Value::Object(first) = &state["rule"].items()[0] else {
        panic!("a rule is an object");
    };
    assert_eq!(first["uuid"], Value::from("u"));
    let plan = plan::update(resource_type("database_firewall"), &state, &object(config));
    assert_eq!(plan.state, state);
}

#[test]
fn a_password_outlives_an_answer_without_it() {
    let config = json!({"cluster_id": "c", "name": "app"});
    let answer = json!({"name": "app", "role": "normal", "password": "secret"});
    let state = created("database_user", config, &answer);
    let refreshed = response::read(
        resource_type("database_user"),
        &state,
        &json!({"name": "app", "role": "normal"}),
    );
    assert_eq!(refreshed["password"], Value::from("secret"));
}

#[test]
fn what_means_the_same_is_no_change() {
    let config = json!({"name": "k", "public_key": "ssh-ed25519 AAAA me"});
    let answer = json!({"id": 7, "name": "k", "public_key": "ssh-ed25519 AAAA me\n"});
    let state = created("ssh_key", config.clone(), &answer);
    let refreshed = response::read(resource_type("ssh_key"), &state, &answer);
    let plan = plan::update(resource_type("ssh_key"), &refreshed, &object(config));
    assert!(plan.replaces.is_empty());

    let config = json!({"name": "p", "environment": "production", "purpose": "Tests"});
    let answer = json!({
        "id": "7", "name": "p", "description": "", "environment": "Production",
        "purpose": "Other: Tests", "is_default": false, "resources": [],
    });
    let state = created("project", config.clone(), &answer);
    let refreshed = response::read(resource_type("project"), &state, &answer);
    assert_eq!(refreshed, state);
    assert_eq!(
        plan::update(resource_type("project"), &refreshed, &object(config)).state,
        state
    );
}

#[test]
fn a_project_keeps_members_that_nobody_listed() {
    let config = json!({"project": "7", "resources": ["do:droplet:1", "do:droplet:2"]});
    let answer = json!({"id": "7", "resources": ["do:droplet:2", "do:floatingip:192.0.2.9"]});
    let state = created("project_resources", config, &answer);
    let refreshed = response::read(resource_type("project_resources"), &state, &answer);
    assert_eq!(refreshed["resources"], Value::from(json!(["do:droplet:2"])));
}

#[test]
fn fractions_keep_their_decimal_digits() {
    let price = Value::from(json!(0.00893));
    assert_eq!(serde_json::to_value(&price).unwrap(), json!("0.00893"));
    let droplet = created("droplet", droplet_config(), &droplet_answer());
    let mut from_state = droplet.clone();
    from_state.insert("price_hourly".to_owned(), Value::from("0.00893"));
    let refreshed = response::read(resource_type("droplet"), &from_state, &droplet_answer());
    assert_eq!(refreshed["price_hourly"], Value::from("0.00893"));
}
