//! The client of Spaces: one signed call of S3.

use std::time::Duration;

use jiff::Timestamp;
use quick_xml::de::from_str;
use reqwest::{Method, StatusCode, Url};
use rusty_s3::signing::sign;
use serde::Deserialize;

use crate::error::Error;

/// How long a signature is valid, in seconds.
const SIGNED_FOR: u64 = 300;
/// Longest wait for a response.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// The region in signatures. Spaces determines the region by the endpoint.
const REGION: &str = "us-east-1";

/// The account's Spaces, and a key to them.
#[derive(Debug)]
pub struct Spaces {
    http: reqwest::Client,
    /// URL with `{{.Region}}` in the place of the region.
    endpoint: String,
    key: Option<(String, String)>,
}

/// The content of a call.
#[derive(Debug, Default)]
pub struct Content<'a> {
    /// A canned ACL.
    pub acl: Option<&'a str>,
    /// XML.
    pub body: String,
}

/// The body of an error.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Refusal {
    code: String,
    message: String,
}

impl Spaces {
    /// A client for the Spaces at `endpoint`, with a key's id and secret.
    pub fn new(endpoint: &str, key: Option<(String, String)>) -> Result<Self, Error> {
        let http = reqwest::Client::builder().timeout(REQUEST_TIMEOUT);
        Ok(Self {
            http: http.build().map_err(Error::Client)?,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            key,
        })
    }

    /// Makes a call on a bucket, or on an object of it, and returns the text of the response. Path style: it works
    /// with endpoints that are addresses, too.
    pub async fn call(
        &self,
        method: Method,
        (region, path): (&str, &str),
        query: &[(&str, &str)],
        content: Content<'_>,
    ) -> Result<String, Error> {
        let (id, secret) = self.key.as_ref().ok_or(Error::SpacesKey)?;
        let text = self.endpoint.replace("{{.Region}}", &region.to_lowercase());
        let text = format!("{text}/{path}");
        let url = Url::parse(&text).map_err(|_| Error::Address(text))?;
        let verb = match method {
            Method::HEAD => rusty_s3::Method::Head,
            Method::PUT => rusty_s3::Method::Put,
            Method::DELETE => rusty_s3::Method::Delete,
            _ => rusty_s3::Method::Get,
        };
        let mut query = query.to_vec();
        query.sort_unstable();
        let now = Timestamp::now();
        let headers = content.acl.map(|acl| ("x-amz-acl", acl)).into_iter();
        let pairs = query.iter().copied();
        let url = sign(
            &now,
            verb,
            url,
            id,
            secret,
            None,
            REGION,
            SIGNED_FOR,
            pairs,
            headers.clone(),
        );
        let request = self.http.request(method.clone(), url);
        let request = headers.fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        let request = request.body(content.body);
        let answer = request.send().await.map_err(|error| Error::Unreachable {
            url: self.endpoint.clone(),
            cause: error.without_url().to_string(),
        })?;
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        if status.is_success() {
            return Ok(text);
        }
        let refusal: Refusal = from_str(&text).unwrap_or_default();
        if status == StatusCode::NOT_FOUND && matches!(refusal.code.as_str(), "" | "NoSuchBucket") {
            return Err(Error::NotFound(path.to_owned()));
        }
        let message = match refusal.message.as_str() {
            "" => refusal.code,
            message => format!("{}: {}", refusal.code, message.trim_end_matches('.')),
        };
        let call = format!("{method} {path}");
        Err(Error::Refused {
            status,
            message,
            call,
        })
    }
}
