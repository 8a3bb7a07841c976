//! A bucket in Spaces: created, read, configured, deleted. It is described as the JSON that the table understands.

use quick_xml::{de::from_str, se::to_string_with_root};
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::api::segment;
use crate::bucket_xml::{Lifecycle, Location, Rule, Versioning, Versions};
use crate::compare::field;
use crate::error::Error;
use crate::spaces::{Content, Spaces};
use crate::value::{Object, Value};

/// A bucket by its name and region.
pub struct Bucket<'a> {
    spaces: &'a Spaces,
    name: String,
    region: String,
}

impl<'a> Bucket<'a> {
    /// The bucket that a state names.
    pub fn of(spaces: &'a Spaces, state: &Object) -> Self {
        let text = |name: &str| field(state, name).text().unwrap_or_default().to_owned();
        Self {
            spaces,
            name: text("name"),
            region: text("region"),
        }
    }

    async fn call(
        &self,
        method: Method,
        query: &[(&str, &str)],
        content: Content<'_>,
    ) -> Result<String, Error> {
        let place = (self.region.as_str(), self.name.as_str());
        self.spaces.call(method, place, query, content).await
    }

    /// Reads a part of the bucket's settings.
    async fn get<T: DeserializeOwned>(&self, part: &str) -> Result<T, Error> {
        let text = self
            .call(Method::GET, &[(part, "")], Content::default())
            .await?;
        from_str(&text).map_err(|_| Error::Answer(format!("GET {}?{part}", self.name)))
    }

    async fn put<T: Serialize>(&self, part: &str, root: &str, content: &T) -> Result<(), Error> {
        let text = to_string_with_root(root, content);
        let text = text.map_err(|_| Error::Answer(format!("PUT {}?{part}", self.name)))?;
        self.call(
            Method::PUT,
            &[(part, "")],
            Content {
                acl: None,
                body: text,
            },
        )
        .await
        .map(drop)
    }

    /// The bucket as it is.
    pub async fn read(&self, state: &Object) -> Result<Json, Error> {
        self.call(Method::HEAD, &[], Content::default()).await?;
        let location: Location = self.get("location").await?;
        let region = match location.region.trim() {
            "" => &self.region,
            region => region,
        };
        let versioning: Versioning = self.get("versioning").await?;
        let enabled = versioning.status == "Enabled";
        // Versioning that was never enabled is the same as no block.
        let shown = enabled || !field(state, "versioning").items().is_empty();
        let lifecycle = match self.get::<Lifecycle>("lifecycle").await {
            Err(Error::Refused { status, .. }) if status.as_u16() == 404 => Lifecycle::default(),
            result => result?,
        };
        Ok(json!({
            "name": self.name,
            "region": region,
            "versioning": if shown { json!({"enabled": enabled}) } else { json!(null) },
            "lifecycle_rule": lifecycle.rules.iter().map(Rule::to_json).collect::<Vec<_>>(),
        }))
    }

    /// Creates the bucket as `body` describes it.
    pub async fn create(&self, body: &Json) -> Result<(), Error> {
        let acl = body["acl"].as_str().unwrap_or("private");
        let region = &self.region;
        let place = format!(
            "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        );
        self.call(
            Method::PUT,
            &[],
            Content {
                acl: None,
                body: place,
            },
        )
        .await?;
        if acl != "private" {
            self.set_acl(acl).await?;
        }
        self.configure(body, false).await
    }

    async fn set_acl(&self, acl: &str) -> Result<(), Error> {
        let content = Content {
            acl: Some(acl),
            body: String::new(),
        };
        self.call(Method::PUT, &[("acl", "")], content)
            .await
            .map(drop)
    }

    /// Configures the bucket as `body` describes it. A new bucket has no settings yet.
    pub async fn configure(&self, body: &Json, existed: bool) -> Result<(), Error> {
        if existed {
            self.set_acl(body["acl"].as_str().unwrap_or("private"))
                .await?;
        }
        let enabled = body["versioning"]["enabled"] == true;
        if enabled || existed {
            let status = if enabled { "Enabled" } else { "Suspended" }.to_owned();
            self.put(
                "versioning",
                "VersioningConfiguration",
                &Versioning { status },
            )
            .await?;
        }
        let rules = body["lifecycle_rule"].as_array().into_iter().flatten();
        let rules: Vec<Rule> = rules
            .enumerate()
            .map(|(n, rule)| Rule::of(rule, n))
            .collect();
        if !rules.is_empty() {
            self.put("lifecycle", "LifecycleConfiguration", &Lifecycle { rules })
                .await
        } else if existed {
            self.call(Method::DELETE, &[("lifecycle", "")], Content::default())
                .await
                .map(drop)
        } else {
            Ok(())
        }
    }

    /// Deletes the bucket; with `force_destroy` also its content.
    pub async fn delete(&self, state: &Object) -> Result<(), Error> {
        let force = *field(state, "force_destroy") == Value::Bool(true);
        loop {
            match self.call(Method::DELETE, &[], Content::default()).await {
                Ok(_) | Err(Error::NotFound(_)) => return Ok(()),
                Err(Error::Refused { status, .. }) if force && status.as_u16() == 409 => {
                    self.empty().await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Removes a page of versions.
    async fn empty(&self) -> Result<(), Error> {
        let found: Versions = self.get("versions").await?;
        for version in found.versions.iter().chain(&found.markers) {
            let key: Vec<_> = version.key.split('/').map(segment).collect();
            let path = format!("{}/{}", self.name, key.join("/"));
            let query = [("versionId", version.version_id.as_str())];
            let place = (self.region.as_str(), path.as_str());
            self.spaces
                .call(Method::DELETE, place, &query, Content::default())
                .await?;
        }
        Ok(())
    }
}
