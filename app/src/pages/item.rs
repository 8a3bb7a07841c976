//! One message as it stands on pages.

use std::fmt::{self, Display, Formatter};

use askama::Template;
use jiff::Timestamp;
use jiff::tz::Offset;
use md5::{Digest, Md5};

use super::path;
use crate::error::{Error, Result};
use crate::store::messages::Entry;

/// A list item. What is made here holds no character that HTML needs escaped.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Item<'e> {
    id: i64,
    avatar: Avatar<'e>,
    author: &'e str,
    author_path: path::User<'e>,
    content: &'e str,
    published: Published,
}

impl<'e> Item<'e> {
    /// Of this message.
    #[must_use]
    pub fn of(entry: &'e Entry) -> Self {
        let author = entry.message.author.as_str();
        Self {
            id: entry.id,
            avatar: Avatar(&entry.email),
            author_path: path::User(author),
            author,
            content: &entry.message.content,
            published: Published(entry.message.published_at),
        }
    }
}

/// A message's list item as text.
///
/// # Errors
/// When the template fails.
pub fn text(entry: &Entry) -> Result<String> {
    Item::of(entry).render().map_err(Error::internal)
}

/// Gravatar's address for an e-mail: a generated image where the user has none.
struct Avatar<'e>(&'e str);

impl Display for Avatar<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 32];
        let hash = Md5::digest(self.0.trim().to_lowercase());
        for (pair, byte) in hex.chunks_exact_mut(2).zip(hash) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        f.write_str("https://www.gravatar.com/avatar/")?;
        f.write_str(str::from_utf8(&hex).map_err(|_| fmt::Error)?)?;
        f.write_str("?d=identicon&amp;s=48")
    }
}

/// Seconds since 1970 as `2026-11-21 @ 08:38`, in UTC.
struct Published(i64);

impl Display for Published {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let time = Timestamp::from_second(self.0).unwrap_or_default();
        let time = Offset::UTC.to_datetime(time);
        let (year, month, day) = (time.year(), time.month(), time.day());
        let (hour, minute) = (time.hour(), time.minute());
        write!(f, "{year:04}-{month:02}-{day:02} @ {hour:02}:{minute:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_to_the_minute_in_utc() {
        assert_eq!(Published(1_795_250_280).to_string(), "2026-11-21 @ 08:38");
    }

    #[test]
    fn avatars_hash_the_trimmed_lower_case_address() {
        let expected = "https://www.gravatar.com/avatar/\
            0bc83cb571cd1c50ba6f3e8a78ef1346?d=identicon&amp;s=48";
        assert_eq!(
            Avatar("  MyEmailAddress@example.com ").to_string(),
            expected
        );
    }
}
