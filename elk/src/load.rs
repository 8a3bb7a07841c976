//! Puts the configuration into Elasticsearch, what others refer to first.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method, header};

/// Time for one call; a node that has just started takes seconds for its first.
const PATIENCE: Duration = Duration::from_secs(30);

/// File, and the path that it is put to.
const PARTS: [(&str, &str); 4] = [
    ("lifecycle.json", "_ilm/policy/minitwit-logs"),
    ("settings.json", "_component_template/minitwit-settings"),
    ("mappings.json", "_component_template/minitwit-mappings"),
    ("index-template.json", "_index_template/minitwit-logs"),
];

/// An Elasticsearch to talk to.
pub struct Engine {
    url: String,
    username: Option<String>,
    password: Option<String>,
    client: Client,
}

impl Engine {
    /// The Elasticsearch at `url`.
    pub fn new(url: String, username: Option<String>, password: Option<String>) -> Self {
        Self {
            url,
            username,
            password,
            client: Client::new(),
        }
    }

    async fn put(&self, path: &str, body: String) -> Result<()> {
        let url = format!("{}/{path}", self.url.trim_end_matches('/'));
        let mut request = self
            .client
            .request(Method::PUT, &url)
            .timeout(PATIENCE)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        if let Some(username) = &self.username {
            request = request.basic_auth(username, self.password.as_ref());
        }
        let answer = request
            .send()
            .await
            .with_context(|| format!("asking {url}"))?;
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        if !status.is_success() {
            bail!("{url} answered {status}: {text}");
        }
        Ok(())
    }
}

/// Loads all parts, in an order in which each finds what it refers to.
pub async fn load(engine: &Engine, configuration: &Path, without_lifecycle: bool) -> Result<()> {
    for (file, path) in PARTS {
        if without_lifecycle && file == "lifecycle.json" {
            println!("left out {path}: this Elasticsearch is to have none");
            continue;
        }
        let file = configuration.join("elasticsearch").join(file);
        let body =
            fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        engine.put(path, body).await?;
        println!("loaded {path}");
    }
    Ok(())
}
