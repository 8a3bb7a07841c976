//! What can happen, and on which droplet.

use super::world::{Ms, State};

/// How the live IP meets a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Served {
    Answered,
    Refused,
    Silence,
}

/// Who called the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    Agent { i: usize, run: u32 },
    Actor { k: usize, call: u32 },
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    AgentStarts {
        i: usize,
    },
    AgentDies {
        i: usize,
    },
    Fit {
        i: usize,
        life: u32,
        again: bool,
    },
    Wake {
        i: usize,
        turn: u32,
    },
    AddressSeen {
        i: usize,
    },
    Line {
        i: usize,
        state: State,
    },
    Check {
        i: usize,
        life: u32,
        tries: u64,
    },
    VrrpTimer {
        i: usize,
        timer: u32,
    },
    Packet {
        to: usize,
        priority: u64,
    },
    Read {
        i: usize,
        run: u32,
    },
    ReadAnswered {
        i: usize,
        run: u32,
    },
    ReadFailed {
        i: usize,
        run: u32,
        limited: bool,
    },
    Ask {
        i: usize,
        run: u32,
        first: Option<Served>,
    },
    Asked {
        i: usize,
        run: u32,
        since: Ms,
        serves: bool,
    },
    PostArrives {
        post: usize,
    },
    PostAnswered {
        post: usize,
    },
    PollAnswered {
        caller: Caller,
        action: u64,
        fails: bool,
    },
    TimedOut {
        caller: Caller,
    },
    ActionEnds {
        action: u64,
    },
    PacketsFollow {
        to: u64,
        action: u64,
    },
    ActorActs {
        k: usize,
        turn: u32,
    },
    RunnerDies {
        k: usize,
    },
    RunnerResumes {
        k: usize,
    },
    Listed {
        k: usize,
        call: u32,
        fails: bool,
    },
    Begins {
        fault: usize,
    },
    Ends {
        fault: usize,
    },
    Frozen {
        i: usize,
    },
    Flaps {
        fault: usize,
    },
}

impl Event {
    /// The droplet on which it happens.
    pub fn on(self) -> Option<usize> {
        match self {
            Self::AgentStarts { i }
            | Self::AgentDies { i }
            | Self::Fit { i, .. }
            | Self::Wake { i, .. }
            | Self::AddressSeen { i }
            | Self::Line { i, .. }
            | Self::Check { i, .. }
            | Self::VrrpTimer { i, .. }
            | Self::Packet { to: i, .. }
            | Self::Read { i, .. }
            | Self::ReadAnswered { i, .. }
            | Self::ReadFailed { i, .. }
            | Self::Ask { i, .. }
            | Self::Asked { i, .. }
            | Self::Frozen { i }
            | Self::PollAnswered {
                caller: Caller::Agent { i, .. },
                ..
            }
            | Self::TimedOut {
                caller: Caller::Agent { i, .. },
            } => Some(i),
            _ => None,
        }
    }
}
