//! The URL of a probe: plain HTTP to an address, so that it needs neither DNS nor TLS.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

/// Where a probe is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Address and port to connect to.
    pub address: SocketAddr,
    /// Path and query of the request, starting with `/`.
    pub path: String,
}

/// Why a URL can't be probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Another scheme than `http`.
    #[error("the URL must start with http://")]
    Scheme,
    /// A host name: to resolve it could take longer than a probe may.
    #[error(
        "the host must be an IP address or localhost: a health check must not depend on a name server"
    )]
    Host,
    /// The port is no number from 1 to 65535.
    #[error("the port must be a number from 1 to 65535")]
    Port,
    /// A blank or a control character in the path.
    #[error("the path must not contain blanks or control characters")]
    Path,
}

impl FromStr for Target {
    type Err = BadUrl;

    fn from_str(url: &str) -> Result<Self, BadUrl> {
        let rest = url.strip_prefix("http://").ok_or(BadUrl::Scheme)?;
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) if rest[at..].starts_with('/') => (&rest[..at], rest[at..].to_owned()),
            Some(at) => (&rest[..at], format!("/{}", &rest[at..])),
            None => (rest, "/".to_owned()),
        };
        if path.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(BadUrl::Path);
        }
        let (host, port) = if let Some(inside) = authority.strip_prefix('[') {
            let (host, after) = inside.split_once(']').ok_or(BadUrl::Host)?;
            let host = host.parse::<Ipv6Addr>().map_err(|_| BadUrl::Host)?;
            (
                IpAddr::V6(host),
                after
                    .strip_prefix(':')
                    .or((!after.is_empty()).then_some("")),
            )
        } else {
            let (host, port) = match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            };
            let host = if host == "localhost" {
                Ipv4Addr::LOCALHOST
            } else {
                host.parse().map_err(|_| BadUrl::Host)?
            };
            (IpAddr::V4(host), port)
        };
        let port = match port {
            Some(text) => text
                .parse()
                .ok()
                .filter(|&port| port != 0)
                .ok_or(BadUrl::Port)?,
            None => 80,
        };
        Ok(Self {
            address: SocketAddr::new(host, port),
            path,
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.address, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> String {
        url.parse::<Target>()
            .map_or_else(|error| format!("{error:?}"), |target| target.to_string())
    }

    #[test]
    fn urls_with_an_address_are_accepted() {
        assert_eq!(
            parsed("http://127.0.0.1:9101/readyz"),
            "http://127.0.0.1:9101/readyz"
        );
        assert_eq!(parsed("http://localhost"), "http://127.0.0.1:80/");
        assert_eq!(parsed("http://[::1]:81/a?b=c"), "http://[::1]:81/a?b=c");
        assert_eq!(parsed("http://[::1]"), "http://[::1]:80/");
        assert_eq!(
            parsed("http://10.0.0.1?deep=1"),
            "http://10.0.0.1:80/?deep=1"
        );
    }

    #[test]
    fn other_urls_say_what_is_wrong() {
        assert_eq!(parsed("https://127.0.0.1/"), "Scheme");
        assert_eq!(parsed("http://example.com/"), "Host");
        assert_eq!(parsed("http:///readyz"), "Host");
        assert_eq!(parsed("http://[::1/"), "Host");
        assert_eq!(parsed("http://127.0.0.1:0/"), "Port");
        assert_eq!(parsed("http://127.0.0.1:65536/"), "Port");
        assert_eq!(parsed("http://[::1]x"), "Port");
        assert_eq!(parsed("http://127.0.0.1/a b"), "Path");
        assert_eq!(parsed("http://127.0.0.1/\r\nX: y"), "Path");
    }
}
