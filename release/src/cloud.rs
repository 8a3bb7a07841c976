//! The two reserved IPs: which droplets hold them, and the moves of a release. `floatip`'s mover carries them out.

use std::net::Ipv4Addr;
use std::time::Duration;

use floatip::mover::api::Client;
use floatip::mover::execute::{execute_move, locate};
use floatip::mover::move_state::Limits;
use floatip::mover::order::{MoveError, Order};

use crate::error::{Error, Result};

/// The API, and the limits of each move.
#[derive(Clone, Debug)]
pub struct Cloud {
    api: Client,
    limits: Limits,
}

impl Cloud {
    /// Each move may take `patience`, including retries after refusals, rate limits and timeouts.
    #[must_use]
    pub fn new(api: Client, patience: Duration) -> Self {
        let limits = Limits {
            deadline: patience,
            poll_every: Duration::from_millis(200),
            retry_after_most: Duration::from_secs(5),
            refusals_most: None,
            ..Limits::default()
        };
        Self { api, limits }
    }

    /// The droplet that holds an address by the API's record.
    ///
    /// # Errors
    /// [`Error::Failed`] if the record can't be read within the patience.
    pub async fn holder(&self, ip: Ipv4Addr) -> Result<Option<u64>> {
        let place = locate(&self.api, ip, self.limits).await;
        Ok(place.map_err(|reason| error(&reason))?.droplet())
    }

    /// Executes one move. Returns when the record confirms it.
    ///
    /// # Errors
    /// [`Error::FailedOver`] if something else has moved the address; [`Error::Failed`] if the move fails or takes too long.
    pub async fn execute(&self, order: Order) -> Result<()> {
        let ip = order.ip;
        let moved = execute_move(&self.api, order, self.limits, &mut |_| {}).await;
        moved.map(|_| ()).map_err(|reason| match reason {
            MoveError::NotInTime { .. } => Error::Failed(format!("{ip} was not moved: {reason}")),
            _ => error(&reason),
        })
    }
}

fn error(reason: &MoveError) -> Error {
    match reason {
        // A droplet that holds the other address already got it from a failover.
        MoveError::Overtaken { .. } | MoveError::Occupied { .. } => {
            Error::FailedOver(reason.to_string())
        }
        _ => Error::Failed(reason.to_string()),
    }
}
