//! Whose list of followed users has changed: an open stream of that user's timeline looks it up anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::watch;

/// Those who listen to their own timeline in this process, by name.
#[derive(Debug, Default)]
pub struct Following {
    listeners: Mutex<HashMap<String, Weak<watch::Sender<()>>>>,
}

/// Hears of one user's changes.
#[derive(Debug)]
pub struct Changes {
    heard: watch::Receiver<()>,
    /// The list above forgets who has no listener left.
    _sender: Arc<watch::Sender<()>>,
}

impl Following {
    /// From now on, the changes of whom `name` follows.
    pub fn listen(&self, name: &str) -> Changes {
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
            heard: sender.subscribe(),
            _sender: sender,
        }
    }

    /// `name` follows one more or one less, and it is committed.
    pub fn changed(&self, name: &str) {
        let listeners = self.listeners.lock();
        let listeners = listeners.unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = listeners.get(name).and_then(Weak::upgrade) {
            sender.send_replace(());
        }
    }
}

impl Changes {
    /// Returns after a change that was not told yet.
    pub async fn next(&mut self) {
        // The sender is kept beside it.
        let _ = self.heard.changed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_reaches_all_listeners_of_that_user_and_waits_for_them() {
        let following = Following::default();
        let (mut one, mut other) = (following.listen("ann"), following.listen("ann"));
        let bob = following.listen("bob");
        following.changed("ann");
        following.changed("nobody");
        one.next().await;
        other.next().await;
        assert!(!bob.heard.has_changed().expect("its sender lives"));
        drop((one, other, bob));
        let _cid = following.listen("cid");
        let listeners = following.listeners.lock().expect("no panic");
        assert_eq!(listeners.len(), 1);
    }
}
