//! The invariants.

use floatip::observe::vrrp::Vrrp;

use super::{
    cloud::LIVE,
    event::Served,
    faults::{Fault, What},
    world::{Ms, World, id},
};

/// Both tries of a probe, and the second for which its verdict counts.
const PROBE_COUNTS: Ms = 1_550;
/// Two tries and the pause between them, when one that had been ready has just failed.
const FITNESS_COUNTS: Ms = 1_500;
/// The limit of the API, by token.
const CALLS_A_MINUTE: usize = 250;

impl World {
    pub fn wrong(&mut self, what: &str) {
        self.say(what);
        if self.broken.is_none() {
            self.broken = Some(format!("at {} ms: {what}", self.now));
        }
    }

    /// After every event.
    pub fn watch(&mut self) {
        let serves = self.served() == Served::Answered;
        if serves != self.serving_since.is_some() {
            self.serving_since = serves.then_some(self.now);
            self.say(if serves {
                "the live IP serves"
            } else {
                "the live IP does not serve"
            });
        }
        for i in 0..2 {
            if self.is_ready(i) {
                self.nodes[i].ready_last = self.now;
            }
        }
        let well = serves && self.cloud.data_plane == self.cloud.holder[LIVE];
        if well != self.well_since.is_some() {
            self.well_since = well.then_some(self.now);
        }
    }

    /// An agent sends a call that acts.
    pub fn claims(&mut self, i: usize) {
        self.count_call(i);
        self.claims += 1;
        self.last_claim = self.now;
        let who = id(i);
        if self
            .serving_since
            .is_some_and(|since| self.now > since + PROBE_COUNTS)
        {
            self.wrong(&format!("{who} claims while the live IP serves"));
        }
        let known = self.nodes[i].thawed_at.max(self.nodes[i].ready_last);
        if self.now > known + FITNESS_COUNTS {
            self.wrong(&format!("{who} claims though it is unfit"));
        }
        if !self.nodes[i].told_fit {
            self.wrong(&format!("{who} claims though it knows that it is unfit"));
        }
        if self.nodes[i].refused {
            self.wrong(&format!(
                "{who} claims after a 422 without having read the record"
            ));
        }
        if let Some(other) = self.waits_for_packets_only(i) {
            self.wrong(&format!(
                "{who} claims from {other}, which is well and waits for the data plane"
            ));
        }
        let now = self.moment(i);
        let Some(driver) = &self.nodes[i].driver else {
            return;
        };
        let view = driver.agent.view(now);
        let pending = view.history.pending(now, &self.settings).is_some();
        let (vrrp, holder) = (view.vrrp, view.record.and_then(|it| it.value.live.holder));
        if pending {
            self.wrong(&format!("{who} has two claims in flight"));
        }
        if vrrp != Vrrp::Master {
            self.wrong(&format!("{who} claims though it is {vrrp:?}"));
        }
        if holder == Some(who) {
            self.wrong(&format!("{who} claims what it holds"));
        }
    }

    pub fn count_call(&mut self, i: usize) {
        let now = self.now;
        let calls = &mut self.nodes[i].calls;
        calls.push_back(now);
        while calls.front().is_some_and(|at| at + 60_000 < now) {
            calls.pop_front();
        }
        if calls.len() > CALLS_A_MINUTE {
            self.wrong(&format!(
                "{} calls the API more than {CALLS_A_MINUTE} times a minute",
                id(i)
            ));
        }
    }

    /// The other droplet, if it holds the live IP, all is well there and on the way to it for long enough, and only packets don't
    /// follow yet. An agent that was not there to see the move can't know that, nor one that could not read the record.
    fn waits_for_packets_only(&self, i: usize) -> Option<u64> {
        let other = 1 - i;
        let holder = self.cloud.holder[LIVE].filter(|it| *it == id(other))?;
        let moved = self.moved_at;
        let was_there =
            self.nodes[i].born + 6_000 < moved && self.nodes[other].born + 6_000 < moved;
        let quiet =
            self.trouble_at + 12_000 < self.now && self.cloud.mood == super::cloud::Mood::Well;
        let well = self.can_serve(other)
            && self.cloud.data_plane != Some(holder)
            && self.cut == [false; 2];
        (was_there && quiet && well).then_some(holder)
    }

    fn can_serve(&self, i: usize) -> bool {
        self.is_ready(i) && self.nodes[i].keepalived.runs && self.nodes[i].driver.is_some()
    }

    /// A release is under way.
    pub fn releases(&self) -> bool {
        self.actors
            .iter()
            .any(|it| it.release.is_some() && !it.over)
    }

    /// Calls may arrive late, or somebody else moves addresses too.
    pub fn is_disturbed(&self) -> bool {
        let api = |fault: &Fault| matches!(fault.what, What::Api(_));
        self.actors.len() > 1 || self.faults.iter().any(api)
    }

    /// No call is under way that could still change the record, nor has the live IP just come to serve.
    pub fn is_still(&self) -> bool {
        let well = self
            .well_since
            .is_some_and(|since| self.now > since + 5_000);
        well && !self.cloud.is_locked(LIVE) && self.now > self.last_claim + 10_000
    }

    /// All is as it should be: at the end, and from then on.
    pub fn settled(&self) -> Result<(), String> {
        let fit: Vec<_> = (0..2).filter(|i| self.can_serve(*i)).collect();
        if fit.is_empty() {
            return Ok(());
        }
        let holder = self.cloud.holder[LIVE];
        if !fit.iter().any(|i| holder == Some(id(*i))) {
            return Err(format!(
                "the live IP is on {holder:?}, and fit are {fit:?} by index"
            ));
        }
        if self.well_since.is_none() {
            return Err(format!(
                "the data plane says {:?}, the record {holder:?}",
                self.cloud.data_plane
            ));
        }
        for i in fit {
            let master = self.nodes[i].keepalived.state == Vrrp::Master;
            if master != (holder == Some(id(i))) {
                return Err(format!(
                    "{} is {:?}, and {holder:?} holds the live IP",
                    id(i),
                    self.nodes[i].keepalived.state
                ));
            }
        }
        Ok(())
    }
}
