//! Client of DigitalOcean's API v2 for reserved IPs and droplets.
//!
//! Calls and answers: <https://docs.digitalocean.com/reference/api/digitalocean/#tag/Reserved-IPs>. It never retries:
//! the caller decides that from the record.

mod budget;
mod error;
mod model;
mod token;

use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use reqwest::{Method, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use budget::Budget;
pub use error::Error;
pub use model::{Action, Address, Droplet, Holding, Networks, Progress, ReservedIp};
pub use token::{NoToken, Token};

/// Time for a call that reads.
const READ_TIMEOUT: Duration = Duration::from_secs(2);
/// Time for a call that acts. If a call that was carried out is given up, the record shows the lock, so that costs one read. Waiting
/// longer for a call that was not carried out would delay a failover.
const ACT_TIMEOUT: Duration = Duration::from_millis(1_200);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const PER_PAGE: u32 = 100;

/// A client with one token.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Token,
    budget: Arc<Mutex<Option<Budget>>>,
    calls: Arc<AtomicU64>,
}

impl Client {
    /// A client for the API at `base`, such as `https://api.digitalocean.com`; a trailing `/` or `/v2` is dropped.
    ///
    /// # Errors
    /// If the TLS backend can't start.
    pub fn new(base: &str, token: Token) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("floatip/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .build()?;
        let base = base
            .trim_end_matches('/')
            .trim_end_matches("/v2")
            .to_owned();
        Ok(Self {
            http,
            base,
            token,
            budget: Arc::default(),
            calls: Arc::default(),
        })
    }

    /// What is left of this token's calls, as last reported.
    #[must_use]
    pub fn budget(&self) -> Option<Budget> {
        *self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls made so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }

    /// Reads who holds each of the account's reserved IPs.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn reserved_ips(&self) -> Result<Vec<ReservedIp>, Error> {
        let mut all = Vec::new();
        for page in 1_u32.. {
            let query = [
                ("per_page", PER_PAGE.to_string()),
                ("page", page.to_string()),
            ];
            let request = self
                .request(Method::GET, "/v2/reserved_ips", READ_TIMEOUT)
                .query(&query);
            let answer: model::ReservedIpsAnswer = self.finish(request, "reserved IPs").await?;
            all.extend(answer.reserved_ips);
            if answer.links.pages.next.is_none() {
                break;
            }
        }
        Ok(all)
    }

    /// Reads who holds a reserved IP.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn reserved_ip(&self, ip: Ipv4Addr) -> Result<ReservedIp, Error> {
        let what = format!("reserved IP {ip}");
        let answer: model::ReservedIpAnswer =
            self.read(&format!("/v2/reserved_ips/{ip}"), &what).await?;
        Ok(answer.reserved_ip)
    }

    /// Starts to assign a reserved IP to a droplet, away from whichever holds it.
    ///
    /// # Errors
    /// See [`Error`]; after [`Error::Silent`] it may have been accepted.
    pub async fn assign(&self, ip: Ipv4Addr, droplet: u64) -> Result<Action, Error> {
        self.act(ip, &json!({"type": "assign", "droplet_id": droplet}))
            .await
    }

    /// Starts to release a reserved IP from its droplet.
    ///
    /// # Errors
    /// See [`Error`]; after [`Error::Silent`] it may have been accepted.
    pub async fn unassign(&self, ip: Ipv4Addr) -> Result<Action, Error> {
        self.act(ip, &json!({"type": "unassign"})).await
    }

    /// Reads the state of an action. May be [`Error::NotFound`] for a while after the action was accepted.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn action(&self, ip: Ipv4Addr, id: u64) -> Result<Action, Error> {
        let path = format!("/v2/reserved_ips/{ip}/actions/{id}");
        let answer: model::ActionAnswer = self.read(&path, &format!("action {id}")).await?;
        Ok(answer.action)
    }

    /// Reads a droplet.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn droplet(&self, id: u64) -> Result<Droplet, Error> {
        let answer: model::DropletAnswer = self
            .read(&format!("/v2/droplets/{id}"), &format!("droplet {id}"))
            .await?;
        Ok(answer.droplet)
    }

    /// Lists all droplets with a tag.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn droplets_with_tag(&self, tag: &str) -> Result<Vec<Droplet>, Error> {
        let mut droplets = Vec::new();
        for page in 1_u32.. {
            let query = [
                ("tag_name", tag.to_owned()),
                ("per_page", PER_PAGE.to_string()),
                ("page", page.to_string()),
            ];
            let request = self
                .request(Method::GET, "/v2/droplets", READ_TIMEOUT)
                .query(&query);
            let answer: model::DropletsAnswer = self.finish(request, "droplets").await?;
            droplets.extend(answer.droplets);
            if answer.links.pages.next.is_none() {
                break;
            }
        }
        Ok(droplets)
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, what: &str) -> Result<T, Error> {
        self.finish(self.request(Method::GET, path, READ_TIMEOUT), what)
            .await
    }

    async fn act(&self, ip: Ipv4Addr, body: &Value) -> Result<Action, Error> {
        let path = format!("/v2/reserved_ips/{ip}/actions");
        let request = self.request(Method::POST, &path, ACT_TIMEOUT).json(body);
        let answer: model::ActionAnswer = self
            .finish(request, &format!("reserved IP {ip} or droplet"))
            .await?;
        Ok(answer.action)
    }

    fn request(&self, method: Method, path: &str, timeout: Duration) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.base);
        self.http
            .request(method, url)
            .bearer_auth(self.token.reveal())
            .timeout(timeout)
    }

    async fn finish<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
        what: &str,
    ) -> Result<T, Error> {
        self.calls.fetch_add(1, Relaxed);
        let response = request.send().await.map_err(|error| silent(&error))?;
        if let Some(budget) = Budget::read(response.headers()) {
            *self.budget.lock().unwrap_or_else(PoisonError::into_inner) = Some(budget);
        }
        let status = response.status();
        if !status.is_success() {
            return Err(refusal(response, what).await);
        }
        let body = response.bytes().await.map_err(|error| silent(&error))?;
        serde_json::from_slice(&body).map_err(|error| Error::Unexpected {
            status: status.as_u16(),
            message: error.to_string(),
        })
    }
}

async fn refusal(response: Response, what: &str) -> Error {
    let status = response.status();
    let retry_after = budget::retry_after(response.headers());
    let body = response.bytes().await.unwrap_or_default();
    let message = serde_json::from_slice::<model::ErrorAnswer>(&body)
        .unwrap_or_default()
        .message;
    match status {
        StatusCode::UNAUTHORIZED => Error::Unauthorized,
        StatusCode::FORBIDDEN => Error::Forbidden,
        StatusCode::NOT_FOUND => Error::NotFound {
            what: what.to_owned(),
        },
        StatusCode::UNPROCESSABLE_ENTITY => Error::Unprocessable { message },
        StatusCode::TOO_MANY_REQUESTS => Error::RateLimited { retry_after },
        _ if status.is_server_error() => Error::Server {
            status: status.as_u16(),
            message,
        },
        _ => Error::Unexpected {
            status: status.as_u16(),
            message,
        },
    }
}

/// The innermost cause is more useful than "error sending request"; the URL is left out.
fn silent(error: &reqwest::Error) -> Error {
    if error.is_timeout() {
        return Error::Silent("timed out".into());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Error::Silent(cause.to_string())
}
