//! Prometheus' HTTP API, version 1: <https://prometheus.io/docs/prometheus/latest/querying/api/>.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use reqwest::{Client, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

const PATIENCE: Duration = Duration::from_secs(15);

/// Labels by name.
pub type Labels = BTreeMap<String, String>;

/// A series' values over time.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its labels.
    pub labels: Labels,
    /// Seconds since 1970, and the value.
    pub points: Vec<(f64, f64)>,
}

/// A period and its resolution.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Seconds since 1970.
    pub from: f64,
    /// Seconds since 1970.
    pub to: f64,
    /// Seconds between two points.
    pub step: f64,
}

impl Span {
    /// The period of this length that ends now, in `points` steps.
    #[must_use]
    pub fn until_now(length: Duration, points: u16) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let to = now.map_or(0.0, |since| since.as_secs_f64());
        let step = (length.as_secs_f64() / f64::from(points)).max(1.0);
        let from = to - length.as_secs_f64();
        Self { from, to, step }
    }
}

/// A rule that Prometheus has loaded.
#[derive(Debug, Deserialize)]
pub struct Rule {
    /// The name of the alert, or of the series that it records.
    pub name: String,
    /// In `PromQL`.
    pub query: String,
    /// `ok` if Prometheus could evaluate it.
    pub health: String,
    /// Why it could not.
    #[serde(default, rename = "lastError")]
    pub last_error: String,
}

/// An alert that is pending or fires.
#[derive(Debug, Deserialize)]
pub struct Alert {
    /// `alertname` among them.
    pub labels: Labels,
    /// `summary` among them.
    pub annotations: Labels,
    /// `pending` or `firing`.
    pub state: String,
}

/// A Prometheus server.
pub struct Prometheus {
    client: Client,
    url: Url,
}

#[derive(Deserialize)]
struct Response<T> {
    #[serde(default)]
    error: String,
    data: Option<T>,
}

#[derive(Deserialize)]
struct Matrix {
    result: Vec<RangeSeries>,
}

#[derive(Deserialize)]
struct RangeSeries {
    metric: Labels,
    values: Vec<(f64, String)>,
}

#[derive(Deserialize)]
struct Vector {
    result: Vec<InstantSeries>,
}

#[derive(Deserialize)]
struct InstantSeries {
    metric: Labels,
    value: (f64, String),
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Alerts {
    alerts: Vec<Alert>,
}

impl Prometheus {
    /// The one at this address, such as `http://127.0.0.1:9090`.
    ///
    /// # Errors
    /// If that is not a URL.
    pub fn at(url: &str) -> Result<Self> {
        let url = Url::parse(url).with_context(|| format!("{url} is not a URL"))?;
        let client = Client::builder().timeout(PATIENCE).no_proxy().build()?;
        Ok(Self { client, url })
    }

    /// Evaluates a query over a period (`query_range`). Series without finite values are left out.
    ///
    /// # Errors
    /// If Prometheus refuses it or does not answer.
    pub async fn query(&self, expr: &str, span: Span) -> Result<Vec<Series>> {
        let numbers = [span.from, span.to, span.step].map(|number| number.to_string());
        let [from, to, step] = numbers.each_ref().map(String::as_str);
        let fields = [
            ("query", expr),
            ("start", from),
            ("end", to),
            ("step", step),
        ];
        let matrix: Matrix = self.get("api/v1/query_range", &fields).await?;
        let series = matrix.result.into_iter().map(|found| Series {
            labels: found.metric,
            points: found
                .values
                .into_iter()
                .filter_map(|(at, value)| Some((at, value.parse().ok()?)))
                .filter(|(_, value): &(f64, f64)| value.is_finite())
                .collect(),
        });
        Ok(series.filter(|series| !series.points.is_empty()).collect())
    }

    /// Evaluates a query now. Returns each series' labels and value.
    ///
    /// # Errors
    /// If Prometheus refuses it or does not answer.
    pub async fn instant(&self, expr: &str) -> Result<Vec<(Labels, f64)>> {
        let vector: Vector = self.get("api/v1/query", &[("query", expr)]).await?;
        let values = vector.result.into_iter();
        Ok(values
            .filter_map(|series| Some((series.metric, series.value.1.parse().ok()?)))
            .collect())
    }

    /// The names of all series.
    ///
    /// # Errors
    /// If Prometheus does not answer.
    pub async fn names(&self) -> Result<BTreeSet<String>> {
        self.get("api/v1/label/__name__/values", &[]).await
    }

    /// All rules.
    ///
    /// # Errors
    /// If Prometheus does not answer.
    pub async fn rules(&self) -> Result<Vec<Rule>> {
        let found: Groups = self.get("api/v1/rules", &[]).await?;
        Ok(found
            .groups
            .into_iter()
            .flat_map(|group| group.rules)
            .collect())
    }

    /// Alerts that are pending or fire.
    ///
    /// # Errors
    /// If Prometheus does not answer.
    pub async fn alerts(&self) -> Result<Vec<Alert>> {
        let found: Alerts = self.get("api/v1/alerts", &[]).await?;
        Ok(found.alerts)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T> {
        let mut url = self.url.join(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let response = self.client.get(url).send().await;
        let response =
            response.with_context(|| format!("no answer from Prometheus at {}", self.url))?;
        let answer: Response<T> = response
            .json()
            .await
            .context("reading Prometheus' response")?;
        match answer.data {
            Some(data) if answer.error.is_empty() => Ok(data),
            _ => bail!("Prometheus refuses: {}", answer.error),
        }
    }
}
