//! Addresses of pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A path segment leaves these as they are.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The page of the user of this name.
pub fn user(name: &str) -> String {
    format!("/{}", utf8_percent_encode(name, SEGMENT))
}

/// The stream of this user's new messages.
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
