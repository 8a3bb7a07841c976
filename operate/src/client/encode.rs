//! Percent-encoding.

use std::fmt::Write as _;

/// Percent-encodes a path segment or query value (RFC 3986: all but the unreserved characters).
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a String can't fail");
        }
    }
    encoded
}

/// Decodes what a URI has percent-encoded, such as a user name or password.
///
/// Returns `None` for a broken escape or bytes that are not UTF-8.
#[must_use]
pub fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            let digits = std::str::from_utf8(digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_percent_encoded_byte_by_byte() {
        assert_eq!(percent_encode("Roger Histand"), "Roger%20Histand");
        assert_eq!(percent_encode("a/b?c&é"), "a%2Fb%3Fc%26%C3%A9");
    }

    #[test]
    fn decoding_reverses_it_and_refuses_what_is_broken() {
        let text = "p@ss/wörd % ~";
        assert_eq!(percent_decode(&percent_encode(text)).as_deref(), Some(text));
        for broken in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(percent_decode(broken), None, "{broken}");
        }
    }
}
