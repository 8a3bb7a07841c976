//! A droplet that dies just after a release made it live.
//!
//! The other droplet's agent would take over, but gives traffic that was moved by somebody else a few seconds to arrive first. The
//! runner knows better: it moved the live IP, and can ask both droplets at their own addresses, where nothing has to arrive.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::environment::Droplet;
use crate::error::Error;
use crate::journal::release::Release;
use crate::load::Sample;
use crate::runner::Runner;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// Requests through the live IP in a row without any answer: 0.2 s of them, and 0.3 s until the last one is given up.
const SILENCE: usize = 4;
/// More than can be under way at once: among so many that have ended last are those that were sent last.
const RECENT: usize = 64;
/// Longest wait for a droplet's sshd to say its name.
const GREETING: Duration = Duration::from_millis(300);
const SSH_PORT: u16 = 22;

impl Runner {
    /// Watches for ever; returns when the droplet that the live IP was moved to answers nobody.
    pub async fn gone(&self, release: &Release) -> Error {
        let moved = Instant::now();
        loop {
            sleep(LOOK).await;
            if silent(&self.probes.last_since(moved, RECENT)) && self.is_gone(release).await {
                return Error::Gone(self.environment.other(release.live).name.clone());
            }
        }
    }

    /// Whether the droplet that was released to is silent at its own address too, while the other one is not: so it is not this
    /// machine's network, nor traffic that has yet to follow the live IP.
    pub async fn is_gone(&self, release: &Release) -> bool {
        let Ok(old) = self.environment.droplet(release.live) else {
            return false;
        };
        let new = self.environment.other(release.live);
        let ssh = |droplet: &Droplet| SocketAddr::from((droplet.public_ip, SSH_PORT));
        let (old, new) = tokio::join!(greets(ssh(old)), greets(ssh(new)));
        old && !new
    }
}

/// Whether somebody is at home there: sshd says so by itself as soon as it is connected to (RFC 4253, section 4.2). The service listens
/// on the anchor address only, so it can't be asked past the reserved IPs.
async fn greets(address: SocketAddr) -> bool {
    let greeting = async {
        let mut name = [0; 4];
        let mut stream = TcpStream::connect(address).await?;
        stream.read_exact(&mut name).await?;
        Ok::<_, io::Error>(&name == b"SSH-")
    };
    matches!(timeout(GREETING, greeting).await, Ok(Ok(true)))
}

/// Whether the latest requests had no answer at all, be it an error.
fn silent(samples: &[Sample]) -> bool {
    let mut latest: Vec<_> = samples.iter().collect();
    latest.sort_unstable_by_key(|sample| std::cmp::Reverse(sample.at));
    latest.len() >= SILENCE && latest[..SILENCE].iter().all(|sample| !sample.answered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_an_sshd_that_says_its_name_is_at_home() {
        use tokio::io::AsyncWriteExt;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, ()) = tokio::join!(greets(address), async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"SSH-2.0-x\r\n").await.unwrap();
        });
        assert!(asked);
        // A frozen droplet: the connection is made, and nothing comes.
        assert!(!greets(address).await);
        drop(listener);
        assert!(!greets(address).await);
    }

    #[test]
    fn silence_is_four_requests_in_a_row_without_any_answer() {
        let begun = Instant::now();
        let samples = |answers: &str| -> Vec<Sample> {
            let sample = |(n, answer): (usize, char)| Sample {
                at: begun + Duration::from_millis(50) * u32::try_from(n).unwrap(),
                path: "/latest",
                result: match answer {
                    'y' => Ok(Duration::from_millis(2)),
                    _ => Err("/latest answers 503".to_owned()),
                },
                answered: answer != '-',
                version: String::new(),
            };
            answers.chars().enumerate().map(sample).collect()
        };
        assert!(silent(&samples("----")));
        assert!(silent(&samples("yyy----")));
        assert!(!silent(&samples("---")));
        assert!(!silent(&samples("----y")));
        assert!(!silent(&samples("--e--")), "an error is an answer");
        // They end in another order than they began.
        let mut mixed = samples("yy----");
        mixed.rotate_left(2);
        assert!(silent(&mixed));
    }
}
