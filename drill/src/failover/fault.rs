//! The faults by name, and the parts of a row in their table.

use clap::ValueEnum;
use std::time::Duration;

/// A fault. Unless its text names another place, it is on the live droplet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Fault {
    /// The app is stopped, as by `systemctl stop minitwit`
    AppStop,
    /// The app dies, and again each time it is started
    AppCrashing,
    /// The app's process is frozen (SIGSTOP)
    AppFrozen,
    /// Each response of the app takes 5 s or more to leave the droplet
    AppSlow,
    /// The app gets no memory, and dies each time it is started
    AppOutOfMemory,
    /// The app's process is killed once; systemd starts it again
    AppKilled,
    /// The app sends nothing for 0.4 s, once
    OneSlowAnswer,
    /// The droplet loses its power
    PowerOff,
    /// The droplet's processes are frozen; its kernel still responds (localcloud only)
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
    /// The app is stopped, and the standby's floatip is killed when it has detected that
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
    /// The droplet sends nothing by its VPC link (localcloud only)
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
    /// The app is stopped while the cloud's API does not respond for 20 s (localcloud only)
    ApiSilent,
    /// The app is stopped while the cloud's API responds 500 for 20 s (localcloud only)
    ApiStatus,
    /// The app is stopped while the cloud's API responds 429 for 20 s (localcloud only)
    ApiRateLimit,
    /// The app is stopped while the cloud's API carries requests out without a response, for 20 s (localcloud only)
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

/// A droplet, by its role before the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that held the live IP.
    Live,
    /// The other app droplet.
    Standby,
    /// The one with Prometheus and Alertmanager.
    Monitor,
}

/// One step of injecting a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A fault of localcloud's, for the row's time, or until it is undone. The text is the request's JSON without time and
    /// object.
    Localcloud(Object, &'static str),
    /// Commands on a droplet. `{peer}` is replaced by the other droplet's private address, `{self}` by its own, and
    /// `{database}` by the database's.
    Run {
        /// Where it runs.
        on: Which,
        /// Injects the fault.
        command: &'static str,
        /// Undoes it; idempotent.
        undo: &'static str,
        /// On the command's standard input.
        input: Input,
    },
    /// A check before the fault is undone: did it have its effect?
    Expect {
        /// Where it runs.
        on: Which,
        /// Succeeds if it did.
        command: &'static str,
        /// Reported if it did not.
        otherwise: &'static str,
    },
    /// A droplet is switched off by the API, and on again.
    PowerOff(Which),
    /// A droplet is rebooted by the API.
    Reboot(Which),
    /// The live IP is assigned to the standby by the API.
    MoveByHand,
}

/// Standard input of a command on a droplet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// None.
    Nothing,
    /// A line with the URI of the database's owner: a list of processes must not show it.
    DatabaseUri,
}

/// The object of a fault of localcloud's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// A droplet.
    Droplet(Which),
    /// The environment's database.
    Database,
    /// The API, for all calls or for moves.
    Api,
}

/// The part of an outage that does not count against the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excused {
    /// None: the old live droplet serves until the cloud has moved the IP.
    Nothing,
    /// The cloud's time for the move.
    Move,
    /// The duration of the fault itself.
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

/// When and in which order a fault is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Once clients have good responses again while the fault is in place.
    WhenRecovered,
    /// After its time; until then clients may have no service.
    AfterItsTime,
    /// The last step after its time; the others once clients have good responses again.
    LastStepFirst,
    /// The same with the first step first.
    FirstStepFirst,
}

/// How a fault is injected and what is required of the pair.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// In order.
    pub steps: &'static [Step],
    /// Whether the live IP must move.
    pub moves: Moves,
    /// When it is undone.
    pub ending: Ending,
    /// How long it lasts if it ends by itself or after its time.
    pub lasts: Duration,
    /// The part of the outage that does not count.
    pub excused: Excused,
    /// The longest outage allowed without the excused part.
    pub bound: Duration,
}

impl Row {
    /// Steps that stay in place until they are undone, without requirements of the pair.
    #[must_use]
    pub const fn until_undone(steps: &'static [Step]) -> Self {
        Self {
            steps,
            moves: Moves::Never,
            ending: Ending::AfterItsTime,
            lasts: Duration::ZERO,
            excused: Excused::Nothing,
            bound: Duration::ZERO,
        }
    }
}

impl Fault {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}
