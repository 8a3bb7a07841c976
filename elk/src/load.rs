//! Loads the lifecycle and the templates into Elasticsearch, each after those that it refers to.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method, header};

/// Time limit of a request. A node that has just started takes seconds for the first one.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// File, and its path in Elasticsearch's API.
const PARTS: [(&str, &str); 4] = [
    ("lifecycle.json", "_ilm/policy/minitwit-logs"),
    ("settings.json", "_component_template/minitwit-settings"),
    ("mappings.json", "_component_template/minitwit-mappings"),
    ("index-template.json", "_index_template/minitwit-logs"),
];

pub struct Elasticsearch {
    url: String,
    username: Option<String>,
    password: Option<String>,
    client: Client,
}

impl Elasticsearch {
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
            .timeout(REQUEST_TIMEOUT)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        if let Some(username) = &self.username {
            request = request.basic_auth(username, self.password.as_ref());
        }
        let response = request
            .send()
            .await
            .with_context(|| format!("requesting {url}"))?;
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        if !status.is_success() {
            bail!("{url} returned {status}: {text}");
        }
        Ok(())
    }
}

/// Loads all parts from the directory `configuration`, in the order of their references.
pub async fn load(
    elasticsearch: &Elasticsearch,
    configuration: &Path,
    without_lifecycle: bool,
) -> Result<()> {
    for (file, path) in PARTS {
        if without_lifecycle && file == "lifecycle.json" {
            println!("skipped {path}, because of --without-lifecycle");
            continue;
        }
        let file = configuration.join("elasticsearch").join(file);
        let body =
            fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        elasticsearch.put(path, body).await?;
        println!("loaded {path}");
    }
    Ok(())
}
