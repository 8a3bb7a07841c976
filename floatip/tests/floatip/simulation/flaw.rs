//! Bugs that are put between a droplet and its agent on purpose, to show that the checks notice them.

use floatip::{
    clock::Moment,
    decide::{
        agent::{Agent, Observation},
        view::Seen,
    },
    mover::api::Error,
};

/// One bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The agent takes every answer of the live IP for silence, as if it had not asked.
    ClaimsUnasked,
    /// After a 422 the agent trusts the record that it read before.
    KeepsRecord,
    /// The VRRP bonus is never written.
    NoBonus,
    /// During a claim the agent does not learn that its droplet became unfit.
    ClaimsUnfit,
    /// After a 422 a release's mover gets the record that was read before.
    CachesRecord,
    /// A release does not wait between losing the stage IP and getting the live IP.
    SkipsCoolDown,
    /// A release that is given up leaves the stage IP where it is.
    LeavesStage,
}

impl Flaw {
    /// What the agent observes in place of `observation`.
    pub fn distort(self, now: Moment, agent: &Agent, observation: Observation) -> Vec<Observation> {
        match (self, observation) {
            (Self::ClaimsUnasked, Observation::Live { since, until, .. }) => {
                vec![Observation::Live {
                    since,
                    until,
                    serves: false,
                }]
            }
            (
                Self::KeepsRecord,
                refused @ Observation::Started(_, Err(Error::Unprocessable { .. })),
            ) => {
                let record = agent.view(now).record;
                let again = record.map(|Seen { value, .. }| Observation::Record {
                    since: now,
                    result: Ok(value),
                });
                std::iter::once(refused).chain(again).collect()
            }
            (Self::ClaimsUnfit, Observation::Fit(false)) if agent.claiming_since().is_some() => {
                Vec::new()
            }
            (_, observation) => vec![observation],
        }
    }
}
