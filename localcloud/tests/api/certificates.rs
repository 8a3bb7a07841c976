use crate::api::cloud::{Cloud, until};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};

fn custom(name: &str) -> Value {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(vec!["www.minitwit.example".to_owned()]).unwrap();
    parameters.not_after = rcgen::date_time_ymd(2030, 1, 2);
    let leaf = parameters.self_signed(&key).unwrap().pem();
    json!({"name": name, "type": "custom", "leaf_certificate": leaf, "private_key": key.serialize_pem()})
}

#[tokio::test]
async fn an_uploaded_certificate_is_read() {
    let cloud = Cloud::start().await;
    let order = custom("web");
    let made = cloud.post(201, "/v2/certificates", order.clone()).await["certificate"].clone();
    assert_eq!(
        (&made["state"], &made["type"]),
        (&json!("verified"), &json!("custom"))
    );
    assert_eq!(made["not_after"], "2030-01-02T00:00:00Z");
    assert_eq!(made["dns_names"], json!(["www.minitwit.example"]));
    assert_eq!(made["sha1_fingerprint"].as_str().unwrap().len(), 40);
    let path = format!("/v2/certificates/{}", made["id"].as_str().unwrap());
    assert_eq!(cloud.get(&path).await["certificate"], made);
    assert_eq!(
        cloud.get("/v2/certificates?name=web").await["certificates"],
        json!([made])
    );
    assert_eq!(
        cloud.get("/v2/certificates?name=other").await["meta"]["total"],
        0
    );
    cloud.post(422, "/v2/certificates", order).await;
    let state = std::fs::read_to_string(cloud.path().join("state.json")).unwrap();
    assert!(!state.contains("PRIVATE KEY"), "keys are not kept");
    cloud.delete(204, &path).await;
    cloud.gone(&path).await;
}

#[tokio::test]
async fn a_certificate_that_could_not_serve_is_refused() {
    let cloud = Cloud::start().await;
    for (field, value) in [
        (
            "leaf_certificate",
            json!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ),
        ("leaf_certificate", json!("")),
        ("private_key", json!("nonsense")),
        ("private_key", custom("other")["private_key"].clone()),
        ("certificate_chain", json!("nonsense")),
        ("name", json!("")),
    ] {
        let mut order = custom("web");
        order[field] = value;
        cloud.post(422, "/v2/certificates", order).await;
    }
    let none = cloud.get("/v2/certificates").await;
    assert_eq!(none["meta"]["total"], 0);
}

#[tokio::test]
async fn a_certificate_is_issued_for_a_domain_of_the_account() {
    let cloud = Cloud::start().await;
    let order = json!({"name": "auto", "type": "lets_encrypt", "dns_names": ["minitwit.example", "www.minitwit.example"]});
    let refused = cloud.post(422, "/v2/certificates", order.clone()).await;
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("minitwit.example")
    );
    cloud
        .post(201, "/v2/domains", json!({"name": "minitwit.example"}))
        .await;
    cloud
        .post(
            422,
            "/v2/certificates",
            json!({"name": "none", "type": "lets_encrypt"}),
        )
        .await;
    let made = cloud.post(201, "/v2/certificates", order).await["certificate"].clone();
    assert_eq!(
        (&made["state"], &made["sha1_fingerprint"]),
        (&json!("pending"), &json!(""))
    );
    let path = format!("/v2/certificates/{}", made["id"].as_str().unwrap());
    until(async || cloud.get(&path).await["certificate"]["state"] == "verified").await;
    let issued = cloud.get(&path).await["certificate"].clone();
    assert_eq!(issued["dns_names"].as_array().unwrap().len(), 2);
    let end: jiff::Timestamp = issued["not_after"].as_str().unwrap().parse().unwrap();
    let days = end.duration_since(jiff::Timestamp::now()).as_hours() / 24;
    assert!((88..=90).contains(&days), "{days}");
}
