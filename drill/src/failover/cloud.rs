//! The cloud's own view and power switch: who holds the live IP, droplets off and on.
//!
//! Its own few calls rather than `floatip`'s client: what judges the agent does not read the record through its code.

use crate::error::Error;
use crate::target::{Unfit, resolve_guarded};
use reqwest::{Client, Method, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const ACTION_TIMEOUT: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(500);

/// A client of `DigitalOcean`'s API v2, for what a drill needs of it.
#[derive(Clone, Debug)]
pub struct Cloud {
    client: Client,
    base: Url,
    token: String,
}

#[derive(Deserialize)]
struct ReservedIp {
    droplet: Option<DropletId>,
    #[serde(default)]
    locked: bool,
}

#[derive(Deserialize)]
struct DropletId {
    id: u64,
}

/// Something that was done to a droplet or a reserved IP.
#[derive(Debug, Deserialize)]
pub struct Action {
    /// Greater than those of the actions before it.
    pub id: u64,
    status: String,
    #[serde(default, rename = "type")]
    kind: String,
}

impl Action {
    /// It gave a reserved IP to a droplet.
    #[must_use]
    pub fn assigned(&self) -> bool {
        self.status == "completed" && self.kind.starts_with("assign")
    }

    /// It took a reserved IP from a droplet, or began to, for nobody to hold it.
    #[must_use]
    pub fn unassigns(&self) -> bool {
        self.kind.starts_with("unassign")
    }
}

/// A call that the API did not grant.
pub(super) struct Refusal {
    pub(super) status: Option<StatusCode>,
    pub(super) text: String,
}

impl Cloud {
    /// Refuses an API that isn't on this machine unless `allow_remote` is set: a drill switches droplets off.
    ///
    /// # Errors
    /// [`Error::BadTarget`] and [`Error::Remote`].
    pub async fn new(url: &str, token: &str, allow_remote: bool) -> Result<Self, Error> {
        let bad = |problem: String| Error::BadTarget {
            url: url.to_owned(),
            problem,
        };
        let base: Url = url
            .trim_end_matches('/')
            .trim_end_matches("/v2")
            .parse()
            .map_err(|_| bad("it is no URL".to_owned()))?;
        let host = base.host_str().unwrap_or_default();
        let host = host.trim_matches(|c| c == '[' || c == ']');
        let port = base.port_or_known_default().unwrap_or(443);
        let addresses =
            resolve_guarded(host, port, allow_remote)
                .await
                .map_err(|error| match error {
                    Unfit::Remote(_) => Error::Remote(format!("the cloud's API at {url}")),
                    Unfit::Unresolved(cause) => bad(format!("{host} does not resolve ({cause})")),
                })?;
        let mut builder = Client::builder().timeout(CALL_TIMEOUT);
        if addresses
            .iter()
            .all(|address| crate::target::is_local(address.ip()))
        {
            builder = builder.no_proxy();
        }
        Ok(Self {
            client: builder.build().map_err(|error| bad(error.to_string()))?,
            base,
            token: token.to_owned(),
        })
    }

    /// The droplet that holds a reserved IP by the record, if one does.
    ///
    /// # Errors
    /// If the API does not say.
    pub async fn holder(&self, ip: IpAddr) -> Result<Option<u64>, Error> {
        self.record(ip).await.map(|(holder, _)| holder)
    }

    /// The droplet that holds a reserved IP, and whether a move of it is under way.
    ///
    /// # Errors
    /// If the API does not say.
    pub async fn record(&self, ip: IpAddr) -> Result<(Option<u64>, bool), Error> {
        let path = format!("v2/reserved_ips/{ip}");
        let answer = self.call(Method::GET, &path, None).await;
        let mut body = answer.map_err(to_error)?;
        let record: ReservedIp = self.parse(&path, body["reserved_ip"].take())?;
        Ok((record.droplet.map(|droplet| droplet.id), record.locked))
    }

    /// A reserved IP's actions, newest first, as far as the API shows them on one page.
    ///
    /// # Errors
    /// If the API does not say.
    pub async fn history(&self, ip: IpAddr) -> Result<Vec<Action>, Error> {
        let path = format!("v2/reserved_ips/{ip}/actions?per_page=200");
        let result = self.call(Method::GET, &path, None).await;
        let mut body = result.map_err(to_error)?;
        self.parse(&path, body["actions"].take())
    }

    /// The numbers of those that gave it to a droplet, newest first.
    ///
    /// # Errors
    /// If the API does not say.
    pub async fn moves(&self, ip: IpAddr) -> Result<Vec<u64>, Error> {
        let history = self.history(ip).await?;
        let moves = history.iter().filter(|action| action.assigned());
        Ok(moves.map(|action| action.id).collect())
    }

    /// Cuts a droplet's power, and waits until that is done.
    ///
    /// # Errors
    /// If the API refuses or fails the action, or it takes longer than a minute and a half.
    pub async fn power_off(&self, droplet: u64) -> Result<(), Error> {
        self.act(droplet, "power_off", "off").await
    }

    /// Switches a droplet on, and waits until that is done.
    ///
    /// # Errors
    /// As for [`Cloud::power_off`].
    pub async fn power_on(&self, droplet: u64) -> Result<(), Error> {
        self.act(droplet, "power_on", "active").await
    }

    /// Orders a reboot, and does not wait for it.
    ///
    /// # Errors
    /// If the API refuses.
    pub async fn reboot(&self, droplet: u64) -> Result<(), Error> {
        let path = format!("v2/droplets/{droplet}/actions");
        let order = json!({ "type": "reboot" });
        let answer = self.call(Method::POST, &path, Some(&order)).await;
        answer.map(drop).map_err(to_error)
    }

    /// Orders the move of a reserved IP, and does not wait for it.
    ///
    /// # Errors
    /// If the API refuses.
    pub async fn assign(&self, ip: IpAddr, droplet: u64) -> Result<(), Error> {
        let path = format!("v2/reserved_ips/{ip}/actions");
        let order = json!({ "type": "assign", "droplet_id": droplet });
        let answer = self.call(Method::POST, &path, Some(&order)).await;
        answer.map(drop).map_err(to_error)
    }

    /// A 422 says that the droplet is in that state already, or that another event is pending: then it is tried again
    /// until the time is up.
    async fn act(&self, droplet: u64, kind: &str, wanted: &str) -> Result<(), Error> {
        let deadline = Instant::now() + ACTION_TIMEOUT;
        let path = format!("v2/droplets/{droplet}/actions");
        let mut body = loop {
            let request = json!({ "type": kind });
            match self.call(Method::POST, &path, Some(&request)).await {
                Ok(body) => break body,
                Err(refusal)
                    if refusal.status == Some(StatusCode::UNPROCESSABLE_ENTITY)
                        && self.state(droplet).await.is_ok_and(|state| state == wanted) =>
                {
                    return Ok(());
                }
                Err(refusal) if refusal.is_passing() && Instant::now() < deadline => {
                    sleep(POLL).await;
                }
                Err(refusal) => return Err(to_error(refusal)),
            }
        };
        let mut action: Action = self.parse(&path, body["action"].take())?;
        let path = format!("v2/actions/{}", action.id);
        while action.status == "in-progress" {
            if Instant::now() >= deadline {
                let text = format!(
                    "the {kind} of droplet {droplet} is still in progress; look at it in the cloud"
                );
                return Err(Error::Cloud(text));
            }
            sleep(POLL).await;
            match self.call(Method::GET, &path, None).await {
                Ok(mut body) => action = self.parse(&path, body["action"].take())?,
                Err(refusal) if refusal.may_be_early() => {}
                Err(refusal) => return Err(to_error(refusal)),
            }
        }
        if action.status == "completed" {
            Ok(())
        } else {
            let text = format!(
                "the {kind} of droplet {droplet} ended as {:?}; look at it in the cloud",
                action.status
            );
            Err(Error::Cloud(text))
        }
    }

    /// `active` or `off`.
    async fn state(&self, droplet: u64) -> Result<String, Refusal> {
        let path = format!("v2/droplets/{droplet}");
        let body = self.call(Method::GET, &path, None).await?;
        Ok(body["droplet"]["status"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let what = format!("{method} /{path}");
        let failed = |error: reqwest::Error| Refusal {
            status: None,
            text: format!(
                "the cloud's API does not answer {what} ({}); check DIGITALOCEAN_API_URL and that it is up",
                root_cause(&error)
            ),
        };
        let url = self.base.join(path).map_err(|error| Refusal {
            status: None,
            text: format!("{what}: {error}; check DIGITALOCEAN_API_URL"),
        })?;
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        let text = response.text().await.map_err(failed)?;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let hint = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "; check DIGITALOCEAN_TOKEN",
            StatusCode::NOT_FOUND => "; check that the environment file is of this cloud",
            _ => "",
        };
        let message = body["message"].as_str().unwrap_or("no message");
        Err(Refusal {
            status: Some(status),
            text: format!("the cloud's API answered {what} with {status}: {message}{hint}"),
        })
    }

    pub(super) fn parse<T: for<'a> Deserialize<'a>>(
        &self,
        path: &str,
        value: Value,
    ) -> Result<T, Error> {
        serde_json::from_value(value).map_err(|error| {
            Error::Cloud(format!(
                "{}{path} does not answer as the API v2 does ({error}); check DIGITALOCEAN_API_URL",
                self.base
            ))
        })
    }
}

impl Refusal {
    fn is_passing(&self) -> bool {
        self.status.is_some_and(|status| {
            status.is_server_error()
                || [
                    StatusCode::UNPROCESSABLE_ENTITY,
                    StatusCode::TOO_MANY_REQUESTS,
                ]
                .contains(&status)
        })
    }

    /// An action can be unknown right after it was made.
    fn may_be_early(&self) -> bool {
        self.is_passing()
            || self
                .status
                .is_none_or(|status| status == StatusCode::NOT_FOUND)
    }
}

fn to_error(refusal: Refusal) -> Error {
    Error::Cloud(refusal.text)
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
