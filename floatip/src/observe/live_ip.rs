//! Whether the live IP serves: a request to it, as its users send.

use std::{net::Ipv4Addr, time::Duration};

use tokio::time::{Instant, sleep};

/// A simulator gives up after 300 ms, so a service that takes longer than this does not serve.
const TRY: Duration = Duration::from_millis(400);
/// The second try starts this much later, and runs beside the first one, so that silence is certain after half a second.
const SECOND_TRY_AFTER: Duration = Duration::from_millis(100);

/// Header with MiniTwit's version.
const VERSION: &str = "minitwit-version";
/// Good responses in a row that prove a move.
const IN_A_ROW: u32 = 3;

/// The live IP, seen from outside.
#[derive(Clone, Debug)]
pub struct LiveIp {
    http: reqwest::Client,
    ip: Ipv4Addr,
    url: String,
}

impl LiveIp {
    /// Uses `http://IP/latest`, or `url` if it is given.
    ///
    /// # Errors
    /// If the HTTP client can't start.
    pub fn new(ip: Ipv4Addr, url: Option<String>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("floatip/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // A new connection for each try: a kept one would still reach the droplet that held the IP before.
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

    /// True if one of two quick tries returns 200; takes half a second at most.
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

    /// Waits until it serves three times in a row, and `version` if one is given, for at most `within`.
    ///
    /// # Errors
    /// The last problem, if it does not serve in time.
    pub async fn comes_to_serve(
        &self,
        version: Option<&str>,
        within: Duration,
    ) -> Result<(), String> {
        let deadline = Instant::now() + within;
        let mut in_a_row = 0;
        loop {
            let problem = match self.ask().await {
                Err(error) => Some(describe(&error)),
                Ok(found) => version
                    .filter(|it| found.as_deref() != Some(it))
                    .map(|expected| {
                        let found = found.as_deref().unwrap_or("none");
                        format!("version {found} answers, not {expected}")
                    }),
            };
            in_a_row = if problem.is_none() { in_a_row + 1 } else { 0 };
            if in_a_row == IN_A_ROW {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(problem.unwrap_or_else(|| "it answers only some requests".to_owned()));
            }
            sleep(SECOND_TRY_AFTER).await;
        }
    }

    async fn answers(&self) -> bool {
        self.ask().await.is_ok()
    }

    /// One request; returns the version in a 200 response.
    async fn ask(&self) -> Result<Option<String>, reqwest::Error> {
        let answer = self.http.get(&self.url).send().await?.error_for_status()?;
        let version = answer
            .headers()
            .get(VERSION)
            .and_then(|it| it.to_str().ok());
        let version = version.map(str::to_owned);
        answer.bytes().await?;
        Ok(version)
    }
}

fn describe(error: &reqwest::Error) -> String {
    match error.status() {
        Some(status) => format!("it answers {status}"),
        None if error.is_timeout() => "it does not answer in time".to_owned(),
        None => "it refuses or resets connections".to_owned(),
    }
}
