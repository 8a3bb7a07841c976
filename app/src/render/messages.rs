//! Messages as list items. Each is rendered once: the cache holds those that were shown recently.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use handlebars::RenderError;
use jiff::Timestamp;
use jiff::tz::Offset;
use md5::{Digest, Md5};
use serde::Serialize;

use super::{Renderer, path};
use crate::store::messages::Message;

/// Bytes of cached messages and their HTML after which a generation is full. Two generations are kept.
const GENERATION: usize = 1024 * 1024;

/// Renders messages and caches their HTML by number, within a bound.
///
/// A cached item is used only if the message that was read from the database equals the one that it was
/// rendered from: a restored database can give a number to another message.
pub struct MessageRenderer {
    renderer: Arc<Renderer>,
    cache: Mutex<Cache>,
}

/// When the recent generation is full it becomes the earlier one, and what was not used since is forgotten.
#[derive(Default)]
struct Cache {
    recent: HashMap<i64, Arc<Item>>,
    earlier: HashMap<i64, Arc<Item>>,
    /// Of the recent generation.
    bytes: usize,
}

/// A message and its list item.
pub struct Item {
    message: Message,
    pub html: String,
}

/// The values of the template. None of those made here contains a character that HTML needs escaped.
#[derive(Serialize)]
struct Values<'m> {
    id: i64,
    avatar: String,
    author: &'m str,
    author_path: String,
    content: &'m str,
    published: String,
}

impl MessageRenderer {
    pub fn new(renderer: Arc<Renderer>) -> Self {
        Self {
            renderer,
            cache: Mutex::default(),
        }
    }

    /// A message's list item.
    pub fn item(&self, message: &Message) -> Result<Arc<Item>, RenderError> {
        if let Some(item) = self.cache().find(message) {
            return Ok(item);
        }
        let html = self.renderer.message(&Values {
            id: message.id,
            avatar: avatar(&message.email),
            author: &message.author,
            author_path: path::user(&message.author),
            content: &message.content,
            published: published(message.published_at),
        })?;
        let message = message.clone();
        let item = Arc::new(Item { message, html });
        self.cache().insert(item.clone());
        Ok(item)
    }

    /// The list items of these messages, each on a line of its own.
    pub fn list<'m>(
        &self,
        messages: impl Iterator<Item = &'m Message>,
    ) -> Result<String, RenderError> {
        let mut list = String::new();
        for message in messages {
            list.push('\n');
            list.push_str(&self.item(message)?.html);
        }
        Ok(list)
    }

    /// Nothing panics while it holds this lock.
    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    fn find(&mut self, message: &Message) -> Option<Arc<Item>> {
        let is_same = |item: &&Arc<Item>| item.message == *message;
        if let Some(item) = self.recent.get(&message.id) {
            return Some(item).filter(is_same).cloned();
        }
        let item = self.earlier.remove(&message.id)?;
        self.insert(item.clone());
        Some(item).filter(|item| is_same(&item))
    }

    fn insert(&mut self, item: Arc<Item>) {
        if self.bytes >= GENERATION {
            self.earlier = std::mem::take(&mut self.recent);
            self.bytes = 0;
        }
        self.bytes += item.size();
        if let Some(replaced) = self.recent.insert(item.message.id, item) {
            self.bytes -= replaced.size();
        }
    }
}

impl Item {
    fn size(&self) -> usize {
        let message = &self.message;
        let texts = message.content.len() + message.author.len() + message.email.len();
        size_of::<Self>() + texts + self.html.len()
    }
}

/// Gravatar's address for an e-mail: a generated image where the user has none.
fn avatar(email: &str) -> String {
    let mut address = String::from("https://www.gravatar.com/avatar/");
    for byte in Md5::digest(email.trim().to_lowercase()) {
        write!(address, "{byte:02x}").expect("a String takes any text");
    }
    address.push_str("?d=identicon&amp;s=48");
    address
}

/// Seconds since 1970 as `2026-11-21 @ 08:38`, in UTC.
fn published(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds).unwrap_or_default();
    let time = Offset::UTC.to_datetime(time);
    let (year, month, day) = (time.year(), time.month(), time.day());
    let (hour, minute) = (time.hour(), time.minute());
    format!("{year:04}-{month:02}-{day:02} @ {hour:02}:{minute:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages() -> MessageRenderer {
        MessageRenderer::new(Arc::new(Renderer::new().expect("templates")))
    }

    fn message(id: i64, content: &str) -> Message {
        Message {
            id,
            content: content.to_owned(),
            published_at: 1_795_250_280,
            author: "ann".to_owned(),
            email: "ann@example.com".to_owned(),
        }
    }

    #[test]
    fn times_are_shown_to_the_minute_in_utc() {
        assert_eq!(published(1_795_250_280), "2026-11-21 @ 08:38");
    }

    #[test]
    fn avatars_hash_the_trimmed_lower_case_address() {
        let expected = "https://www.gravatar.com/avatar/\
            0bc83cb571cd1c50ba6f3e8a78ef1346?d=identicon&amp;s=48";
        assert_eq!(avatar("  MyEmailAddress@example.com "), expected);
    }

    #[test]
    fn a_message_is_rendered_once_until_it_differs() {
        let messages = messages();
        let item = |content| messages.item(&message(1, content)).expect("an item");
        let first = item("hello");
        assert!(Arc::ptr_eq(&first, &item("hello")));
        let other = item("bye");
        assert!(other.html.contains("bye"));
        assert!(Arc::ptr_eq(&other, &item("bye")));
    }

    #[test]
    fn the_cache_is_bounded_and_contains_what_was_used_last() {
        let messages = messages();
        let long = "x".repeat(4000);
        let used = messages.item(&message(0, "hello")).expect("an item");
        for id in 1..5000 {
            messages.item(&message(id, &long)).expect("an item");
            let again = messages.item(&message(0, "hello")).expect("an item");
            assert!(Arc::ptr_eq(&used, &again));
        }
        let cache = messages.cache();
        let items = cache.recent.values().chain(cache.earlier.values());
        let bytes: usize = items.map(|item| item.size()).sum();
        assert!(bytes < 2 * GENERATION + 20_000, "{bytes}");
        assert!(cache.recent.contains_key(&4999));
        assert!(!cache.recent.contains_key(&1));
    }
}
