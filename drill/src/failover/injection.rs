//! Injects faults, and undoes those that are in place.

use super::cloud::Cloud;
use super::droplets::Droplets;
use super::fault::{Input, Object, Row, Step, Which};
use crate::error::Error;
use jiff::Timestamp;
use operate::environment::{Droplet, Outputs};
use serde_json::Value;
use std::time::Duration;
use tokio::sync::Mutex;

/// When this process can't undo a fault of localcloud, localcloud ends it after this time.
const AT_MOST: Duration = Duration::from_mins(5);

/// How one step is undone.
#[derive(Clone, Debug)]
enum Undo {
    Command(Droplet, String),
    PowerOn(Droplet),
    Localcloud(u64),
}

/// When a fault began, and when it ends if it ends by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Injected {
    pub(crate) at: Timestamp,
    pub(crate) over: Option<Timestamp>,
}

/// The pair when a fault begins.
#[derive(Clone, Debug)]
pub(crate) struct Roles {
    pub(crate) live: Droplet,
    pub(crate) standby: Droplet,
}

/// Injects faults into one environment, and records how each is undone.
pub struct Injector {
    cloud: Cloud,
    droplets: Droplets,
    outputs: Outputs,
    in_place: Mutex<Vec<Undo>>,
}

impl Injector {
    /// Changes nothing yet.
    #[must_use]
    pub fn new(cloud: Cloud, droplets: Droplets, outputs: Outputs) -> Self {
        Self {
            cloud,
            droplets,
            outputs,
            in_place: Mutex::new(Vec::new()),
        }
    }

    /// Takes all steps of a fault. The fault begins with the step on the live droplet, or else with the first step.
    pub(crate) async fn inject(&self, row: &Row, roles: &Roles) -> Result<Injected, Error> {
        let mut first = None;
        let mut on_live = None;
        let mut over = None;
        for step in row.steps {
            let mut at = Timestamp::now();
            let mut place = None;
            match *step {
                Step::Run {
                    on,
                    command,
                    undo,
                    input,
                } => {
                    at = self.run(roles, on, command, undo, input).await?;
                    place = Some(on);
                }
                Step::Expect { .. } => continue,
                Step::PowerOff(which) => {
                    let droplet = self.droplet(roles, which)?;
                    self.remember(Undo::PowerOn(droplet.clone())).await;
                    self.cloud.power_off(droplet.id).await?;
                    place = Some(which);
                }
                Step::Reboot(which) => {
                    let droplet = self.droplet(roles, which)?;
                    self.remember(Undo::PowerOn(droplet.clone())).await;
                    self.cloud.reboot(droplet.id).await?;
                    place = Some(which);
                }
                Step::MoveByHand => {
                    let standby = roles.standby.id;
                    self.cloud.assign(self.outputs.live_ip, standby).await?;
                }
                Step::Localcloud(object, text) => {
                    let request = self.localcloud_request(roles, object, text).await?;
                    at = Timestamp::now();
                    let lasts = Some(row.lasts).filter(|lasts| !lasts.is_zero());
                    let at_most = lasts.unwrap_or(AT_MOST);
                    let number = self.cloud.inject_fault(&request, at_most).await?;
                    self.remember(Undo::Localcloud(number)).await;
                    over = lasts.map(|lasts| Timestamp::now() + lasts);
                }
            }
            first.get_or_insert(at);
            if place == Some(Which::Live) {
                on_live = Some(at);
            }
        }
        Ok(Injected {
            at: on_live.or(first).unwrap_or_else(Timestamp::now),
            over,
        })
    }

    /// The expected effects that a fault in place does not have.
    pub(crate) async fn missing_effects(&self, row: &Row, roles: &Roles) -> Vec<String> {
        let mut missing = Vec::new();
        for step in row.steps {
            let Step::Expect {
                on,
                command,
                otherwise,
            } = *step
            else {
                continue;
            };
            let result = match self.droplet(roles, on) {
                Ok(droplet) => self.droplets.run_undo(droplet, command).await,
                Err(error) => Err(error),
            };
            if result.is_err() {
                missing.push(otherwise.to_owned());
            }
        }
        missing
    }

    fn droplet<'d>(&'d self, roles: &'d Roles, which: Which) -> Result<&'d Droplet, Error> {
        match which {
            Which::Live => Ok(&roles.live),
            Which::Standby => Ok(&roles.standby),
            Which::Monitor => self.outputs.monitor.as_ref().ok_or_else(|| {
                Error::NotReady("the environment was created without a monitor".to_owned())
            }),
        }
    }

    /// The body of the request by which localcloud injects a fault.
    async fn localcloud_request(
        &self,
        roles: &Roles,
        object: Object,
        text: &str,
    ) -> Result<Value, Error> {
        let mut request: Value = serde_json::from_str(text).unwrap_or_default();
        match object {
            Object::Droplet(which) => request["droplet"] = self.droplet(roles, which)?.id.into(),
            Object::Database => {
                let host = &self.outputs.database.host;
                request["database"] = self.cloud.database(host).await?;
            }
            Object::Api => {}
        }
        Ok(request)
    }

    async fn run(
        &self,
        roles: &Roles,
        on: Which,
        command: &str,
        undo: &str,
        input: Input,
    ) -> Result<Timestamp, Error> {
        let droplet = self.droplet(roles, on)?;
        let peer = match on {
            Which::Standby => &roles.live,
            Which::Live | Which::Monitor => &roles.standby,
        };
        let fill_in = |text: &str| {
            text.replace("{peer}", &peer.private_ip.to_string())
                .replace("{self}", &droplet.private_ip.to_string())
                .replace("{database}", &self.outputs.database.host)
        };
        let input = match input {
            Input::Nothing => "",
            Input::DatabaseUri => &format!("{}\n", self.outputs.database.admin_uri),
        };
        self.remember(Undo::Command(droplet.clone(), fill_in(undo)))
            .await;
        let command = fill_in(command);
        self.droplets.run_fault(droplet, &command, input).await
    }

    async fn remember(&self, undo: Undo) {
        self.in_place.lock().await.push(undo);
    }

    /// Undoes one step: the first or else the last one.
    ///
    /// # Errors
    /// If it fails; the step is still in place then.
    pub(crate) async fn undo_one(&self, first: bool) -> Result<(), Error> {
        let mut in_place = self.in_place.lock().await;
        let place = if first {
            0
        } else {
            in_place.len().saturating_sub(1)
        };
        if let Some(undo) = in_place.get(place).cloned() {
            self.undo_step(&undo).await?;
            in_place.remove(place);
        }
        Ok(())
    }

    /// Undoes everything that is in place, the last step first. Faults of the cloud end before commands on droplets are
    /// undone, because a droplet that is off runs no command. A step that can't be undone does not prevent the others.
    ///
    /// # Errors
    /// If some of it fails; it stays in place, and the text lists what is left to do by hand.
    pub async fn undo(&self) -> Result<(), Error> {
        let mut in_place = self.in_place.lock().await;
        in_place.sort_by_key(|undo| !matches!(undo, Undo::Command(..)));
        let mut left = Vec::new();
        let mut result = Ok(());
        while let Some(undo) = in_place.last().cloned() {
            if let Err(error) = self.undo_step(&undo).await {
                result = Err(error);
                left.push(undo);
            }
            in_place.pop();
        }
        left.reverse();
        *in_place = left;
        result
    }

    async fn undo_step(&self, undo: &Undo) -> Result<(), Error> {
        let (what, undone) = match undo {
            Undo::Command(droplet, command) => (
                format!("run `{command}` on {}", droplet.name),
                self.droplets.run_undo(droplet, command).await,
            ),
            Undo::PowerOn(droplet) => (
                format!("power {} on", droplet.name),
                self.cloud.power_on(droplet.id).await,
            ),
            Undo::Localcloud(number) => (
                format!("end localcloud's fault {number}"),
                self.cloud.end_fault(*number).await,
            ),
        };
        undone.map_err(|error| Error::NotUndone {
            what,
            source: Box::new(error),
        })
    }
}
