//! Asks the live IP as its users do: does it serve?

use std::{net::Ipv4Addr, time::Duration};

use tokio::time::sleep;

/// A simulator gives up after 300 ms; a service that takes longer than this doesn't serve.
const TRY: Duration = Duration::from_millis(400);
/// The second try starts this much after the first, and runs beside it, so that silence is known after half a second.
const SECOND_TRY_AFTER: Duration = Duration::from_millis(100);

/// The live IP, seen from outside.
#[derive(Clone, Debug)]
pub struct LiveIp {
    http: reqwest::Client,
    ip: Ipv4Addr,
    url: String,
}

impl LiveIp {
    /// Asks `http://IP/latest`, or `url` in its stead.
    ///
    /// # Errors
    /// If the HTTP client can't start.
    pub fn new(ip: Ipv4Addr, url: Option<String>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("floatip/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // A connection of its own for each try: one that is kept would go on reaching the droplet that held the IP before.
            .pool_max_idle_per_host(0)
            .timeout(TRY)
            .build()?;
        Ok(Self {
            http,
            ip,
            url: url.unwrap_or_else(|| format!("http://{ip}/latest")),
        })
    }

    /// The address.
    #[must_use]
    pub fn ip(&self) -> Ipv4Addr {
        self.ip
    }

    /// True if one of two quick tries is answered with 200; within half a second.
    pub async fn serves(&self) -> bool {
        let second = async {
            sleep(SECOND_TRY_AFTER).await;
            self.answers().await
        };
        let first = self.answers();
        tokio::pin!(first, second);
        tokio::select! {
            serves = &mut first => serves || second.await,
            serves = &mut second => serves || first.await,
        }
    }

    async fn answers(&self) -> bool {
        let answer = async {
            self.http
                .get(&self.url)
                .send()
                .await?
                .error_for_status()?
                .bytes()
                .await
        };
        answer.await.is_ok()
    }
}
