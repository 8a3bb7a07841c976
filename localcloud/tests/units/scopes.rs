//! The scope of each route.

use axum::http::Method;
use localcloud::api::scopes::scope;

#[test]
fn scopes_are_those_of_the_api_description() {
    let table = [
        ("GET", "/v2/account", "account:read"),
        ("POST", "/v2/account/keys", "ssh_key:create"),
        ("PUT", "/v2/account/keys/{id}", "ssh_key:update"),
        ("GET", "/v2/regions", "regions:read"),
        ("GET", "/v2/images/{id}", "image:read"),
        ("POST", "/v2/droplets", "droplet:create"),
        ("DELETE", "/v2/droplets/{id}", "droplet:delete"),
        ("POST", "/v2/droplets/{id}/actions", "droplet:update"),
        ("GET", "/v2/droplets/{id}/actions", "droplet:read"),
        ("GET", "/v2/droplets/{id}/firewalls", "firewall:read"),
        (
            "POST",
            "/v2/reserved_ips/{ip}/actions",
            "reserved_ip:update",
        ),
        (
            "GET",
            "/v2/floating_ips/{ip}/actions/{id}",
            "reserved_ip:read",
        ),
        ("GET", "/v2/actions/{id}", "actions:read"),
        ("DELETE", "/v2/firewalls/{id}/rules", "firewall:update"),
        ("DELETE", "/v2/firewalls/{id}", "firewall:delete"),
        ("POST", "/v2/tags/{name}/resources", "tag:create"),
        (
            "POST",
            "/v2/projects/{id}/resources",
            "project:assign_resource",
        ),
        ("GET", "/v2/projects/{id}/resources", "project:read"),
        ("POST", "/v2/spaces/keys", "spaces_key:create_credentials"),
        ("PATCH", "/v2/spaces/keys/{id}", "spaces_key:update"),
        ("PUT", "/v2/databases/{id}/firewall", "database:update"),
        (
            "POST",
            "/v2/databases/{id}/users/{name}/reset_auth",
            "database:update",
        ),
    ];
    for (method, pattern, expected) in table {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        assert_eq!(scope(pattern, &method), expected, "{method} {pattern}");
    }
}
