//! Where a drill may send its load: loopback and the network for tests, unless `--allow-remote-target` is given.

use crate::error::Error;
use operate::client::{BadTarget, Target};
use std::net::{IpAddr, SocketAddr};

/// Resolves `url` (`http://HOST[:PORT]`) and refuses it unless all its addresses are local or `allow_remote` is set.
///
/// # Errors
/// [`Error::BadTarget`] if it is not such a URL or does not resolve, [`Error::Remote`] for a remote address.
pub async fn resolve(url: &str, allow_remote: bool) -> Result<Target, Error> {
    let target = Target::resolve(url).await?;
    let addresses = target.addresses().iter().map(SocketAddr::ip);
    match first_remote(addresses) {
        Some(remote) if !allow_remote => Err(Error::Remote(remote.to_string())),
        _ => Ok(target),
    }
}

/// A URL that can't be used, with the reason.
#[must_use]
pub fn bad(url: &str, problem: String) -> Error {
    Error::BadTarget(BadTarget {
        url: url.to_owned(),
        problem,
    })
}

/// The first address that is not on this machine.
#[must_use]
pub fn first_remote(addresses: impl IntoIterator<Item = IpAddr>) -> Option<IpAddr> {
    addresses.into_iter().find(|address| !is_local(*address))
}

/// Whether an address is on this machine: loopback, or 198.18.0.0/15, which RFC 2544 reserves for tests of networks.
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
    async fn a_bad_url_exits_2() {
        let error = resolve("http://127.0.0.1/x", false).await.unwrap_err();
        assert_eq!(error.exit_code(), 2, "{error}");
    }

    #[tokio::test]
    async fn a_remote_target_is_refused_unless_allowed() {
        let error = resolve("http://192.0.2.1", false).await.unwrap_err();
        assert!(
            error.to_string().contains("--allow-remote-target"),
            "{error}"
        );
        assert!(resolve("http://192.0.2.1", true).await.is_ok());
    }
}
