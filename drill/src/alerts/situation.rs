//! A fault, the alerts that it must cause, and how it is undone.

use crate::failover::fault::Step;

/// A fault and its alerts. How long they may take is the same for all of them.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// How it is injected; each step contains its undo.
    pub steps: &'static [Step],
    /// The alerts that must fire.
    pub alerts: &'static [&'static str],
    /// Alerts that are inhibited while those fire.
    pub held_back: &'static [&'static str],
    /// Further alerts that must not fire once the fault is undone.
    pub also_resolve: &'static [&'static str],
    /// The site must respond while the fault is in place.
    pub site_responds: bool,
}

impl Situation {
    /// A situation without further conditions.
    pub const fn new(steps: &'static [Step], alerts: &'static [&'static str]) -> Self {
        Self {
            steps,
            alerts,
            held_back: &[],
            also_resolve: &[],
            site_responds: false,
        }
    }
}
