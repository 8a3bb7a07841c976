//! Brings a fault about, and undoes what is in place.

use super::Drill;
use super::environment::Droplet;
use super::fault::{Row, Step};
use crate::error::Error;
use jiff::Timestamp;
use std::time::Duration;

/// For a fault of localcloud's that is there until it is undone: it ends by itself if this process can't undo it.
const FORGOTTEN: Duration = Duration::from_secs(300);

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
        for step in row.steps {
            let now = Timestamp::now();
            let at = match *step {
                Step::OnLive { command, undo } => {
                    let at = self.command(live, standby, command, undo).await?;
                    on_live = Some(at);
                    at
                }
                Step::OnStandby { command, undo } => {
                    self.command(standby, live, command, undo).await?
                }
                Step::PowerOff => {
                    self.note(Undo::PowerOn(live.clone())).await;
                    self.cloud.power_off(live.id).await?;
                    now
                }
                Step::Localcloud(order) => {
                    let order = self.cloud.spell(order, live, standby, &self.environment);
                    let order = order.await?;
                    let now = Timestamp::now();
                    let lasts = Some(row.lasts).filter(|lasts| !lasts.is_zero());
                    let number = self
                        .cloud
                        .break_down(&order, lasts.unwrap_or(FORGOTTEN))
                        .await?;
                    self.note(Undo::Localcloud(number)).await;
                    over = lasts.map(|lasts| Timestamp::now() + lasts);
                    now
                }
            };
            begun.get_or_insert(at);
        }
        Ok(Injected {
            at: on_live.or(begun).unwrap_or_else(Timestamp::now),
            over,
        })
    }

    async fn command(
        &self,
        droplet: &Droplet,
        peer: &Droplet,
        command: &str,
        undo: &str,
    ) -> Result<Timestamp, Error> {
        let about = |text: &str| text.replace("{peer}", &peer.private_ip.to_string());
        self.note(Undo::Command(droplet.clone(), about(undo))).await;
        self.hosts.break_by(droplet, &about(command)).await
    }

    async fn note(&self, undo: Undo) {
        self.in_place.lock().await.push(undo);
    }

    /// Undoes all that is in place, last things first. What can't be undone doesn't keep the rest from it.
    ///
    /// # Errors
    /// If some of it fails; the text says what is left to do by hand.
    pub async fn undo(&self) -> Result<(), Error> {
        let mut in_place = self.in_place.lock().await;
        let mut left = Vec::new();
        let mut result = Ok(());
        while let Some(undo) = in_place.last().cloned() {
            let (what, undone) = match &undo {
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
            if let Err(error) = undone {
                result = Err(Error::NotUndone {
                    what,
                    source: Box::new(error),
                });
                left.push(undo);
            }
            in_place.pop();
        }
        left.reverse();
        *in_place = left;
        result
    }
}
