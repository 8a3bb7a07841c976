//! Detects a droplet that dies just after a release made it live.
//!
//! The other droplet's agent would take over, but after a move by somebody else it first waits some seconds for traffic to arrive. The
//! runner need not wait: it made the move, and it can connect to both droplets at their own addresses, which do not move.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use operate::environment::Droplet;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::error::Error;
use crate::journal::Release;
use crate::probes::Sample;
use crate::runner::Runner;

/// Between two checks.
const PERIOD: Duration = Duration::from_millis(50);
/// Number of requests in a row without a response. They are sent over 0.2 s, and the last one times out after 0.3 s.
const UNANSWERED: usize = 4;
/// Requests end out of order. Fewer than this are under way at once, so the last this many to end include the last ones sent.
const RECENT: usize = 64;
/// Time limit for the greeting of a droplet's sshd.
const GREETING: Duration = Duration::from_millis(300);
const SSH_PORT: u16 = 22;

impl Runner {
    /// Returns when the droplet that was made live responds neither at the live IP nor at its own address.
    pub async fn wait_for_death(&self, release: &Release) -> Error {
        let moved = Instant::now();
        loop {
            sleep(PERIOD).await;
            if unanswered(&self.probes.last_since(moved, RECENT)) && self.is_dead(release).await {
                return Error::DeadDroplet(self.pair.other(release.live).name.clone());
            }
        }
    }

    /// Whether the droplet with the new version does not respond at its own address, while the other droplet does: so neither this
    /// machine's network nor traffic that has yet to follow the live IP is the cause.
    pub async fn is_dead(&self, release: &Release) -> bool {
        let Ok(old) = self.pair.droplet(release.live) else {
            return false;
        };
        let new = self.pair.other(release.live);
        let ssh = |droplet: &Droplet| SocketAddr::from((droplet.public_ip, SSH_PORT));
        let (old, new) = tokio::join!(greets(ssh(old)), greets(ssh(new)));
        old && !new
    }
}

/// Whether sshd sends its greeting, which it does as soon as a client connects (RFC 4253, section 4.2). The service itself listens on
/// the anchor address only and can be reached only through a reserved IP.
async fn greets(address: SocketAddr) -> bool {
    let greeting = async {
        let mut start = [0; 4];
        let mut stream = TcpStream::connect(address).await?;
        stream.read_exact(&mut start).await?;
        Ok::<_, io::Error>(&start == b"SSH-")
    };
    matches!(timeout(GREETING, greeting).await, Ok(Ok(true)))
}

/// Whether the last requests sent had no response, not even an error.
fn unanswered(samples: &[Sample]) -> bool {
    let mut latest: Vec<_> = samples.iter().collect();
    latest.sort_unstable_by_key(|sample| std::cmp::Reverse(sample.at));
    latest.len() >= UNANSWERED
        && latest[..UNANSWERED]
            .iter()
            .all(|sample| !sample.has_response())
}

#[cfg(test)]
mod tests {
    use operate::client::Failure;

    use super::*;

    #[tokio::test]
    async fn only_a_greeting_counts() {
        use tokio::io::AsyncWriteExt;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (greeted, ()) = tokio::join!(greets(address), async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"SSH-2.0-x\r\n").await.unwrap();
        });
        assert!(greeted);
        // A frozen droplet: the kernel accepts the connection, and no greeting follows.
        assert!(!greets(address).await);
        drop(listener);
        assert!(!greets(address).await);
    }

    #[test]
    fn a_droplet_is_suspect_after_four_requests_without_a_response() {
        let started = Instant::now();
        let samples = |results: &str| -> Vec<Sample> {
            let sample = |(n, result): (usize, char)| Sample {
                at: started + Duration::from_millis(50) * u32::try_from(n).unwrap(),
                path: "/latest",
                result: match result {
                    'y' => Ok(Duration::from_millis(2)),
                    'e' => Err(Failure::Status(503)),
                    _ => Err(Failure::Timeout),
                },
                version: String::new(),
            };
            results.chars().enumerate().map(sample).collect()
        };
        assert!(unanswered(&samples("----")));
        assert!(unanswered(&samples("yyy----")));
        assert!(!unanswered(&samples("---")));
        assert!(!unanswered(&samples("----y")));
        assert!(!unanswered(&samples("--e--")), "an error is a response");
        // Requests end in another order than they were sent.
        let mut mixed = samples("yy----");
        mixed.rotate_left(2);
        assert!(unanswered(&mixed));
    }
}
