//! The client: each refusal is told apart, and says what to do.

use std::{net::Ipv4Addr, time::Duration};

use floatip::mover::api::{Client, Error, Token};

use crate::cloud::{Cloud, Fault, HERE, LIVE, STAGE, THERE, TOKEN};

fn client(cloud: &Cloud, token: &str) -> Client {
    Client::new(
        &format!("{}/v2/", cloud.url()),
        Token::new(token, "test").unwrap(),
    )
    .unwrap()
}

fn ip(text: &str) -> Ipv4Addr {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_read() {
    let cloud = Cloud::start().await;
    let client = client(&cloud, TOKEN);
    let live = client.reserved_ip(ip(LIVE)).await.unwrap();
    assert_eq!(live.droplet.unwrap().id, THERE);
    assert!(!live.locked);
    assert!(
        client
            .reserved_ip(ip(STAGE))
            .await
            .unwrap()
            .droplet
            .is_none()
    );
    let droplet = client.droplet(HERE).await.unwrap();
    assert_eq!(droplet.public_ip(&[ip(LIVE)]), Some(ip("198.18.0.10")));
    let tagged = client.droplets_with_tag("minitwit").await.unwrap();
    assert_eq!(
        tagged.iter().map(|droplet| droplet.id).collect::<Vec<_>>(),
        [HERE, THERE]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_apart() {
    let cloud = Cloud::start().await;
    let client = client(&cloud, TOKEN);
    let mut seen = Vec::new();
    for fault in [
        Fault::Status(401, ""),
        Fault::Status(403, ""),
        Fault::Status(404, ""),
        Fault::Status(422, "pending event"),
        Fault::RetryAfter(7),
        Fault::Status(429, ""),
        Fault::Status(502, "bad gateway"),
        Fault::Status(418, "teapot"),
    ] {
        cloud.fault(&[fault]);
        seen.push(client.assign(ip(LIVE), HERE).await.unwrap_err());
    }
    assert_eq!(seen[0], Error::Unauthorized);
    assert_eq!(seen[1], Error::Forbidden);
    assert!(matches!(seen[2], Error::NotFound { .. }));
    assert_eq!(
        seen[3],
        Error::Unprocessable {
            message: "pending event".into()
        }
    );
    assert_eq!(seen[4].retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(seen[5], Error::RateLimited { retry_after: None });
    assert_eq!(
        seen[6],
        Error::Server {
            status: 502,
            message: "bad gateway".into()
        }
    );
    assert_eq!(
        seen[7],
        Error::Unexpected {
            status: 418,
            message: "teapot".into()
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_after_the_timeout() {
    let cloud = Cloud::start().await;
    cloud.fault(&[Fault::Silence]);
    let error = client(&cloud, TOKEN)
        .assign(ip(LIVE), HERE)
        .await
        .unwrap_err();
    assert_eq!(error, Error::Silent("timed out".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_said_so() {
    let cloud = Cloud::start().await;
    let error = client(&cloud, "dop_v1_wrong")
        .reserved_ip(ip(LIVE))
        .await
        .unwrap_err();
    assert_eq!(error, Error::Unauthorized);
    assert!(error.to_string().contains("FLOATIP_TOKEN_FILE"));
}
