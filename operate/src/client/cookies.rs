//! A browser's cookies, as far as MiniTwit uses them: by name, without expiry or path.

use std::collections::BTreeMap;

use hyper::HeaderMap;
use hyper::header::{COOKIE, SET_COOKIE};

use super::Request;

/// The cookies of one user.
#[derive(Clone, Debug, Default)]
pub struct Cookies {
    values: BTreeMap<String, String>,
}

impl Cookies {
    /// Keeps what a response sets. A cookie that is set to nothing is removed.
    pub fn store(&mut self, headers: &HeaderMap) {
        for value in headers.get_all(SET_COOKIE) {
            let pair = value.to_str().unwrap_or_default().split(';').next();
            let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if value.is_empty() {
                self.values.remove(name.trim());
            } else {
                self.values.insert(name.trim().to_owned(), value.to_owned());
            }
        }
    }

    /// The request with these cookies.
    #[must_use]
    pub fn apply(&self, request: Request) -> Request {
        if self.values.is_empty() {
            return request;
        }
        let pairs = self
            .values
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let value = pairs.collect::<Vec<_>>().join("; ");
        request.header(COOKIE, &value)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn cookies_are_sent_back_until_they_are_cleared() {
        let mut cookies = Cookies::default();
        let set = |cookies: &mut Cookies, text: &'static str| {
            let headers = HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static(text))]);
            cookies.store(&headers);
        };
        set(&mut cookies, "session=abc; HttpOnly; Path=/");
        set(&mut cookies, "flash=hi");
        let header = |cookies: &Cookies| {
            let request = cookies.apply(Request::get("/"));
            request.headers.get(COOKIE).cloned().unwrap()
        };
        assert_eq!(header(&cookies), "flash=hi; session=abc");
        set(&mut cookies, "flash=; Max-Age=0");
        assert_eq!(header(&cookies), "session=abc");
    }
}
