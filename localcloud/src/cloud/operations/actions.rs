//! Operations on actions: start, finish, look up.

use crate::cloud::random::next_id;
use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::actions::{Action, ActionStatus, Work};
use jiff::Timestamp;

/// How many finished actions are remembered.
const RETAINED: usize = 500;

impl Record {
    /// Starts an action and locks what it works on. The caller has checked that nothing is pending.
    pub(super) fn start_action(&mut self, work: Work, region: String) -> u64 {
        let id = next_id(&mut self.last_action);
        if let Some(droplet) = self.droplets.get_mut(&work.droplet()) {
            droplet.pending = Some(id);
        }
        if let Some(reserved) = work
            .reserved_ip()
            .and_then(|ip| self.reserved_ips.get_mut(&ip))
        {
            reserved.pending = Some(id);
        }
        let action = Action {
            id,
            status: ActionStatus::InProgress,
            work,
            region,
            started_at: Timestamp::now(),
            completed_at: None,
            error: None,
        };
        self.actions.insert(id, action);
        id
    }

    /// Ends an action, for good or with what went wrong, and unlocks what it worked on.
    pub fn finish_action(&mut self, id: u64, error: Option<String>) {
        if let Some(action) = self.actions.get_mut(&id) {
            action.status = match error {
                None => ActionStatus::Completed,
                Some(_) => ActionStatus::Errored,
            };
            action.error = error;
            action.completed_at = Some(Timestamp::now());
        }
        for droplet in self.droplets.values_mut() {
            droplet.pending.take_if(|pending| *pending == id);
        }
        for reserved in self.reserved_ips.values_mut() {
            reserved.pending.take_if(|pending| *pending == id);
        }
        self.forget_old_actions();
    }

    /// An action by id.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn action(&self, id: u64) -> Result<&Action, Refusal> {
        self.actions.get(&id).ok_or(Refusal::NotFound)
    }

    fn forget_old_actions(&mut self) {
        let finished = self
            .actions
            .values()
            .filter(|action| action.completed_at.is_some());
        let old: Vec<u64> = finished
            .rev()
            .skip(RETAINED)
            .map(|action| action.id)
            .collect();
        for id in old {
            self.actions.remove(&id);
        }
    }
}
