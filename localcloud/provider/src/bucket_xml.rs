//! The XML documents with which S3 describes a bucket.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Versioning {
    pub status: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Location {
    #[serde(rename = "$text")]
    pub region: String,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Lifecycle {
    #[serde(rename = "Rule")]
    pub rules: Vec<Rule>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Rule {
    #[serde(rename = "ID")]
    pub id: String,
    pub filter: Filter,
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<Expiration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noncurrent_version_expiration: Option<Noncurrent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_incomplete_multipart_upload: Option<Abort>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Filter {
    pub prefix: String,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Expiration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired_object_delete_marker: Option<bool>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Noncurrent {
    noncurrent_days: u32,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Abort {
    days_after_initiation: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Versions {
    #[serde(rename = "Version")]
    pub versions: Vec<Version>,
    #[serde(rename = "DeleteMarker")]
    pub markers: Vec<Version>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Version {
    pub key: String,
    pub version_id: String,
}

impl Rule {
    /// The `n`th rule of a configuration.
    pub fn of(rule: &Json, n: usize) -> Self {
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

    /// The rule as the table describes it.
    pub fn to_json(&self) -> Json {
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
