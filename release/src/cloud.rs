//! The two reserved IPs: who holds them by the record, and bringing them where they should be.

use std::net::Ipv4Addr;
use std::time::Duration;

use floatip::api::{Client, Error as ApiError, Progress, ReservedIp};
use tokio::time::{Instant, sleep};

use crate::error::{Error, Result};

const POLL: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_secs(1);
/// The longest that a call asks to wait is not waited for in one piece, as the record may change meanwhile.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The API, with patience.
#[derive(Clone, Debug)]
pub struct Cloud {
    api: Client,
    patience: Duration,
}

/// Where a reserved IP is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this droplet.
    On(u64),
    /// On none.
    Nowhere,
}

impl Cloud {
    /// Gives each change `patience` to be done in spite of refusals, rate limits and silence.
    #[must_use]
    pub fn new(api: Client, patience: Duration) -> Self {
        Self { api, patience }
    }

    /// The droplet that holds an address by the record.
    ///
    /// # Errors
    /// [`Error::Failed`] when the API does not say within the patience.
    pub async fn holder(&self, ip: Ipv4Addr) -> Result<Option<u64>> {
        let deadline = Instant::now() + self.patience;
        loop {
            match self.api.reserved_ip(ip).await {
                Ok(record) => return Ok(holder(&record)),
                Err(error) if error.is_lasting() || Instant::now() > deadline => {
                    return Err(Error::Failed(error.to_string()));
                }
                Err(error) => sleep(pause(&error)).await,
            }
        }
    }

    /// Brings an address to its place, and only from where it is expected: `from` is read again before each try. Returns
    /// when the record says that it is there and unlocked. Assigned addresses go straight to the next droplet.
    ///
    /// # Errors
    /// [`Error::FailedOver`] if somebody else has moved it; [`Error::Failed`] if the API does not do it within the patience.
    pub async fn bring(&self, ip: Ipv4Addr, from: &[Place], to: Place) -> Result<()> {
        let deadline = Instant::now() + self.patience;
        let mut last = "the address is locked by another action".to_owned();
        loop {
            if Instant::now() > deadline {
                return Err(Error::Failed(format!(
                    "{ip} was not moved within {} s: {last}",
                    self.patience.as_secs()
                )));
            }
            let wait = match self.api.reserved_ip(ip).await {
                Ok(record) if record.locked => POLL,
                Ok(record) => {
                    let place = holder(&record).map_or(Place::Nowhere, Place::On);
                    if place == to {
                        return Ok(());
                    }
                    if !from.contains(&place) {
                        return Err(Error::FailedOver(format!("{ip} is {}", word(place))));
                    }
                    match self.start(ip, to).await {
                        Ok(()) => Duration::ZERO,
                        Err(Trouble::Lasting(text)) => return Err(Error::Failed(text)),
                        Err(Trouble::Passing(text, wait)) => {
                            last = text;
                            wait
                        }
                    }
                }
                Err(error) if error.is_lasting() => return Err(Error::Failed(error.to_string())),
                Err(error) => {
                    last = error.to_string();
                    pause(&error)
                }
            };
            sleep(wait).await;
        }
    }

    /// Starts one action and polls it to its end, which the caller checks against the record.
    async fn start(&self, ip: Ipv4Addr, to: Place) -> Result<(), Trouble> {
        let action = match to {
            Place::On(droplet) => self.api.assign(ip, droplet).await,
            Place::Nowhere => self.api.unassign(ip).await,
        }?;
        let deadline = Instant::now() + self.patience;
        let mut status = action.status;
        while status == Progress::InProgress {
            if Instant::now() > deadline {
                return Err(Trouble::Passing(
                    "its action does not end".to_owned(),
                    PAUSE,
                ));
            }
            sleep(POLL).await;
            match self.api.action(ip, action.id).await {
                Ok(action) => status = action.status,
                // It may be unknown for a while after it was accepted: the record tells more.
                Err(ApiError::NotFound { .. }) => return Ok(()),
                Err(error) => sleep(pause(&error)).await,
            }
        }
        if status == Progress::Errored {
            return Err(Trouble::Passing(
                "its action ended as errored".to_owned(),
                PAUSE,
            ));
        }
        Ok(())
    }
}

enum Trouble {
    Passing(String, Duration),
    Lasting(String),
}

impl From<ApiError> for Trouble {
    fn from(error: ApiError) -> Self {
        if error.is_lasting() {
            Self::Lasting(error.to_string())
        } else {
            Self::Passing(error.to_string(), pause(&error))
        }
    }
}

fn holder(record: &ReservedIp) -> Option<u64> {
    record.droplet.as_ref().map(|droplet| droplet.id)
}

fn pause(error: &ApiError) -> Duration {
    let asked = error.retry_after().unwrap_or(PAUSE);
    asked
        .min(LONGEST_PAUSE)
        .mul_f64(rand::random_range(0.7..=1.3))
}

fn word(place: Place) -> String {
    match place {
        Place::On(droplet) => format!("on droplet {droplet} by the record"),
        Place::Nowhere => "nowhere by the record".to_owned(),
    }
}
