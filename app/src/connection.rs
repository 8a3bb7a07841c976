//! One connection: its requests, one after the other, until it ends or is let go.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::lifecycle::Phase;
use crate::reply::Reply;

/// The address that a request came from; an extension of every request.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

/// Request line and headers may be this large, in bytes.
const HEAD_LIMIT: usize = 64 * 1024;

/// A connection is let go when nothing came over it for so long: a request that is on its way must
/// not meet a closed connection.
const LINGER: Duration = Duration::from_secs(1);

/// Serves one connection to its end.
///
/// `client_limit` bounds the time for a head and the silence between two requests. In a phase that
/// closes connections, the service has said so in its answers, and an idle connection is closed.
pub async fn attend<S, F>(
    stream: TcpStream,
    service: S,
    client_limit: Duration,
    phase: watch::Receiver<Phase>,
) where
    S: Fn(Request<Incoming>) -> F,
    F: Future<Output = Reply>,
{
    let activity = Activity::new();
    // Unknown when the client has left already, and then of no consequence.
    let address = stream.peer_addr().map(|address| address.ip());
    let address = ClientAddress(address.unwrap_or(Ipv4Addr::UNSPECIFIED.into()));
    let observed = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(address);
        let busy = activity.busy();
        let work = service(request);
        async {
            let reply = work.await;
            drop(busy);
            Ok::<_, Infallible>(reply)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(client_limit)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), observed);
    let mut connection = pin!(connection);
    // How it ended is the client's business: it left, was silent, or did not speak HTTP.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = activity.let_go(phase) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// When something last happened on a connection.
struct Activity {
    opened: Instant,
    /// Milliseconds after `opened`, or `BUSY`.
    idle_since: AtomicU64,
}

const BUSY: u64 = u64::MAX;

impl Activity {
    fn new() -> Self {
        Self {
            opened: Instant::now(),
            idle_since: AtomicU64::new(0),
        }
    }

    fn busy(&self) -> Busy<'_> {
        self.idle_since.store(BUSY, Ordering::Relaxed);
        Busy(self)
    }

    fn idle_for(&self) -> Duration {
        match self.idle_since.load(Ordering::Relaxed) {
            BUSY => Duration::ZERO,
            since => self
                .opened
                .elapsed()
                .saturating_sub(Duration::from_millis(since)),
        }
    }

    /// Returns when the phase closes connections and this one has been idle long enough.
    async fn let_go(&self, mut phase: watch::Receiver<Phase>) {
        loop {
            if phase
                .wait_for(|phase| phase.closes_connections())
                .await
                .is_err()
            {
                return;
            }
            let idle = self.idle_for();
            if idle >= LINGER {
                return;
            }
            sleep(LINGER.saturating_sub(idle)).await;
        }
    }
}

struct Busy<'a>(&'a Activity);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let now = self.0.opened.elapsed().as_millis();
        let now = u64::try_from(now).unwrap_or(BUSY - 1);
        self.0.idle_since.store(now, Ordering::Relaxed);
    }
}
