//! A server under load, MiniTwit or a floor, with the credentials of its requests.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::load::{self, Load, Outcome};
use crate::scenario::Scenario;

/// Connections of every measurement.
pub const CONNECTIONS: u32 = 32;

/// The simulator's credential in development.
pub const AUTHORIZATION: &str = "Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUh";

pub struct Target<'a> {
    /// `host:port`.
    pub address: &'a str,
    /// The cookie of a signed-in user.
    pub cookie: Option<&'a str>,
    pub users: u32,
    pub seconds: u64,
}

impl Target<'_> {
    /// Sends the scenario's requests.
    pub async fn load(&self, directory: &Path, scenario: &Scenario) -> Result<Outcome> {
        let mut headers = vec![("Content-Type", "application/json".to_owned())];
        match self.cookie {
            Some(cookie) if scenario.signed_in => headers.push(("Cookie", cookie.to_owned())),
            _ => headers.push(("Authorization", AUTHORIZATION.to_owned())),
        }
        if scenario.closes {
            headers.push(("Connection", "close".to_owned()));
        }
        let load = Load {
            request: scenario.request,
            headers: &headers,
            connections: CONNECTIONS,
            users: self.users,
            seconds: self.seconds,
        };
        load::wrk(directory, self.address, &load).await
    }
}

/// Registers a user over the API, follows some users, and signs in as a browser does. Returns the cookie.
pub async fn sign_in(address: &str) -> Result<String> {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let user = json!({"username": "bench", "email": "bench@example.com", "pwd": "secret"});
    let register = client.post(format!("http://{address}/register"));
    register.json(&user).send().await?.error_for_status()?;
    for n in 1..=5 {
        let follow = client.post(format!("http://{address}/fllws/bench"));
        let follow = follow.header("authorization", AUTHORIZATION);
        follow
            .json(&json!({"follow": format!("u{n}")}))
            .send()
            .await?
            .error_for_status()?;
    }
    let login = client.post(format!("http://{address}/login"));
    let form = login
        .header("content-type", "application/x-www-form-urlencoded")
        .body("username=bench&password=secret");
    let answer = form.send().await?;
    ensure!(answer.status().is_redirection(), "no login");
    let cookies = answer.headers().get_all("set-cookie").iter();
    let pairs: Vec<&str> = cookies
        .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
        .filter(|pair| !pair.contains("flash"))
        .collect();
    ensure!(!pairs.is_empty(), "no cookie");
    Ok(pairs.join("; "))
}
