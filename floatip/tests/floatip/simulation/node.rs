//! One droplet: its service, Keepalived, and the agent with what it is doing.

use floatip::{
    clock::Moment,
    decide::decision::Decision,
    mover::api::{Error, Holding},
    observe::vrrp::Vrrp,
    serve::agent_loop::AgentLoop,
};

use super::{keepalived::Keepalived, world::Ms};

/// The service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum App {
    Up,
    /// Refuses connections.
    Down,
    /// Takes them and keeps silent, or answers too late.
    Hangs,
}

/// The record as far as the agent has read it in this step.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub since: Ms,
    pub live: Option<Holding>,
    pub result: Option<Result<floatip::decide::view::Record, Error>>,
}

/// A step that the agent is carrying out.
#[derive(Clone, Debug)]
pub struct Run {
    pub step: Decision,
    pub since: Ms,
    pub reading: Option<Reading>,
    /// The live IP has to be asked.
    pub asks: bool,
    /// It is asked though it need not be, since the record is late.
    pub beside: bool,
    pub asked: Option<(Moment, Moment, bool)>,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing of its own that a fault can change"
)]
#[derive(Clone, Debug)]
pub struct Node {
    pub on: bool,
    pub frozen_since: Option<Ms>,
    pub thawed_at: Ms,
    pub app: App,
    pub database: bool,
    /// When it was ready last.
    pub ready_last: Ms,
    pub keepalived: Keepalived,
    /// The dummy address on `lo`.
    pub address: bool,
    /// What Keepalived's FIFO told last; kept on disk.
    pub told: Vrrp,
    pub bonus: bool,
    pub driver: Option<AgentLoop>,
    /// When the agent started.
    pub born: Ms,
    /// Makes events of an earlier life of the agent void.
    pub life: u32,
    pub turn: u32,
    pub run_id: u32,
    pub run: Option<Run>,
    /// What the agent was told of its service.
    pub told_fit: bool,
    /// A call was refused with 422, and the record was not read since.
    pub refused: bool,
    /// The agent is killed when it begins its nth step that acts or polls; counts down.
    pub dies_in: Option<u32>,
    /// Calls of the API in the last minute.
    pub calls: std::collections::VecDeque<Ms>,
}

impl Node {
    pub fn new() -> Self {
        Self {
            on: true,
            frozen_since: None,
            thawed_at: 0,
            app: App::Up,
            database: true,
            ready_last: 0,
            keepalived: Keepalived::new(),
            address: false,
            told: Vrrp::Unknown,
            bonus: false,
            driver: None,
            born: 0,
            life: 0,
            turn: 0,
            run_id: 0,
            run: None,
            told_fit: false,
            refused: false,
            dies_in: None,
            calls: std::collections::VecDeque::new(),
        }
    }

    pub fn is_silent(&self) -> bool {
        self.app == App::Hangs || self.frozen_since.is_some()
    }
}
