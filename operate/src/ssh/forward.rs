//! A port on this machine that leads to an address as a droplet reaches it.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Cause, Error, Ssh};
use crate::environment::Droplet;

/// The open port. It closes, with all of its connections, when this is dropped.
#[derive(Debug)]
pub struct Forward {
    address: SocketAddr,
    _accepting: JoinSet<()>,
}

impl Ssh {
    /// Opens a port on loopback. Each connection to it gets an `ssh -W` of its own, so no port is chosen twice and one
    /// lost connection does not end the others.
    ///
    /// # Errors
    /// If no port can be opened.
    pub async fn forward(
        &self,
        droplet: &Droplet,
        host: &str,
        port: u16,
    ) -> Result<Forward, Error> {
        let failed = |error| Error {
            droplet: droplet.name.clone(),
            cause: Cause::NoPort(error),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (ssh, droplet, host) = (self.clone(), droplet.clone(), host.to_owned());
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                let (ssh, droplet, host) = (ssh.clone(), droplet.clone(), host.clone());
                connections
                    .spawn(async move { join(&ssh, &droplet, &host, port, connection).await });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Forward {
            address,
            _accepting: accepting,
        })
    }
}

impl Forward {
    /// Where the port is on this machine.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// The client sees a failure of ssh as a connection that closes.
async fn join(ssh: &Ssh, droplet: &Droplet, host: &str, port: u16, mut connection: TcpStream) {
    let Ok(mut child) = ssh.stream(droplet, host, port) else {
        return;
    };
    if let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) {
        let mut far = tokio::io::join(stdout, stdin);
        let _ = tokio::io::copy_bidirectional(&mut connection, &mut far).await;
    }
}
