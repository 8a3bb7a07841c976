//! One listener: accepts connections, and stops without turning away one that was made.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use prometheus_client::metrics::gauge::Gauge;
use slog::{Logger, info, warn};
use socket2::{SockFilter, SockRef};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::activity::ClientLimits;
use crate::connection::attend;
use crate::lifecycle::Phase;
use crate::reply::Reply;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4096;

/// How long accepting pauses when the process is out of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(100);

/// A client that takes none of its answer for so long is cut.
const STALLED: Duration = Duration::from_secs(30);

/// When stopping: connections that clients are making are taken until none came for so long, but no
/// longer than the second figure.
const LAST_CALL: Duration = Duration::from_millis(250);
const LAST_CALL_LIMIT: Duration = Duration::from_secs(1);

/// A packet filter that drops TCP segments which open a connection (SYN without ACK) and lets all
/// others pass. The flags are byte 13 of the TCP header (RFC 9293).
const REFUSE_OPENING: [SockFilter; 5] = [
    SockFilter::new(0x30, 0, 0, 13),       // load byte 13
    SockFilter::new(0x54, 0, 0, 0x12),     // keep SYN and ACK
    SockFilter::new(0x15, 0, 1, 0x02),     // only SYN: next, else skip one
    SockFilter::new(0x06, 0, 0, 0),        // drop
    SockFilter::new(0x06, 0, 0, u32::MAX), // pass
];

/// Binds an address, also one that a process before this one has just left.
///
/// # Errors
/// When the address is not this machine's or is in use.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    // Connections inherit these. Answers are written whole; waiting to fill a packet delays them.
    socket.set_nodelay(true)?;
    SockRef::from(&socket).set_tcp_user_timeout(Some(STALLED))?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// A listener, and whether it outlives this process.
pub struct Listener {
    /// Accepts connections.
    pub socket: TcpListener,
    /// Connections in its queue at the end are the next process's.
    pub kept: bool,
}

/// What a listener's connections get.
#[derive(Clone)]
pub struct Attendant<S> {
    /// Answers a request.
    pub service: S,
    /// How slow a client may be.
    pub limits: ClientLimits,
    /// When to close connections, and when to stop accepting.
    pub phase: watch::Receiver<Phase>,
    /// Counts open connections.
    pub open: Gauge,
    /// For trouble with accepting.
    pub logger: Logger,
}

impl<S, F> Attendant<S>
where
    S: Fn(Request<Incoming>, IpAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Reply> + Send,
{
    /// Accepts until the phase is stopping, then returns when the last connection has ended.
    pub async fn serve(self, Listener { socket, kept }: Listener) {
        // Each connection holds a sender; the receiver ends with the last of them.
        let (alive, mut all_gone) = mpsc::channel::<()>(1);
        let mut phase = self.phase.clone();
        loop {
            tokio::select! {
                client = self.accept(&socket) => self.attend(client, alive.clone()),
                _ = phase.wait_for(|phase| phase.stopping) => break,
            }
        }
        if !kept {
            self.last_call(&socket, &alive).await;
        }
        drop(socket);
        drop(alive);
        all_gone.recv().await;
    }

    /// Closing a listener resets the connections in its queue, whose clients may have sent a request
    /// already. So openings are ignored first, as if the packets were lost (clients repeat them), and the
    /// queue runs empty.
    async fn last_call(&self, listener: &TcpListener, alive: &mpsc::Sender<()>) {
        if let Err(error) = SockRef::from(listener).attach_filter(&REFUSE_OPENING) {
            info!(self.logger, "a connection that opens as the listener closes may be reset: \
                this machine refuses the socket filter that would have its client try again";
                "error.message" => %error);
        }
        let end = Instant::now() + LAST_CALL_LIMIT;
        while Instant::now() < end {
            match timeout(LAST_CALL, self.accept(listener)).await {
                Ok(client) => self.attend(client, alive.clone()),
                Err(_) => break,
            }
        }
    }

    async fn accept(&self, listener: &TcpListener) -> (TcpStream, SocketAddr) {
        loop {
            match listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    warn!(self.logger, "can't accept connections, trying again";
                        "error.message" => %error);
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn attend(&self, client: (TcpStream, SocketAddr), alive: mpsc::Sender<()>) {
        let (service, phase) = (self.service.clone(), self.phase.clone());
        let (limits, open) = (self.limits, Open::new(self.open.clone()));
        tokio::spawn(async move {
            attend(client, service, limits, phase).await;
            drop((open, alive));
        });
    }
}

struct Open(Gauge);

impl Open {
    fn new(gauge: Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
