//! Every route is documented, needs a token, and needs the scopes that are documented.

use crate::api::cloud::Cloud;
use crate::api::documented;
use localcloud::api::routes::ROUTES;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn calls() -> Vec<(Method, String)> {
    let calls = ROUTES.iter().flat_map(|(path, methods)| {
        methods
            .iter()
            .map(|method| (method.parse().unwrap(), (*path).to_owned()))
    });
    calls
        .filter(|(_, path): &(Method, String)| path.starts_with("/v2/"))
        .collect()
}

/// A path of that pattern for things that don't exist.
fn nowhere(pattern: &str) -> String {
    let segments = pattern.split('/');
    let segments = segments.map(|segment| match segment {
        "{ip}" => "198.18.3.250",
        _ if segment.starts_with('{') => "none",
        other => other,
    });
    segments.collect::<Vec<&str>>().join("/")
}

async fn status(cloud: &Cloud, token: &str, method: &Method, path: &str) -> (u16, Value) {
    let url = format!("{}{path}", cloud.url);
    let request = Client::new().request(method.clone(), url);
    let request = if token.is_empty() {
        request
    } else {
        request.bearer_auth(token)
    };
    let answer = request.send().await.unwrap();
    let got = answer.status().as_u16();
    (
        got,
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default(),
    )
}

async fn token(cloud: &Cloud, scopes: &[&str]) -> String {
    let order = json!({"name": "t", "scopes": scopes});
    let made = cloud.post(201, "/_localcloud/tokens", order).await;
    made["token"].as_str().unwrap().to_owned()
}

#[test]
fn routes_and_documentation_are_the_same() {
    let routes: BTreeSet<String> = calls().iter().map(|(m, p)| format!("{m} {p}")).collect();
    let documented: BTreeSet<String> = documented::answers().keys().cloned().collect();
    assert_eq!(
        routes.difference(&documented).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    assert_eq!(
        documented.difference(&routes).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}

#[tokio::test]
async fn every_route_needs_a_token() {
    let cloud = Cloud::start().await;
    for (method, path) in calls() {
        let (got, body) = status(&cloud, "", &method, &nowhere(&path)).await;
        assert_eq!(got, 401, "{method} {path}");
        documented::check(method.as_str(), &path, got, &body);
    }
}

#[tokio::test]
async fn every_route_needs_its_scopes_and_no_more() {
    let cloud = Cloud::start().await;
    let mut useless = token(&cloud, &["tag:nothing"]).await;
    for (n, (method, path)) in calls().into_iter().enumerate() {
        if n % 200 == 199 {
            useless = token(&cloud, &["tag:nothing"]).await;
        }
        let (got, body) = status(&cloud, &useless, &method, &nowhere(&path)).await;
        assert_eq!(got, 403, "{method} {path}");
        documented::check(method.as_str(), &path, got, &body);
        let scopes = documented::answers()[&format!("{method} {path}")]["scopes"]
            .as_str()
            .unwrap();
        for set in scopes.split(" | ") {
            let all: Vec<&str> = set.split(' ').collect();
            let enough = token(&cloud, &all).await;
            let (got, _) = status(&cloud, &enough, &method, &nowhere(&path)).await;
            assert!(
                got != 401 && got != 403,
                "{method} {path} with {all:?}: {got}"
            );
            for left_out in all.iter().filter(|_| all.len() > 1) {
                let fewer: Vec<&str> = all.iter().filter(|one| *one != left_out).copied().collect();
                let short = token(&cloud, &fewer).await;
                let (got, _) = status(&cloud, &short, &method, &nowhere(&path)).await;
                assert_eq!(got, 403, "{method} {path} without {left_out}");
            }
        }
    }
}

#[tokio::test]
async fn every_route_refuses_other_methods() {
    let cloud = Cloud::start().await;
    let mut left: Vec<String> = Vec::new();
    for (path, methods) in ROUTES.iter().filter(|(path, _)| path.starts_with("/v2/")) {
        left.extend(
            ["GET", "POST", "PUT", "PATCH", "DELETE"]
                .iter()
                .filter(|method| !methods.contains(method))
                .map(|method| format!("{method} {path}")),
        );
    }
    let mut admin = token(&cloud, &["admin"]).await;
    for (n, call) in left.iter().enumerate() {
        if n % 200 == 199 {
            admin = token(&cloud, &["admin"]).await;
        }
        let (method, path) = call.split_once(' ').unwrap();
        let method = method.parse().unwrap();
        let (got, _) = status(&cloud, &admin, &method, &nowhere(path)).await;
        assert_eq!(got, 405, "{call}");
    }
}
