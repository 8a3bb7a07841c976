//! The table of `floatip status`: both droplets, the record, and whether they agree.

use std::{fmt::Write as _, time::Duration};

use jiff::Timestamp;
use serde::Serialize;

use crate::serve::{
    freeze::Freeze,
    status::{IpStatus, Role, Status},
};

const TIMEOUT: Duration = Duration::from_secs(2);

/// The response of one droplet's listener.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its listener.
    pub url: String,
    /// Its status.
    pub status: Option<Status>,
    /// Why there is no status.
    pub error: Option<String>,
}

/// Both droplets.
#[derive(Debug, Serialize)]
pub struct Overview {
    /// True if every droplet answered, each agrees with itself, and all with each other about who is live.
    pub agreement: bool,
    /// One row per droplet.
    pub droplets: Vec<Row>,
}

/// Requests the status of all listeners at once.
///
/// # Errors
/// If the HTTP client can't start.
pub async fn overview(listeners: Vec<String>) -> Result<Overview, reqwest::Error> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(TIMEOUT)
        .build()?;
    let asked = listeners
        .into_iter()
        .map(|url| tokio::spawn(row(http.clone(), url)));
    let asked: Vec<_> = asked.collect();
    let mut droplets = Vec::new();
    for row in asked {
        droplets.extend(row.await.ok());
    }
    let agreement = droplets
        .iter()
        .all(|row| row.status.as_ref().is_some_and(|it| it.agreement))
        && droplets
            .windows(2)
            .all(|pair| holder(&pair[0]) == holder(&pair[1]));
    Ok(Overview {
        agreement,
        droplets,
    })
}

fn holder(row: &Row) -> Option<u64> {
    row.status.as_ref()?.record.as_ref()?.live.droplet_id
}

async fn row(http: reqwest::Client, url: String) -> Row {
    let ask = async {
        http.get(format!("{url}/status"))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await
    };
    match ask.await {
        Ok(status) => Row {
            url,
            status: Some(status),
            error: None,
        },
        Err(error) => {
            let why = if error.is_timeout() {
                "no answer"
            } else if error.is_connect() {
                "refused, or no route"
            } else {
                "the response is no status"
            };
            Row {
                url,
                status: None,
                error: Some(why.to_owned()),
            }
        }
    }
}

impl Overview {
    /// True if any droplet answered.
    #[must_use]
    pub fn any(&self) -> bool {
        self.droplets.iter().any(|row| row.status.is_some())
    }

    /// The text for a person.
    #[must_use]
    pub fn text(&self) -> String {
        let head = [
            "DROPLET",
            "ID",
            "ROLE",
            "VERSION",
            "FIT",
            "VRRP",
            "PUBLIC IP",
            "AGENT",
        ];
        let head = head.map(str::to_owned);
        let mut rows = vec![head];
        rows.extend(self.droplets.iter().map(cells));
        let mut text = String::new();
        for row in &rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = rows
                    .iter()
                    .map(|row| row[column].chars().count())
                    .max()
                    .unwrap_or(0);
                let _ = write!(line, "{cell:width$}  ");
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        let _ = writeln!(text, "\n{}", self.record_line());
        let _ = writeln!(text, "{}", self.agreement_line());
        if let Some(line) = self.freeze_line() {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    fn statuses(&self) -> impl Iterator<Item = &Status> {
        self.droplets.iter().filter_map(|row| row.status.as_ref())
    }

    fn name(&self, id: u64) -> String {
        let known = self.statuses().find(|status| status.droplet.id == Some(id));
        let name = known.and_then(|status| status.droplet.name.clone());
        name.map_or_else(
            || format!("droplet {id}"),
            |name| format!("{name} (droplet {id})"),
        )
    }

    fn place(&self, ip: &IpStatus) -> String {
        let place = ip
            .droplet_id
            .map_or_else(|| "nowhere".to_owned(), |id| self.name(id));
        format!(
            "{} {place}{}",
            ip.ip,
            if ip.locked {
                " (an action is pending)"
            } else {
                ""
            }
        )
    }

    fn record_line(&self) -> String {
        let records = self.statuses().filter_map(|status| status.record.as_ref());
        let Some(record) = records.max_by_key(|record| record.read_at) else {
            return "record: not read yet".into();
        };
        let age = Timestamp::now()
            .duration_since(record.read_at)
            .as_secs_f64()
            .max(0.0);
        let stage = record
            .stage
            .as_ref()
            .map(|ip| format!(", stage IP {}", self.place(ip)));
        let stage = stage.unwrap_or_default();
        format!(
            "record: live IP {}{stage}; read {age:.0} s ago",
            self.place(&record.live)
        )
    }

    fn freeze_line(&self) -> Option<String> {
        let freeze = self.statuses().find_map(|status| status.freeze.as_ref())?;
        let until = freeze.until.map_or_else(
            || "floatip unfreeze".to_owned(),
            |until| format!("{until:.0}"),
        );
        let some = self.statuses().any(|status| status.freeze.is_none());
        let which = if some {
            "on SOME droplets only"
        } else {
            "on all droplets"
        };
        let Freeze {
            who, why, since, ..
        } = freeze;
        Some(format!(
            "automatic moves are FROZEN {which} by {who} since {since:.0} until {until}: {why}"
        ))
    }

    fn agreement_line(&self) -> String {
        if self.agreement {
            return "record and VRRP agree".into();
        }
        let silent = self.droplets.iter().any(|row| row.status.is_none());
        if silent && self.statuses().all(|status| status.agreement) {
            return "record and VRRP agree where a droplet answered".into();
        }
        let seconds = self
            .statuses()
            .map(|status| status.disagreement_seconds)
            .fold(0.0, f64::max);
        format!("record and VRRP DISAGREE, for {seconds:.0} s")
    }
}

/// The droplet's name, else its id, else its listener.
#[must_use]
pub fn name_of(row: &Row) -> String {
    let droplet = row.status.as_ref().map(|status| &status.droplet);
    let name = droplet.and_then(|it| it.name.clone());
    let id = droplet
        .and_then(|it| it.id)
        .map(|id| format!("droplet {id}"));
    name.or(id).unwrap_or_else(|| row.url.clone())
}

fn cells(row: &Row) -> [String; 8] {
    let dash = || "-".to_owned();
    let Some(status) = &row.status else {
        let error = row.error.clone().unwrap_or_default();
        return [
            row.url.clone(),
            dash(),
            format!("unreachable: {error}"),
            dash(),
            dash(),
            dash(),
            dash(),
            dash(),
        ];
    };
    [
        name_of(row),
        status.droplet.id.map_or_else(dash, |id| id.to_string()),
        match &status.claim {
            Some(_) if status.role != Role::Live => format!("{}, claiming", status.role.name()),
            _ => status.role.name().to_owned(),
        },
        status.version.clone().unwrap_or_else(dash),
        if status.fit {
            "yes".into()
        } else {
            format!("no: {}", status.fit_reason)
        },
        status.vrrp.name().to_owned(),
        status
            .droplet
            .public_ip
            .map_or_else(dash, |ip| ip.to_string()),
        status.agent_version.clone(),
    ]
}
