//! Changes of the users that a user follows: an open stream of that user's timeline reads the list again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::watch;

/// The users who have their own timeline open in this process, by name.
#[derive(Debug, Default)]
pub struct FollowChanges {
    listeners: Mutex<HashMap<String, Weak<watch::Sender<()>>>>,
}

/// Receives one user's changes.
#[derive(Debug)]
pub struct Changes {
    changed: watch::Receiver<()>,
    /// A user without a subscription is removed from the map.
    _sender: Arc<watch::Sender<()>>,
}

impl FollowChanges {
    /// Receives all later changes of the user of this name.
    pub fn subscribe(&self, name: &str) -> Changes {
        let listeners = self.listeners.lock();
        let mut listeners = listeners.unwrap_or_else(PoisonError::into_inner);
        let present = listeners.get(name).and_then(Weak::upgrade);
        let sender = present.unwrap_or_else(|| {
            listeners.retain(|_, sender| sender.strong_count() > 0);
            let sender = Arc::new(watch::Sender::new(()));
            listeners.insert(name.to_owned(), Arc::downgrade(&sender));
            sender
        });
        Changes {
            changed: sender.subscribe(),
            _sender: sender,
        }
    }

    /// A change of this user was committed.
    pub fn announce(&self, name: &str) {
        let listeners = self.listeners.lock();
        let listeners = listeners.unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = listeners.get(name).and_then(Weak::upgrade) {
            sender.send_replace(());
        }
    }
}

impl Changes {
    /// Returns after a change that was not returned yet.
    pub async fn next(&mut self) {
        // The sender lives as long as this.
        let _ = self.changed.changed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_reaches_all_listeners_of_that_user_and_is_not_lost() {
        let changes = FollowChanges::default();
        let (mut one, mut other) = (changes.subscribe("ann"), changes.subscribe("ann"));
        let bob = changes.subscribe("bob");
        changes.announce("ann");
        changes.announce("nobody");
        one.next().await;
        other.next().await;
        assert!(!bob.changed.has_changed().expect("its sender lives"));
        drop((one, other, bob));
        let _cid = changes.subscribe("cid");
        let listeners = changes.listeners.lock().expect("no panic");
        assert_eq!(listeners.len(), 1);
    }
}
