//! The admin listener.

use minitwit::{migrate, routes};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::site::{Database, Site, migrate_config, send};

fn version() -> String {
    minitwit::version::version().to_owned()
}

#[tokio::test]
async fn readyz_names_the_version() {
    let site = Site::start().await;
    let response = send(site.client.get(site.admin_url("/readyz"))).await;
    assert_eq!(response.status(), StatusCode::OK);
    let body: Value = response.json().await.expect("JSON");
    assert_eq!(body, json!({"status": "ready", "version": version()}));
}

#[tokio::test]
async fn a_schema_that_is_not_migrated_is_not_ready_until_it_is() {
    let database = Database::empty().await;
    let url = database.url();
    let site = Site::on(database, &url, &[], routes::table());
    let (status, reason) = site.readiness().await;
    assert_eq!(status, 503);
    assert!(reason.starts_with("the schema is not migrated"), "{reason}");
    let healthy = send(site.client.get(site.admin_url("/healthz"))).await;
    assert_eq!(healthy.status(), StatusCode::OK);

    migrate::run(&migrate_config(&url)).await.expect("migrate");
    assert_eq!(site.readiness().await.0, 200);
}

#[tokio::test]
async fn a_newer_schema_is_ready() {
    let site = Site::start().await;
    let newer = "INSERT INTO schema_migration (version, name) VALUES (9999, 'of the next release')";
    site.database.execute(newer).await;
    assert_eq!(site.readiness().await.0, 200);
}

#[tokio::test]
async fn metrics_are_labelled_by_pattern_and_hold_no_names() {
    let site = Site::start().await;
    site.register("ann-the-secret").await;
    site.read("/msgs/ann-the-secret?no=7").await;
    site.get("/no/such/path-secret").await;
    let response = send(site.client.get(site.admin_url("/metrics"))).await;
    let text = response.text().await.expect("text");
    for line in [
        r#"minitwit_http_requests_total{method="GET",route="/msgs/{user}",status="200"} 1"#,
        r#"minitwit_http_requests_total{method="GET",route="unmatched",status="404"} 1"#,
        r#"minitwit_http_request_duration_seconds_count{method="POST",route="/register"} 1"#,
        "minitwit_http_requests_in_flight 0",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert!(text.contains(&format!(
        "minitwit_build_info{{version=\"{}\"}} 1",
        version()
    )));
    assert!(!text.contains("secret"));
}

#[tokio::test]
async fn the_listeners_do_not_serve_each_others_paths() {
    let site = Site::start().await;
    for path in ["/readyz", "/metrics", "/drain", "/healthz"] {
        assert_eq!(
            site.get(path).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let public = send(site.client.get(site.admin_url("/public"))).await;
    assert_eq!(public.status(), StatusCode::NOT_FOUND);
    let wrong = send(site.client.post(site.admin_url("/readyz"))).await;
    assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(wrong.headers()["allow"], "GET, HEAD");
}
