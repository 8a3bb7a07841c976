//! Times and limits of the decision.

use std::time::Duration;

/// Times and limits.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// An operator claims the live IP although it serves elsewhere.
    pub force: bool,
    /// Between reads of the record at rest. Every five seconds makes 1,440 calls an hour, of a limit of 5,000.
    pub record_every: Duration,
    /// Between requests to the live IP at rest.
    pub live_every: Duration,
    /// Between requests to the live IP while this droplet could claim and the live IP serves elsewhere.
    pub live_every_contested: Duration,
    /// Between requests to the live IP from its move to this droplet until its first answer.
    pub live_every_arrived: Duration,
    /// No claim is based on a record older than this. Well above the time that reading it and asking the live IP may take.
    pub record_max_age: Duration,
    /// Between reads of the record while the live IP is locked.
    pub locked_every: Duration,
    /// A lock older than this is ignored.
    pub locked_patience: Duration,
    /// How long the live IP may stay silent after a move to another droplet, because the data plane lags behind the record. The lag may
    /// be longer. But within this time a healthy new holder notices the move (it asks the live IP every three seconds, and reads the
    /// record when that is silent), gets the bonus and becomes MASTER. If this droplet is still MASTER then, the holder is not healthy.
    pub settle: Duration,
    /// Between polls of an action.
    pub poll_every: Duration,
    /// An action that is pending for longer is forgotten, and the record is read.
    pub action_patience: Duration,
    /// Number of moves to this droplet that are allowed within `moves_window`.
    pub moves: usize,
    /// The period of `moves`. A further move waits until it has passed.
    pub moves_window: Duration,
    /// First wait after a failed call; it doubles each time.
    pub backoff_first: Duration,
    /// Longest wait after a failed call, unless the API asks for more.
    pub backoff_most: Duration,
    /// With fewer than this many calls left of the API's limit for an hour, a droplet at rest reads the record six times less often.
    pub reserve: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self {
            force: false,
            record_every: ms(5_000),
            live_every: ms(3_000),
            live_every_contested: ms(1_000),
            live_every_arrived: ms(200),
            record_max_age: ms(4_000),
            locked_every: ms(500),
            locked_patience: ms(15_000),
            settle: ms(6_000),
            poll_every: ms(400),
            action_patience: ms(60_000),
            moves: 4,
            moves_window: ms(60_000),
            backoff_first: ms(100),
            backoff_most: ms(250),
            reserve: 500,
        }
    }
}
