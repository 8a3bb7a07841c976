use crate::api::cloud::{Cloud, FINGERPRINT, KEY};
use serde_json::json;

#[tokio::test]
async fn a_key_is_added_renamed_found_by_fingerprint_and_removed() {
    let cloud = Cloud::start().await;
    let key = cloud
        .post(
            201,
            "/v2/account/keys",
            json!({"name": "me", "public_key": KEY}),
        )
        .await;
    assert_eq!(key["ssh_key"]["fingerprint"], FINGERPRINT);
    let path = format!("/v2/account/keys/{}", key["ssh_key"]["id"]);
    assert_eq!(cloud.get(&path).await, key);
    assert_eq!(
        cloud.get(&format!("/v2/account/keys/{FINGERPRINT}")).await,
        key
    );
    let renamed = cloud.put(200, &path, json!({"name": "you"})).await;
    assert_eq!(renamed["ssh_key"]["name"], "you");
    let list = cloud.get("/v2/account/keys").await;
    assert_eq!(list["meta"]["total"], 1);
    assert_eq!(list["links"], json!({}));
    cloud.delete(204, &path).await;
    cloud.gone(&path).await;
    cloud.delete(404, &path).await;
}

#[tokio::test]
async fn a_key_must_be_one_have_a_name_and_be_new() {
    let cloud = Cloud::start().await;
    cloud
        .post(
            422,
            "/v2/account/keys",
            json!({"name": "me", "public_key": "ssh-ed25519 nonsense"}),
        )
        .await;
    cloud
        .post(422, "/v2/account/keys", json!({"public_key": KEY}))
        .await;
    cloud
        .post(
            201,
            "/v2/account/keys",
            json!({"name": "me", "public_key": KEY}),
        )
        .await;
    let again = cloud
        .post(
            422,
            "/v2/account/keys",
            json!({"name": "me", "public_key": KEY}),
        )
        .await;
    assert_eq!(again["id"], "unprocessable_entity");
    assert_eq!(
        again["message"],
        "SSH Key is already in use on your account"
    );
    assert!(again["request_id"].is_string());
}
