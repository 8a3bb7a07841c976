//! Where requests are sent.

use std::fmt;
use std::net::SocketAddr;

use hyper::Uri;

/// A resolved `http` address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    url: String,
    host: String,
    addresses: Vec<SocketAddr>,
}

/// A URL that requests can't be sent to.
#[derive(Debug, thiserror::Error)]
#[error("bad address {url:?}: {problem}; give http://HOST or http://HOST:PORT")]
pub struct BadTarget {
    /// As it was given.
    pub url: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Target {
    /// Resolves `http://HOST[:PORT]`.
    ///
    /// # Errors
    /// If it is no such URL, or its host has no address.
    pub async fn resolve(url: &str) -> Result<Self, BadTarget> {
        let bad = |problem: String| BadTarget {
            url: url.to_owned(),
            problem,
        };
        let uri: Uri = url.parse().map_err(|_| bad("it is not a URL".to_owned()))?;
        if uri.scheme_str() != Some("http") {
            return Err(bad("it does not start with http://".to_owned()));
        }
        if uri.path() != "/" || uri.query().is_some() {
            return Err(bad("it has a path".to_owned()));
        }
        let authority = uri
            .authority()
            .ok_or_else(|| bad("it has no host".to_owned()))?;
        let host = authority.host().trim_matches(|c| c == '[' || c == ']');
        let port = authority.port_u16().unwrap_or(80);
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
            .await
            .map_err(|error| bad(format!("{host} does not resolve ({error})")))?
            .collect();
        if addresses.is_empty() {
            return Err(bad(format!("{host} has no address")));
        }
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            host: authority.as_str().to_owned(),
            addresses,
        })
    }

    /// The socket address that connections are made to: the first one.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// All addresses of the host, for callers that accept only some.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The value of the `Host` header.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl From<SocketAddr> for Target {
    fn from(address: SocketAddr) -> Self {
        Self {
            url: format!("http://{address}"),
            host: address.to_string(),
            addresses: vec![address],
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn targets_are_http_urls_without_a_path() {
        let target = Target::resolve("http://127.0.0.1:8080/").await.unwrap();
        assert_eq!(target.host(), "127.0.0.1:8080");
        assert_eq!(target.to_string(), "http://127.0.0.1:8080");
        let default_port = Target::resolve("http://[::1]").await.unwrap();
        assert_eq!(default_port.address(), "[::1]:80".parse().unwrap());
        for bad in [
            "",
            "127.0.0.1",
            "https://127.0.0.1",
            "http://127.0.0.1/x",
            "http://",
        ] {
            assert!(Target::resolve(bad).await.is_err(), "{bad}");
        }
    }
}
