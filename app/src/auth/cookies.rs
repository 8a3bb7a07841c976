//! Cookies: how they are read and set.

use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::{COOKIE, HeaderValue, SET_COOKIE};

use crate::reply::Reply;

/// The value of a cookie that the client sent.
pub fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let sent = headers.get_all(COOKIE).iter();
    sent.filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// Sets a cookie that neither scripts nor the requests of other sites can use.
pub fn set(reply: &mut Reply, name: &str, value: &str, lifetime: Duration) {
    let age = lifetime.as_secs();
    let cookie = format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax");
    let cookie = HeaderValue::from_str(&cookie).expect("names and signed values are ASCII");
    reply.headers_mut().append(SET_COOKIE, cookie);
}

/// Removes a cookie from the client.
pub fn remove(reply: &mut Reply, name: &str) {
    set(reply, name, "", Duration::ZERO);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::auth::signer::Signer;

    proptest! {
        #[test]
        fn no_made_up_cookie_is_a_signed_one(
            line in prop::collection::vec(32_u8.., 0..120),
            value in "[A-Za-z0-9+/=_.-]{0,80}",
        ) {
            let mut headers = HeaderMap::new();
            let made_up = format!("session={value}");
            for line in [line.as_slice(), made_up.as_bytes()] {
                if let Ok(line) = HeaderValue::from_bytes(line) {
                    headers.append(COOKIE, line);
                }
            }
            let signer = Signer::with_random_key();
            let verified = read(&headers, "session").and_then(|text| signer.verify("session", text));
            prop_assert_eq!(verified, None::<String>);
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; session=x.y"));
        headers.append(COOKIE, HeaderValue::from_static("flash=z; broken"));
        assert_eq!(read(&headers, "session"), Some("x.y"));
        assert_eq!(read(&headers, "flash"), Some("z"));
        assert_eq!(read(&headers, "broken"), None);
        assert_eq!(read(&headers, "sess"), None);
    }
}
