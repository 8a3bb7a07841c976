//! One listener: accepts connections, and stops without resetting an open one.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use prometheus::IntGauge;
use slog::{Logger, info, warn};
use socket2::{SockFilter, SockRef};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::activity::ClientLimits;
use crate::connection;
use crate::lifecycle::Phase;
use crate::reply::Reply;

/// The queue of connections that wait to be accepted.
const BACKLOG: u32 = 4096;

/// The pause of the accept loop when the process is out of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(100);

/// A client that reads nothing of its reply for this time is disconnected.
const STALLED: Duration = Duration::from_secs(30);

/// When stopping, the queue is accepted until no connection has arrived for the first time, but no longer than the second.
const QUEUE_EMPTY_AFTER: Duration = Duration::from_millis(250);
const QUEUE_LIMIT: Duration = Duration::from_secs(1);

/// A packet filter that drops TCP segments which open a connection (SYN without ACK) and passes all
/// others. The flags are byte 13 of the TCP header (RFC 9293).
const REFUSE_OPENING: [SockFilter; 5] = [
    SockFilter::new(0x30, 0, 0, 13),       // load byte 13
    SockFilter::new(0x54, 0, 0, 0x12),     // keep SYN and ACK
    SockFilter::new(0x15, 0, 1, 0x02),     // only SYN: next, else skip one
    SockFilter::new(0x06, 0, 0, 0),        // drop
    SockFilter::new(0x06, 0, 0, u32::MAX), // pass
];

/// Binds an address, also one that an earlier process has just released.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    // Connections inherit these. Replies are written whole; waiting to fill a packet delays them.
    socket.set_nodelay(true)?;
    SockRef::from(&socket).set_tcp_user_timeout(Some(STALLED))?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

pub struct Listener {
    pub socket: TcpListener,
    /// Whether the next process inherits the listener with the connections in its queue.
    pub outlives_process: bool,
}

/// Accepts a listener's connections and serves them.
#[derive(Clone)]
pub struct Acceptor<S> {
    pub service: S,
    pub limits: ClientLimits,
    /// When to close connections, and when to stop accepting.
    pub phase: watch::Receiver<Phase>,
    /// Counts open connections.
    pub open: IntGauge,
    pub logger: Logger,
}

impl<S, F> Acceptor<S>
where
    S: Fn(Request<Incoming>, IpAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Reply> + Send,
{
    /// Accepts until the phase is stopping, then returns when the last connection has ended.
    pub async fn serve(
        self,
        Listener {
            socket,
            outlives_process,
        }: Listener,
    ) {
        // Each connection has a sender; the receiver ends with the last of them.
        let (alive, mut all_closed) = mpsc::channel::<()>(1);
        let mut phase = self.phase.clone();
        loop {
            tokio::select! {
                client = self.accept(&socket) => self.serve_client(client, alive.clone()),
                _ = phase.wait_for(|phase| phase.stopping) => break,
            }
        }
        if !outlives_process {
            self.accept_queue(&socket, &alive).await;
        }
        drop(socket);
        drop(alive);
        all_closed.recv().await;
    }

    /// Closing a listener resets the connections in its queue, whose clients may have sent a request already. So the kernel
    /// first ignores new connections, as if the packets were lost (clients repeat them), and the queue is accepted.
    async fn accept_queue(&self, listener: &TcpListener, alive: &mpsc::Sender<()>) {
        if let Err(error) = SockRef::from(listener).attach_filter(&REFUSE_OPENING) {
            info!(self.logger, "a connection that opens as the listener closes may be reset: \
                this machine refuses the socket filter that would have its client try again";
                "error.message" => %error);
        }
        let end = Instant::now() + QUEUE_LIMIT;
        while Instant::now() < end {
            match timeout(QUEUE_EMPTY_AFTER, self.accept(listener)).await {
                Ok(client) => self.serve_client(client, alive.clone()),
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

    fn serve_client(&self, client: (TcpStream, SocketAddr), alive: mpsc::Sender<()>) {
        let (service, phase) = (self.service.clone(), self.phase.clone());
        let (limits, open) = (self.limits, Open::new(self.open.clone()));
        tokio::spawn(async move {
            connection::serve(client, service, limits, phase).await;
            drop((open, alive));
        });
    }
}

struct Open(IntGauge);

impl Open {
    fn new(gauge: IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
