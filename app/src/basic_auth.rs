//! The simulator's Basic authentication (RFC 7617).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

/// `user:password` that the API accepts.
pub struct Credential(String);

impl Credential {
    pub fn new(user_and_password: String) -> Self {
        Self(user_and_password)
    }

    /// Whether the request contains it.
    pub fn allows(&self, headers: &HeaderMap) -> bool {
        given(headers).is_some_and(|given| same(&given, self.0.as_bytes()))
    }
}

fn given(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    STANDARD.decode(encoded.trim()).ok()
}

/// Compares in a time that does not depend on where the first difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b));
    a.len() == b.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().expect("a header value"));
        Credential::new("simulator:super_safe!".to_owned()).allows(&headers)
    }

    #[test]
    fn only_the_exact_credential_is_allowed() {
        assert!(allows("Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUh"));
        assert!(allows("basic c2ltdWxhdG9yOnN1cGVyX3NhZmUh"));
        assert!(!allows("Bearer c2ltdWxhdG9yOnN1cGVyX3NhZmUh"));
        assert!(!allows("Basic c2ltdWxhdG9yOnN1cGVyX3NhZmU="));
        assert!(!allows("Basic ???"));
        assert!(!allows("Basic"));
        assert!(!Credential::new("a:b".to_owned()).allows(&HeaderMap::new()));
    }
}
