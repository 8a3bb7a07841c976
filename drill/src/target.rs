//! Where a drill may send its load: loopback and the network for such tests, unless told otherwise.

use crate::error::Error;
use hyper::Uri;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// A resolved `http` address that passed the guard.
#[derive(Clone, Debug)]
pub struct Target {
    url: String,
    host: String,
    address: SocketAddr,
}

impl Target {
    /// Resolves `url` (`http://HOST[:PORT]`) and refuses it unless all its addresses are local or `allow_remote` is set.
    ///
    /// # Errors
    /// [`Error::BadTarget`] for what isn't such a URL or does not resolve, [`Error::Remote`] from the guard.
    pub async fn resolve(url: &str, allow_remote: bool) -> Result<Self, Error> {
        let bad = |problem: String| Error::BadTarget {
            url: url.to_owned(),
            problem,
        };
        let uri: Uri = url.parse().map_err(|_| bad("it is no URL".to_owned()))?;
        if uri.scheme_str() != Some("http") {
            return Err(bad("it does not start with http://".to_owned()));
        }
        if uri.path() != "/" || uri.query().is_some() {
            return Err(bad("it has a path".to_owned()));
        }
        let authority = uri
            .authority()
            .ok_or_else(|| bad("it has no host".to_owned()))?;
        let host = authority
            .host()
            .trim_matches(|c| c == '[' || c == ']')
            .to_owned();
        let port = authority.port_u16().unwrap_or(80);
        let addresses = resolve_guarded(&host, port, allow_remote)
            .await
            .map_err(|error| match error {
                Unfit::Remote(address) => Error::Remote(address.to_string()),
                Unfit::Unresolved(cause) => bad(format!("{host} does not resolve ({cause})")),
            })?;
        let address = *addresses
            .first()
            .ok_or_else(|| bad(format!("{host} has no address")))?;
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            host: authority.as_str().to_owned(),
            address,
        })
    }

    /// The socket address that connections are made to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The value of the `Host` header.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// Why a host may not be used.
#[derive(Debug)]
pub enum Unfit {
    /// It has an address outside this machine.
    Remote(IpAddr),
    /// It has no address that could be found.
    Unresolved(std::io::Error),
}

/// All addresses of a host, if all of them are local or `allow_remote` is set.
///
/// # Errors
/// See [`Unfit`].
pub async fn resolve_guarded(
    host: &str,
    port: u16,
    allow_remote: bool,
) -> Result<Vec<SocketAddr>, Unfit> {
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
        .await
        .map_err(Unfit::Unresolved)?
        .collect();
    match addresses.iter().find(|address| !is_local(address.ip())) {
        Some(remote) if !allow_remote => Err(Unfit::Remote(remote.ip())),
        _ => Ok(addresses),
    }
}

/// Whether an address is on this machine: loopback, or 198.18.0.0/15, which RFC 2544 sets aside for tests of networks.
#[must_use]
pub fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_loopback() || (v4.octets()[0] == 198 && v4.octets()[1] & 0xfe == 18)
        }
        IpAddr::V6(v6) => v6
            .to_ipv4_mapped()
            .map_or(v6.is_loopback(), |v4| is_local(v4.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_the_test_network_are_local() {
        for local in [
            "127.0.0.1",
            "127.8.0.1",
            "::1",
            "198.18.0.1",
            "198.19.255.255",
            "::ffff:198.18.3.4",
        ] {
            assert!(is_local(local.parse().unwrap()), "{local}");
        }
        for remote in [
            "198.17.255.255",
            "198.20.0.0",
            "10.0.0.1",
            "0.0.0.0",
            "::",
            "::ffff:8.8.8.8",
        ] {
            assert!(!is_local(remote.parse().unwrap()), "{remote}");
        }
    }

    #[tokio::test]
    async fn targets_are_http_urls_without_a_path() {
        let target = Target::resolve("http://127.0.0.1:8080/", false)
            .await
            .unwrap();
        assert_eq!(target.host(), "127.0.0.1:8080");
        assert_eq!(target.to_string(), "http://127.0.0.1:8080");
        let default_port = Target::resolve("http://[::1]", false).await.unwrap();
        assert_eq!(default_port.address(), "[::1]:80".parse().unwrap());
        for bad in [
            "",
            "127.0.0.1",
            "https://127.0.0.1",
            "http://127.0.0.1/x",
            "http://",
        ] {
            let error = Target::resolve(bad, false).await.unwrap_err();
            assert_eq!(error.exit_code(), 2, "{bad}: {error}");
        }
    }

    #[tokio::test]
    async fn a_remote_target_is_refused_unless_allowed() {
        let error = Target::resolve("http://192.0.2.1", false)
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("--allow-remote-target"),
            "{error}"
        );
        assert!(Target::resolve("http://192.0.2.1", true).await.is_ok());
    }
}
