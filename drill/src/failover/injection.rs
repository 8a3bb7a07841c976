//! Brings a fault about, and undoes what is in place.

use super::Drill;
use super::environment::Droplet;
use super::fault::{Object, Row, Step, Which};
use crate::error::Error;
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// For a fault of localcloud's that is there until it is undone: it ends by itself if this process can't undo it.
const FORGOTTEN: Duration = Duration::from_mins(5);

/// How one step is undone.
#[derive(Clone, Debug)]
pub(super) enum Undo {
    Command(Droplet, String),
    PowerOn(Droplet),
    Localcloud(u64),
}

/// When a fault began, and when it ends if it does so by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Injected {
    pub(super) at: Timestamp,
    pub(super) over: Option<Timestamp>,
}

impl Drill {
    /// Takes all steps of a fault. It begins with what is done on the live droplet, if something is.
    pub(super) async fn inject(
        &self,
        row: &Row,
        live: &Droplet,
        standby: &Droplet,
    ) -> Result<Injected, Error> {
        let mut begun = None;
        let mut on_live = None;
        let mut over = None;
        let pick = |which| match which {
            Which::Live => (live, standby),
            Which::Standby => (standby, live),
        };
        for step in row.steps {
            let mut at = Timestamp::now();
            let mut where_to = None;
            match *step {
                Step::Run { on, command, undo } => {
                    let (droplet, peer) = pick(on);
                    at = self.command(droplet, peer, command, undo).await?;
                    where_to = Some(on);
                }
                Step::Expect { .. } => continue,
                Step::PowerOff(which) => {
                    let (droplet, _) = pick(which);
                    self.note(Undo::PowerOn(droplet.clone())).await;
                    self.cloud.power_off(droplet.id).await?;
                    where_to = Some(which);
                }
                Step::Reboot(which) => {
                    let (droplet, _) = pick(which);
                    self.note(Undo::PowerOn(droplet.clone())).await;
                    self.cloud.reboot(droplet.id).await?;
                    where_to = Some(which);
                }
                Step::MoveByHand => {
                    let live_ip = self.environment.live_ip;
                    self.cloud.assign(live_ip, standby.id).await?;
                }
                Step::Localcloud(object, text) => {
                    let order = self.spell(object, text, pick).await?;
                    at = Timestamp::now();
                    let lasts = Some(row.lasts).filter(|lasts| !lasts.is_zero());
                    let number = self
                        .cloud
                        .break_down(&order, lasts.unwrap_or(FORGOTTEN))
                        .await?;
                    self.note(Undo::Localcloud(number)).await;
                    over = lasts.map(|lasts| Timestamp::now() + lasts);
                }
            }
            begun.get_or_insert(at);
            if where_to == Some(Which::Live) {
                on_live = Some(at);
            }
        }
        Ok(Injected {
            at: on_live.or(begun).unwrap_or_else(Timestamp::now),
            over,
        })
    }

    /// What did not come about of a fault that is in place.
    pub(super) async fn not_come_about(
        &self,
        row: &Row,
        live: &Droplet,
        standby: &Droplet,
    ) -> Vec<String> {
        let mut missing = Vec::new();
        for step in row.steps {
            let Step::Expect {
                on,
                command,
                else_broken,
            } = *step
            else {
                continue;
            };
            let droplet = match on {
                Which::Live => live,
                Which::Standby => standby,
            };
            if self.hosts.mend_by(droplet, command).await.is_err() {
                missing.push(else_broken.to_owned());
            }
        }
        missing
    }

    /// What localcloud takes for an order.
    async fn spell<'d>(
        &self,
        object: Object,
        text: &str,
        pick: impl Fn(Which) -> (&'d Droplet, &'d Droplet),
    ) -> Result<Value, Error> {
        let mut order: Value = serde_json::from_str(text).unwrap_or_default();
        match object {
            Object::Droplet(which) => order["droplet"] = pick(which).0.id.into(),
            Object::Database => order["database"] = self.cloud.database(&self.environment).await?,
            Object::Api => {}
        }
        Ok(order)
    }

    async fn command(
        &self,
        droplet: &Droplet,
        peer: &Droplet,
        command: &str,
        undo: &str,
    ) -> Result<Timestamp, Error> {
        let database = self.environment.database_host.as_deref();
        let about = |text: &str| {
            text.replace("{peer}", &peer.private_ip.to_string())
                .replace("{self}", &droplet.private_ip.to_string())
                .replace("{database}", database.unwrap_or_default())
        };
        self.note(Undo::Command(droplet.clone(), about(undo))).await;
        self.hosts.break_by(droplet, &about(command)).await
    }

    async fn note(&self, undo: Undo) {
        self.in_place.lock().await.push(undo);
    }

    /// Undoes one thing: what was broken first, or else last.
    ///
    /// # Errors
    /// If it fails; it is still in place then.
    pub(super) async fn undo_one(&self, first: bool) -> Result<(), Error> {
        let mut in_place = self.in_place.lock().await;
        let place = if first {
            0
        } else {
            in_place.len().saturating_sub(1)
        };
        if let Some(undo) = in_place.get(place).cloned() {
            self.take_back(&undo).await?;
            in_place.remove(place);
        }
        Ok(())
    }

    /// Undoes all that is in place, last things first, but what was done to droplets from outside before what was done
    /// on them: one that is off takes no command. What can't be undone doesn't keep the rest from it.
    ///
    /// # Errors
    /// If some of it fails; the text says what is left to do by hand.
    pub async fn undo(&self) -> Result<(), Error> {
        let mut in_place = self.in_place.lock().await;
        in_place.sort_by_key(|undo| !matches!(undo, Undo::Command(..)));
        let mut left = Vec::new();
        let mut result = Ok(());
        while let Some(undo) = in_place.last().cloned() {
            if let Err(error) = self.take_back(&undo).await {
                result = Err(error);
                left.push(undo);
            }
            in_place.pop();
        }
        left.reverse();
        *in_place = left;
        result
    }

    async fn take_back(&self, undo: &Undo) -> Result<(), Error> {
        let (what, undone) = match undo {
            Undo::Command(droplet, command) => (
                format!("run `{command}` on {}", droplet.name),
                self.hosts.mend_by(droplet, command).await,
            ),
            Undo::PowerOn(droplet) => (
                format!("power {} on", droplet.name),
                self.cloud.power_on(droplet.id).await,
            ),
            Undo::Localcloud(number) => (
                format!("end localcloud's fault {number}"),
                self.cloud.mend(*number).await,
            ),
        };
        undone.map_err(|error| Error::NotUndone {
            what,
            source: Box::new(error),
        })
    }
}
