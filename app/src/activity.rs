//! The activity on one connection, with times: the basis for closing it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::lifecycle::Phase;

/// A drained connection is closed after it was idle for this time: a request that is on its way must not find a closed
/// connection.
const LINGER: Duration = Duration::from_secs(1);

/// The time that clients may take.
#[derive(Clone, Copy, Debug)]
pub struct ClientLimits {
    /// For the head of a request, from its first byte or from the start of the connection, and for
    /// reading any part of a reply.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
}

/// No such time.
const NEVER: u64 = u64::MAX;

/// Times are in milliseconds after the connection was opened.
pub struct Activity {
    opened: Instant,
    /// Since when no request is being answered.
    idle_since: AtomicU64,
    /// When the first byte of an incomplete head arrived.
    head_since: AtomicU64,
    /// Since when the client reads nothing.
    stalled_since: AtomicU64,
}

impl Activity {
    /// A connection that was just opened and waits for its first request.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            idle_since: AtomicU64::new(0),
            head_since: AtomicU64::new(0),
            stalled_since: AtomicU64::new(NEVER),
        })
    }

    /// A request's head is complete; the request is being answered until the guard is dropped.
    pub fn busy(self: &Arc<Self>) -> Busy {
        self.idle_since.store(NEVER, Ordering::Relaxed);
        self.head_since.store(NEVER, Ordering::Relaxed);
        Busy(self.clone())
    }

    /// Bytes arrived.
    pub fn received(&self) {
        if self.idle_since.load(Ordering::Relaxed) != NEVER {
            self.begin(&self.head_since);
        }
    }

    /// Whether the client accepted bytes.
    pub fn sent(&self, accepted: bool) {
        if accepted {
            self.stalled_since.store(NEVER, Ordering::Relaxed);
        } else {
            self.begin(&self.stalled_since);
        }
    }

    /// Returns when the phase closes connections and this one has been idle long enough.
    pub async fn drained(&self, mut phase: watch::Receiver<Phase>) {
        loop {
            if phase
                .wait_for(|phase| phase.closes_connections())
                .await
                .is_err()
            {
                return;
            }
            let idle = match self.idle_since.load(Ordering::Relaxed) {
                NEVER => Duration::ZERO,
                since => Duration::from_millis(self.now().saturating_sub(since)),
            };
            if idle >= LINGER {
                return;
            }
            sleep(LINGER.saturating_sub(idle)).await;
        }
    }

    /// Returns when the client has been slower than the limits allow.
    pub async fn timed_out(&self, limits: ClientLimits) {
        // A wait that starts during a sleep ends after the shorter limit at the earliest.
        let shorter = limits.head.min(limits.idle);
        loop {
            let now = self.now();
            match self.deadline(limits).map(|end| end.saturating_sub(now)) {
                Some(0) => return,
                Some(left) => sleep(shorter.min(Duration::from_millis(left))).await,
                None => sleep(shorter).await,
            }
        }
    }

    fn deadline(&self, limits: ClientLimits) -> Option<u64> {
        let head = self.head_since.load(Ordering::Relaxed);
        let (head, idle) = if head == NEVER {
            (NEVER, self.idle_since.load(Ordering::Relaxed))
        } else {
            (head, NEVER)
        };
        let stalled = self.stalled_since.load(Ordering::Relaxed);
        let end = |since: u64, limit| since.saturating_add(milliseconds(limit));
        let ends = [
            end(head, limits.head),
            end(stalled, limits.head),
            end(idle, limits.idle),
        ];
        ends.into_iter().min().filter(|end| *end != NEVER)
    }

    fn begin(&self, since: &AtomicU64) {
        if since.load(Ordering::Relaxed) == NEVER {
            since.store(self.now(), Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        milliseconds(self.opened.elapsed())
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(NEVER - 1)
}

/// A request is being answered.
pub struct Busy(Arc<Activity>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.idle_since.store(self.0.now(), Ordering::Relaxed);
    }
}

/// The body of a reply; the connection is busy until it is sent.
pub struct BusyBody<B> {
    body: B,
    _busy: Busy,
}

impl<B> BusyBody<B> {
    pub fn new(body: B, busy: Busy) -> Self {
        Self { body, _busy: busy }
    }
}

impl<B: Body + Unpin> Body for BusyBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
