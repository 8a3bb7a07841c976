//! Times and limits of the decision.

use std::time::Duration;

/// Times and limits.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// An operator wants the live IP here although it serves elsewhere.
    pub force: bool,
    /// Between reads of the record at rest. Five seconds are 1,440 calls an hour of a limit of 5,000.
    pub record_every: Duration,
    /// Between looks from outside at rest.
    pub live_every: Duration,
    /// Between looks from outside while this droplet could claim and the live IP serves elsewhere.
    pub live_every_contested: Duration,
    /// Between looks from outside until the live IP answered after it came here.
    pub live_every_arrived: Duration,
    /// No claim rests on a record older than this; well above the time that reading it and asking the live IP may take.
    pub record_max_age: Duration,
    /// Between looks while the live IP is locked.
    pub locked_every: Duration,
    /// After this long under lock, try nevertheless.
    pub locked_patience: Duration,
    /// For so long after the live IP was moved to another droplet it may answer nothing. The data plane may lag behind the record for
    /// longer; but a droplet that is well notices the move within this (it asks the live IP every three seconds, and reads the record
    /// when that is silent), gets the bonus and is MASTER: whoever is MASTER elsewhere after that may take it for unwell.
    pub settle: Duration,
    /// Between polls of an action.
    pub poll_every: Duration,
    /// An action that is pending for longer is forgotten, and the record asked.
    pub action_patience: Duration,
    /// Moves to this droplet that may follow each other ...
    pub moves: usize,
    /// ... within this time; a further one waits.
    pub moves_window: Duration,
    /// First wait after a failed call; it doubles each time.
    pub backoff_first: Duration,
    /// Longest wait after a failed call, unless the API asks for more.
    pub backoff_most: Duration,
    /// With less than this left of the API's calls for an hour, a droplet at rest reads the record six times less often.
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
