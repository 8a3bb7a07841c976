//! Keepalived 2.2.7 as `keepalived/keepalived.conf.j2` configures it: states, priorities, advertisements and timers.

use floatip::observe::vrrp::Vrrp;

use super::{
    event::Event,
    world::{Ms, World},
};

const ADVERT: Ms = 300;
const CHECK_EVERY: Ms = 1_000;

#[derive(Clone, Debug)]
pub struct Keepalived {
    pub runs: bool,
    pub state: Vrrp,
    /// Runs of the check that were good, in a row; two make it fit.
    good: u8,
    fit: bool,
    timer: u32,
    /// Makes checks of an earlier life of it void.
    pub life: u32,
}

impl Keepalived {
    pub fn new() -> Self {
        Self {
            runs: false,
            state: Vrrp::Unknown,
            good: 0,
            fit: false,
            timer: 0,
            life: 0,
        }
    }
}

fn skew(priority: u64) -> Ms {
    (256 - priority) * ADVERT / 256
}

impl World {
    fn priority(&self, i: usize) -> u64 {
        100 + if self.nodes[i].bonus { 50 } else { 0 }
    }

    pub fn start_keepalived(&mut self, i: usize) {
        let it = &mut self.nodes[i].keepalived;
        let (timer, life) = (it.timer + 1, it.life + 1);
        *it = Keepalived {
            runs: true,
            timer,
            life,
            ..Keepalived::new()
        };
        // A dummy address that a killed one left behind goes when the new one starts.
        self.becomes(i, Vrrp::Fault);
        self.after(5, Event::Check { i, life, tries: 0 });
    }

    /// Stops it; in order, or by SIGKILL, which leaves the address behind.
    pub fn stop_keepalived(&mut self, i: usize, in_order: bool) {
        if !self.nodes[i].keepalived.runs {
            return;
        }
        if in_order {
            if self.nodes[i].keepalived.state == Vrrp::Master {
                self.send(i, 0);
            }
            self.becomes(i, Vrrp::Unknown);
        }
        let it = &mut self.nodes[i].keepalived;
        it.runs = false;
        it.timer += 1;
        it.life += 1;
        it.state = Vrrp::Unknown;
    }

    /// One try of the health check: three, 200 ms apart, and the first good one decides.
    pub fn check(&mut self, i: usize, life: u32, tries: u64) {
        if self.nodes[i].keepalived.life != life {
            return;
        }
        if !self.is_ready(i) && tries < 2 {
            let wait = if self.nodes[i].is_silent() { 300 } else { 200 };
            self.after(
                wait,
                Event::Check {
                    i,
                    life,
                    tries: tries + 1,
                },
            );
            return;
        }
        let ready = self.is_ready(i);
        let next = CHECK_EVERY - (200 * tries).min(CHECK_EVERY - 1);
        self.after(next, Event::Check { i, life, tries: 0 });
        let it = &mut self.nodes[i].keepalived;
        it.good = if ready { it.good.saturating_add(1) } else { 0 };
        let fit = it.good >= 2 || (it.fit && ready);
        if fit == it.fit {
            return;
        }
        it.fit = fit;
        if fit {
            self.becomes(i, Vrrp::Backup);
            self.arm(i, 3 * ADVERT + skew(self.priority(i)));
        } else {
            if self.nodes[i].keepalived.state == Vrrp::Master {
                self.send(i, 0);
            }
            self.nodes[i].keepalived.timer += 1;
            self.becomes(i, Vrrp::Fault);
        }
    }

    fn arm(&mut self, i: usize, wait: Ms) {
        self.nodes[i].keepalived.timer += 1;
        let timer = self.nodes[i].keepalived.timer;
        self.after(wait, Event::VrrpTimer { i, timer });
    }

    pub fn vrrp_timer(&mut self, i: usize, timer: u32) {
        if self.nodes[i].keepalived.timer != timer {
            return;
        }
        if self.nodes[i].keepalived.state == Vrrp::Backup {
            self.becomes(i, Vrrp::Master);
        }
        self.send(i, self.priority(i));
        self.arm(i, ADVERT);
    }

    fn send(&mut self, from: usize, priority: u64) {
        if !self.cut[from] {
            let wait = self.rng.between(1, 4);
            self.after(
                wait,
                Event::Packet {
                    to: 1 - from,
                    priority,
                },
            );
        }
    }

    pub fn packet(&mut self, i: usize, priority: u64) {
        let mine = self.priority(i);
        match self.nodes[i].keepalived.state {
            Vrrp::Backup if priority == 0 => self.arm(i, skew(mine)),
            // Preemption: one that has less is left to its timer, and outbid when that ends.
            Vrrp::Backup if priority >= mine => self.arm(i, 3 * ADVERT + skew(mine)),
            Vrrp::Master if priority == 0 => self.send(i, mine),
            // Of two with the same, the higher address wins.
            Vrrp::Master if priority > mine || (priority == mine && i == 0) => {
                self.becomes(i, Vrrp::Backup);
                self.arm(i, 3 * ADVERT + skew(mine));
            }
            _ => {}
        }
    }

    fn becomes(&mut self, i: usize, state: Vrrp) {
        self.nodes[i].keepalived.state = state;
        let address = state == Vrrp::Master;
        if self.nodes[i].address != address {
            self.nodes[i].address = address;
            let wait = self.rng.between(0, 100);
            self.after(wait, Event::AddressSeen { i });
        }
        // Lines of the FIFO come soon, late, out of order, or never.
        if self.rng.percent(self.loses_lines) {
            return;
        }
        let late = self.rng.percent(self.loses_lines);
        let wait = if late {
            self.rng.between(50, 5_000)
        } else {
            self.rng.between(0, 5)
        };
        self.after(
            wait,
            Event::Line {
                i,
                state: super::world::state(state),
            },
        );
    }
}
