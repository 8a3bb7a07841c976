//! What a droplet's agent says, as far as it keeps a release from going on.

use floatip::observe::vrrp::Vrrp;
use floatip::serve::status::Status;

use crate::error::{Error, Result};

/// What keeps a droplet from being live, if anything does.
#[must_use]
pub fn unfit(status: &Status) -> Option<String> {
    if !status.fit {
        return Some(status.fit_reason.clone());
    }
    match status.vrrp {
        Vrrp::Master | Vrrp::Backup => None,
        Vrrp::Fault => Some("Keepalived is in FAULT".to_owned()),
        Vrrp::Unknown => Some("Keepalived does not run".to_owned()),
    }
}

/// Refuses while an operator holds the live IP's moves: a release would move it just then.
///
/// # Errors
/// [`Error::Frozen`].
pub fn refuse_if_frozen(status: &Status) -> Result<()> {
    match &status.freeze {
        None => Ok(()),
        Some(freeze) => Err(Error::Frozen {
            what: "moves of the live IP",
            end: "floatip unfreeze",
            who: freeze.who.clone(),
            reason: freeze.why.clone(),
            since: freeze.since.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use floatip::serve::freeze::Freeze;

    use super::*;

    #[test]
    fn a_freeze_is_refused_with_who_and_why() {
        let mut status = Status::default();
        assert!(refuse_if_frozen(&status).is_ok());
        status.freeze = Some(Freeze {
            since: "2026-11-21T08:00:00Z".parse().unwrap(),
            who: "ada".to_owned(),
            why: "restoring the database".to_owned(),
            until: None,
        });
        let error = refuse_if_frozen(&status).unwrap_err();
        assert_eq!(error.code(), 7);
        let text = error.to_string();
        for part in [
            "ada",
            "restoring the database",
            "2026-11-21",
            "floatip unfreeze",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn only_a_fit_droplet_with_a_keepalived_that_elects_may_be_live() {
        let mut status = Status {
            fit: true,
            vrrp: Vrrp::Backup,
            ..Status::default()
        };
        assert_eq!(unfit(&status), None);
        status.vrrp = Vrrp::Fault;
        assert!(unfit(&status).is_some());
        status.vrrp = Vrrp::Master;
        status.fit = false;
        status.fit_reason = "the database is silent".to_owned();
        assert_eq!(unfit(&status), Some("the database is silent".to_owned()));
    }
}
