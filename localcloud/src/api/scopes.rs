//! The scopes that a token needs, by a route's pattern, as the API's description lists them.

use axum::http::Method;

/// What destroys a droplet with all that belongs to it.
const ASSOCIATED: [&str; 5] = [
    "droplet:delete",
    "block_storage:delete",
    "block_storage_snapshot:delete",
    "image:delete",
    "reserved_ip:delete",
];

/// Sets of scopes, of which a token needs one in full.
#[must_use]
pub fn sets(pattern: &str, method: &Method) -> Vec<Vec<String>> {
    let all = |scopes: &[&str]| vec![scopes.iter().map(|scope| (*scope).to_owned()).collect()];
    let own = scope(pattern, method);
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match pattern {
        "/v2/sizes" => all(&["sizes:read", "regions:read"]),
        "/v2/snapshots/{id}" if reads => all(&["snapshot:read", "block_storage_snapshot:read"]),
        "/v2/snapshots/{id}" => all(&["image:delete", "snapshot:delete"]),
        "/v2/uptime/checks/{id}/alerts" | "/v2/uptime/checks/{id}/alerts/{alert}" if !reads => {
            all(&[&own, "uptime:update"])
        }
        "/v2/domains/{name}/records" | "/v2/domains/{name}/records/{id}" if !reads => {
            vec![vec![own], vec!["domain:update".to_owned()]]
        }
        "/v2/droplets/{id}/destroy_with_associated_resources/status" => all(&["droplet:delete"]),
        _ if pattern.contains("/destroy_with_associated_resources/") => all(&ASSOCIATED),
        _ => vec![vec![own]],
    }
}

/// The one scope that most requests need.
#[must_use]
pub fn scope(pattern: &str, method: &Method) -> String {
    let mut segments = pattern
        .split('/')
        .filter(|segment| !segment.is_empty())
        .skip(1);
    let first = segments.next().unwrap_or_default();
    let rest: Vec<&str> = segments.collect();
    let last = rest.last().copied().unwrap_or_default();
    let resource_type = match (first, last) {
        ("account", _) if rest.first() == Some(&"keys") => "ssh_key",
        ("account", _) => return "account:read".to_owned(),
        ("actions" | "regions" | "sizes", _) => return format!("{first}:read"),
        ("droplets", "firewalls") => "firewall",
        ("reports", _) => "droplet",
        ("spaces", "keys") if method == Method::POST => {
            return "spaces_key:create_credentials".to_owned();
        }
        ("spaces", _) => "spaces_key",
        ("reserved_ips" | "floating_ips", _) => "reserved_ip",
        ("projects", "resources") if method == Method::POST => {
            return "project:assign_resource".to_owned();
        }
        (plural, _) => plural.strip_suffix('s').unwrap_or(plural),
    };
    let changes_part = resource_type == "firewall" && rest.len() > 1;
    let verb = match *method {
        Method::GET | Method::HEAD => "read",
        _ if last == "actions" || last == "reset_auth" || changes_part => "update",
        Method::POST => "create",
        Method::DELETE => "delete",
        _ => "update",
    };
    format!("{resource_type}:{verb}")
}
