//! The faults by name, and of what a row of their table consists.

use clap::ValueEnum;
use std::time::Duration;

/// What is broken. Without another word it is broken on the live droplet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Fault {
    /// The app is stopped, as by `systemctl stop minitwit`
    AppStop,
    /// The app dies, and again each time it is started
    AppCrashing,
    /// The app's process is frozen (SIGSTOP)
    AppFrozen,
    /// Each answer of the app takes 5 s to leave the droplet, or longer
    AppSlow,
    /// The app has no memory, and dies of it as often as it is started
    AppOutOfMemory,
    /// The app's process is killed once; systemd starts it again
    AppKilled,
    /// The app answers nothing for 0.4 s, once
    OneSlowAnswer,
    /// The droplet loses its power
    PowerOff,
    /// The droplet's processes are frozen; its kernel still answers (localcloud only)
    DropletFrozen,
    /// The droplet is rebooted by the cloud's API
    DropletReboot,
    /// The droplet gets a fiftieth of a processor (localcloud only)
    DropletSlow,
    /// The standby loses its power
    StandbyOff,
    /// Both droplets lose their power, and the live one is back first
    BothOffLiveFirst,
    /// Both droplets lose their power, and the standby is back first
    BothOffStandbyFirst,
    /// Keepalived is stopped
    KeepalivedStopped,
    /// floatip is stopped
    FloatipStopped,
    /// The app is stopped, and the standby's floatip is killed when it has seen that
    FloatipKilledDetected,
    /// The same, when it has decided to claim
    FloatipKilledDecided,
    /// The same, when the cloud has accepted its move
    FloatipKilledAccepted,
    /// The same, when the move is complete
    FloatipKilledCompleted,
    /// The droplet's VPC link passes nothing, so that it loses its database too (localcloud only)
    VpcCut,
    /// The droplet receives nothing by its VPC link (localcloud only)
    VpcCutIn,
    /// The droplet's VPC link passes nothing that it sends (localcloud only)
    VpcCutOut,
    /// The standby's VPC link passes nothing (localcloud only)
    VpcCutStandby,
    /// Neither droplet reaches the other in the VPC; all else works
    PeerCut,
    /// The live droplet does not reach the standby in the VPC; all else works
    PeerCutOneWay,
    /// The live droplet alone has no way to the database
    DatabaseCut,
    /// Neither droplet has a way to the database, for 10 s
    DatabaseCutBoth,
    /// The database is down for 10 s (localcloud only)
    DatabaseDown,
    /// The database fails over to its standby (localcloud only)
    DatabaseFailover,
    /// All connections that the database allows are taken (localcloud only)
    DatabaseConnections,
    /// The droplet's disk is full (localcloud only)
    DiskFull,
    /// The droplet's clock jumps ahead by an hour (localcloud only)
    ClockStep,
    /// The app is stopped while the cloud's API answers nothing for 20 s (localcloud only)
    ApiSilent,
    /// The app is stopped while the cloud's API answers 500 for 20 s (localcloud only)
    ApiStatus,
    /// The app is stopped while the cloud's API answers 429 for 20 s (localcloud only)
    ApiRateLimit,
    /// The app is stopped while the cloud's API does what it is asked for, and does not answer, for 20 s (localcloud only)
    ApiAnswerLost,
    /// The app is stopped while moves of reserved IPs end as errored for 20 s (localcloud only)
    ActionErrored,
    /// The app is stopped, and for 10 s moves end as completed before traffic follows (localcloud only)
    ActionEarly,
    /// An operator moves the live IP to the standby
    MoveByHand,
    /// The app stops at the moment at which a release moves the live IP to the standby
    ReleaseMove,
}

/// Which of the two droplets, by what it was before the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that held the live IP.
    Live,
    /// The other one.
    Standby,
}

/// One thing that is done to bring a fault about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A fault of localcloud's, for the row's time, or until it is undone. The text is its JSON without its time and
    /// without what it is done to.
    Localcloud(Object, &'static str),
    /// Commands on a droplet. `{peer}` stands for the other droplet's private address, `{self}` for its own, and
    /// `{database}` for the database's.
    Run {
        /// Where.
        on: Which,
        /// Breaks.
        command: &'static str,
        /// Undoes it; may be said of what is not broken.
        undo: &'static str,
    },
    /// Not a step but a question, asked before the fault is undone: did it come about?
    Expect {
        /// Where.
        on: Which,
        /// Succeeds if it did.
        command: &'static str,
        /// What is said if it did not.
        else_broken: &'static str,
    },
    /// A droplet is switched off by the API, and on again.
    PowerOff(Which),
    /// A droplet is rebooted by the API.
    Reboot(Which),
    /// The live IP is assigned to the standby by the API.
    MoveByHand,
}

/// What a fault of localcloud's befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// A droplet.
    Droplet(Which),
    /// The environment's database.
    Database,
    /// The API, for all calls or for moves.
    Api,
}

/// Which part of an outage is not the pair's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excused {
    /// None: what serves goes on serving until the cloud has moved the IP.
    Nothing,
    /// The cloud's time for the move.
    Move,
    /// What the fault itself lasts.
    Fault,
    /// Both, one after the other.
    Both,
}

/// How often the live IP must move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moves {
    /// Not at all: the same droplet stays live.
    Never,
    /// Once, to the other droplet.
    Once,
}

/// How a fault comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Clients have good answers again, although it is in place; then it is undone.
    OutOfTheWay,
    /// It is undone after its time; until then clients may have no service.
    SatOut,
    /// After its time what was broken last is undone; clients have good answers again, and then the rest is.
    LastFirst,
    /// The same with what was broken first.
    FirstFirst,
}

/// A fault and what is expected of the pair.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// How it is brought about, in order.
    pub steps: &'static [Step],
    /// What the live IP does.
    pub moves: Moves,
    /// How it ends.
    pub ending: Ending,
    /// How long it lasts if it ends by itself or is sat out.
    pub lasts: Duration,
    /// What does not count against the pair.
    pub excused: Excused,
    /// The longest outage allowed without what is excused.
    pub bound: Duration,
}

impl Fault {
    /// Its name, as it is typed.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}
