//! What happens on one connection, and since when: the basis for letting it go or cutting it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::lifecycle::Phase;

/// A connection is let go when nothing came over it for so long: a request that is on its way must
/// not meet a closed connection.
const LINGER: Duration = Duration::from_secs(1);

/// How patient a listener is with its clients.
#[derive(Clone, Copy, Debug)]
pub struct ClientLimits {
    /// For the head of a request, from its first byte or from the connection's begin, and for
    /// taking any of an answer.
    pub head: Duration,
    /// For the silence between two requests.
    pub idle: Duration,
}

/// No such time.
const NEVER: u64 = u64::MAX;

/// What a connection does; times are in milliseconds after it was opened.
pub struct Activity {
    opened: Instant,
    /// Since when no request is being answered.
    idle_since: AtomicU64,
    /// When the first byte of a head came that is not complete yet.
    head_since: AtomicU64,
    /// Since when the client takes nothing.
    stalled_since: AtomicU64,
}

impl Activity {
    /// A connection that was just opened: its first request is due.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            idle_since: AtomicU64::new(0),
            head_since: AtomicU64::new(0),
            stalled_since: AtomicU64::new(NEVER),
        })
    }

    /// A request's head is complete; until the guard is dropped it is being answered.
    pub fn busy(self: &Arc<Self>) -> Busy {
        self.idle_since.store(NEVER, Ordering::Relaxed);
        self.head_since.store(NEVER, Ordering::Relaxed);
        Busy(self.clone())
    }

    /// Bytes came.
    pub fn received(&self) {
        if self.idle_since.load(Ordering::Relaxed) != NEVER {
            self.begin(&self.head_since);
        }
    }

    /// Whether the client took what was there for it.
    pub fn sent(&self, took: bool) {
        if took {
            self.stalled_since.store(NEVER, Ordering::Relaxed);
        } else {
            self.begin(&self.stalled_since);
        }
    }

    /// Returns when the phase closes connections and this one has been idle long enough.
    pub async fn let_go(&self, mut phase: watch::Receiver<Phase>) {
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
    pub async fn overstayed(&self, limits: ClientLimits) {
        // What begins during a sleep is over no sooner than after the shorter limit.
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

/// The body of an answer; the connection is busy until it is sent.
pub struct Held<B> {
    body: B,
    _busy: Busy,
}

impl<B> Held<B> {
    /// Ends `busy` when the body ends.
    pub fn new(body: B, busy: Busy) -> Self {
        Self { body, _busy: busy }
    }
}

impl<B: Body + Unpin> Body for Held<B> {
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
