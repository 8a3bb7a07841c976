//! Whether a request was made by a page of this site.
//!
//! The session cookie is `SameSite=Lax`. This is the second line of defence, and the only one for links that change
//! something. Clients that are no browsers send none of these headers and pass.

use hyper::HeaderMap;
use hyper::header::{HOST, ORIGIN, REFERER};

use crate::error::{Error, Result};

/// Refuses a request with 403 if the browser reports that another site made it.
pub fn check(headers: &HeaderMap) -> Result<()> {
    let is_foreign = text(headers, "sec-fetch-site") == Some("cross-site")
        || is_elsewhere(headers, ORIGIN.as_str())
        || is_elsewhere(headers, REFERER.as_str());
    if is_foreign {
        return Err(Error::CrossSite);
    }
    Ok(())
}

/// Whether a header names an origin other than the one that the request was sent to. `Origin: null`
/// is a page that hides where it is from.
fn is_elsewhere(headers: &HeaderMap, name: &str) -> bool {
    if !headers.contains_key(name) {
        return false;
    }
    let authority = text(headers, name)
        .and_then(|url| url.split_once("://"))
        .map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    match (authority, text(headers, HOST.as_str())) {
        (Some(authority), Some(host)) => !authority.eq_ignore_ascii_case(host),
        _ => true,
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(sent: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "minitwit.example:8080".parse().expect("a value"));
        for (name, value) in sent {
            headers.insert(*name, value.parse().expect("a value"));
        }
        check(&headers).is_ok()
    }

    #[test]
    fn requests_of_this_site_and_of_no_site_pass() {
        assert!(passes(&[]));
        assert!(passes(&[("sec-fetch-site", "same-origin")]));
        assert!(passes(&[("sec-fetch-site", "none")]));
        assert!(passes(&[("origin", "http://MiniTwit.example:8080")]));
        assert!(passes(&[("referer", "http://minitwit.example:8080/ann?x")]));
    }

    #[test]
    fn requests_of_other_sites_do_not() {
        assert!(!passes(&[("sec-fetch-site", "cross-site")]));
        assert!(!passes(&[("origin", "http://evil.example")]));
        assert!(!passes(&[("origin", "http://minitwit.example")]));
        assert!(!passes(&[("origin", "null")]));
        assert!(!passes(&[(
            "referer",
            "http://evil.example/minitwit.example:8080"
        )]));
        assert!(!passes(&[(
            "referer",
            "http://minitwit.example:8080@evil.example/"
        )]));
    }
}
