//! Addresses of pages.

use std::fmt::{self, Display, Formatter};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The page of the user of this name, as a path.
#[derive(Clone, Copy, Debug)]
pub struct User<'n>(pub &'n str);

impl Display for User<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", utf8_percent_encode(self.0, SEGMENT))
    }
}

/// A user's page.
#[must_use]
pub fn user(name: &str) -> String {
    User(name).to_string()
}

/// Where a user's new messages come from.
#[must_use]
pub fn live(name: &str) -> String {
    format!("/live?user={}", utf8_percent_encode(name, SEGMENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_percent_encoded() {
        assert_eq!(user("Ann Lee/é?"), "/Ann%20Lee%2F%C3%A9%3F");
    }
}
