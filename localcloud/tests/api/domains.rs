use crate::api::cloud::Cloud;
use serde_json::json;

#[tokio::test]
async fn a_domain_has_records_that_come_in_pages() {
    let cloud = Cloud::start().await;
    cloud
        .post(201, "/v2/domains", json!({"name": "Minitwit.Example"}))
        .await;
    let path = "/v2/domains/minitwit.example/records";
    let record = json!({"type": "A", "name": "www", "data": "198.18.3.10"});
    let made = cloud.post(201, path, record).await;
    assert_eq!(made["domain_record"]["priority"], json!(null));
    let page = cloud.get(&format!("{path}?per_page=4&page=2")).await;
    assert_eq!(page["meta"]["total"], 5);
    assert_eq!(page["domain_records"], json!([made["domain_record"]]));
    cloud.gone(&format!("{path}/1")).await;
    cloud.delete(204, "/v2/domains/minitwit.example").await;
    cloud.gone(path).await;
}

#[tokio::test]
async fn a_closing_slash_makes_no_difference() {
    let cloud = Cloud::start().await;
    let list = cloud.get("/v2/domains/?per_page=200").await;
    assert_eq!(list["domains"], json!([]));
    cloud.gone("/v2/domains/none.example/").await;
}

#[tokio::test]
async fn the_soa_stays() {
    let cloud = Cloud::start().await;
    cloud
        .post(201, "/v2/domains", json!({"name": "minitwit.example"}))
        .await;
    let path = "/v2/domains/minitwit.example/records";
    let soa = cloud.get(&format!("{path}?type=SOA")).await["domain_records"][0]["id"].clone();
    cloud.delete(422, &format!("{path}/{soa}")).await;
    let patched = cloud
        .put(200, &format!("{path}/{soa}"), json!({"ttl": 300}))
        .await;
    assert_eq!(patched["domain_record"]["ttl"], 300);
    let domain = cloud.get("/v2/domains/minitwit.example").await;
    assert_eq!(domain["domain"]["ttl"], 300);
}
