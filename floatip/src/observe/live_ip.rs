//! Asks the live IP as its users do: does it serve?

use std::{net::Ipv4Addr, time::Duration};

use tokio::time::{Instant, sleep};

/// A simulator gives up after 300 ms; a service that takes longer than this doesn't serve.
const TRY: Duration = Duration::from_millis(400);
/// The second try starts this much after the first, and runs beside it, so that silence is known after half a second.
const SECOND_TRY_AFTER: Duration = Duration::from_millis(100);

/// Header with MiniTwit's version.
const VERSION: &str = "minitwit-version";
/// Good answers in a row that prove a move.
const IN_A_ROW: u32 = 3;

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

    /// Waits until it serves three times in a row, and `version` if one is given, for at most `within`.
    ///
    /// # Errors
    /// What was seen last, if it doesn't come to serve.
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
                Ok(told) => version
                    .filter(|it| told.as_deref() != Some(it))
                    .map(|expected| {
                        let told = told.as_deref().unwrap_or("none");
                        format!("version {told} answers, not {expected}")
                    }),
            };
            in_a_row = if problem.is_none() { in_a_row + 1 } else { 0 };
            if in_a_row == IN_A_ROW {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(problem.unwrap_or_else(|| "it answers now and then".to_owned()));
            }
            sleep(SECOND_TRY_AFTER).await;
        }
    }

    async fn answers(&self) -> bool {
        self.ask().await.is_ok()
    }

    /// Asks once; tells the version that answered with 200.
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
