//! A bucket's life in Spaces, told as the JSON that the table understands.

use quick_xml::{de::from_str, se::to_string_with_root};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::api::{Api, Error, segment};
use crate::compare::field;
use crate::spaces::{Content, Spaces};
use crate::value::{Object, Value};

/// A bucket by its name and region.
pub struct Bucket<'a> {
    spaces: &'a Spaces,
    name: String,
    region: String,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Versioning {
    status: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Location {
    #[serde(rename = "$text")]
    region: String,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Lifecycle {
    #[serde(rename = "Rule")]
    rules: Vec<Rule>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Rule {
    #[serde(rename = "ID")]
    id: String,
    filter: Filter,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<Expiration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    noncurrent_version_expiration: Option<Noncurrent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    abort_incomplete_multipart_upload: Option<Abort>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Filter {
    prefix: String,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Expiration {
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expired_object_delete_marker: Option<bool>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Noncurrent {
    noncurrent_days: u32,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Abort {
    days_after_initiation: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Versions {
    #[serde(rename = "Version")]
    versions: Vec<Version>,
    #[serde(rename = "DeleteMarker")]
    markers: Vec<Version>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Version {
    key: String,
    version_id: String,
}

impl<'a> Bucket<'a> {
    /// The bucket that a state names.
    pub fn of(api: &'a Api, state: &Object) -> Result<Self, Error> {
        let text = |name: &str| field(state, name).text().unwrap_or_default().to_owned();
        Ok(Self {
            spaces: api.spaces()?,
            name: text("name"),
            region: text("region"),
        })
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

    /// What S3 says about a part of the bucket's settings.
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
        // Never switched on is the same as not mentioned.
        let told = enabled || !field(state, "versioning").items().is_empty();
        let lifecycle = match self.get::<Lifecycle>("lifecycle").await {
            Err(Error::Refused { status, .. }) if status.as_u16() == 404 => Lifecycle::default(),
            result => result?,
        };
        Ok(json!({
            "name": self.name,
            "region": region,
            "versioning": if told { json!({"enabled": enabled}) } else { json!(null) },
            "lifecycle_rule": lifecycle.rules.iter().map(Rule::told).collect::<Vec<_>>(),
        }))
    }

    /// Makes the bucket as `body` says.
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
        self.set_up(body, false).await
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

    /// Brings the bucket's settings to what `body` says; a new one has none yet.
    pub async fn set_up(&self, body: &Json, existed: bool) -> Result<(), Error> {
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

    /// Deletes the bucket; with `force_destroy` also what is in it.
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

impl Rule {
    fn of(rule: &Json, n: usize) -> Self {
        let days = |value: &Json| value.as_u64().and_then(|days| u32::try_from(days).ok());
        let expiration = rule["expiration"].get(0);
        let noncurrent = rule["noncurrent_version_expiration"].get(0);
        let noncurrent = noncurrent.and_then(|old| days(&old["days"]));
        let abort = days(&rule["abort_incomplete_multipart_upload_days"]);
        Self {
            id: rule["id"]
                .as_str()
                .map_or_else(|| format!("tf-s3-lifecycle-{n}"), str::to_owned),
            filter: Filter {
                prefix: rule["prefix"].as_str().unwrap_or_default().to_owned(),
            },
            status: if rule["enabled"] == true {
                "Enabled"
            } else {
                "Disabled"
            }
            .to_owned(),
            expiration: expiration.map(|expiration| Expiration {
                date: expiration["date"]
                    .as_str()
                    .map(|date| format!("{date}T00:00:00Z")),
                days: days(&expiration["days"]),
                expired_object_delete_marker: expiration["expired_object_delete_marker"].as_bool(),
            }),
            noncurrent_version_expiration: noncurrent
                .map(|noncurrent_days| Noncurrent { noncurrent_days }),
            abort_incomplete_multipart_upload: abort.map(|days_after_initiation| Abort {
                days_after_initiation,
            }),
        }
    }

    fn told(&self) -> Json {
        let date = |date: &String| date.split('T').next().map(str::to_owned);
        let expiration = self.expiration.iter().map(|expiration| {
            json!({
                "date": expiration.date.as_ref().and_then(date),
                "days": expiration.days,
                "expired_object_delete_marker": expiration.expired_object_delete_marker,
            })
        });
        let noncurrent = self.noncurrent_version_expiration.iter();
        let noncurrent = noncurrent.map(|old| json!({"days": old.noncurrent_days}));
        let abort = self.abort_incomplete_multipart_upload.as_ref();
        json!({
            "id": self.id,
            "prefix": self.filter.prefix,
            "enabled": self.status == "Enabled",
            "expiration": expiration.collect::<Vec<_>>(),
            "noncurrent_version_expiration": noncurrent.collect::<Vec<_>>(),
            "abort_incomplete_multipart_upload_days": abort.map(|abort| abort.days_after_initiation),
        })
    }
}
