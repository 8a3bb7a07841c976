//! One listener: the frames of its answer, until it leaves, falls behind or the process does.

use std::collections::HashSet;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time::{Instant, sleep_until};

use super::{Batch, Event};
use crate::lifecycle::Phase;

/// Silence after which a comment is sent, so that a client that is gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A stream ends after so long and the client comes again: whom a user follows, and whether the
/// session still holds, is looked up anew.
const LONGEST: Duration = Duration::from_mins(10);

/// Of messages that come faster than anyone reads, only so many are told.
const AT_ONCE: usize = 100;

/// The first frame: how many milliseconds a client waits before it connects again.
const GREETING: &[u8] = b"retry: 1000\n\n";

/// Whose messages a listener wants.
#[derive(Debug)]
pub enum Audience {
    /// Everybody's.
    Everyone,
    /// Those of the users of these names.
    Of(HashSet<String>),
}

impl Audience {
    fn wants(&self, event: &Event) -> bool {
        match self {
            Self::Everyone => true,
            Self::Of(names) => names.contains(&event.author),
        }
    }
}

/// One of the bounded places for listeners.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    listeners: Gauge,
}

impl Place {
    pub(super) fn new(permit: OwnedSemaphorePermit, listeners: Gauge) -> Self {
        listeners.inc();
        Self {
            _permit: permit,
            listeners,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.listeners.dec();
    }
}

/// A listener's answer.
pub struct Stream {
    /// `None` after the end.
    next: Option<Next>,
}

type Next = Pin<Box<dyn Future<Output = Option<(Bytes, Listener)>> + Send>>;

/// One who listens; what was missed is told first, with [`Listener::stream`].
pub struct Listener {
    batches: broadcast::Receiver<Batch>,
    audience: Audience,
    phase: watch::Receiver<Phase>,
    end: Instant,
    _place: Place,
}

impl Listener {
    pub(super) fn new(
        batches: broadcast::Receiver<Batch>,
        audience: Audience,
        phase: watch::Receiver<Phase>,
        place: Place,
    ) -> Self {
        Self {
            batches,
            audience,
            phase,
            end: Instant::now() + LONGEST,
            _place: place,
        }
    }

    /// The answer's body: these of the missed that are wanted, then all that comes.
    pub fn stream(self, missed: &[Arc<Event>]) -> Stream {
        let mut first = BytesMut::from(GREETING);
        if let Some(frames) = self.frames(missed) {
            first.extend_from_slice(&frames);
        }
        let next = async { Some((first.freeze(), self)) };
        Stream {
            next: Some(Box::pin(next)),
        }
    }

    /// The frames of what is wanted of a batch.
    fn frames(&self, batch: &[Arc<Event>]) -> Option<Bytes> {
        let wanted = || batch.iter().filter(|event| self.audience.wants(event));
        let surplus = wanted().count().saturating_sub(AT_ONCE);
        let mut frames = BytesMut::new();
        for event in wanted().skip(surplus) {
            frames.extend_from_slice(&event.frame);
        }
        (!frames.is_empty()).then(|| frames.freeze())
    }

    /// The next bytes to send; `None` ends the stream.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        let beat = (Instant::now() + HEARTBEAT).min(self.end);
        loop {
            match self.step(beat).await {
                Step::News(batch) => {
                    if let Some(frames) = self.frames(&batch) {
                        return Some((frames, self));
                    }
                }
                Step::Beat => return Some((Bytes::from_static(b":\n\n"), self)),
                Step::End => return None,
            }
        }
    }

    async fn step(&mut self, beat: Instant) -> Step {
        tokio::select! {
            biased;
            _ = self.phase.wait_for(|phase| phase.closes_connections()) => Step::End,
            // Behind, or the feed is gone: the client comes again and says where it was.
            batch = self.batches.recv() => batch.map_or(Step::End, Step::News),
            () = sleep_until(beat) => if beat < self.end { Step::Beat } else { Step::End },
        }
    }
}

enum Step {
    News(Batch),
    Beat,
    End,
}

impl Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(next) = self.next.as_mut() else {
            return Poll::Ready(None);
        };
        let step = ready!(next.as_mut().poll(context));
        self.next = None;
        Poll::Ready(step.map(|(bytes, listener)| {
            self.next = Some(Box::pin(listener.next()));
            Ok(Frame::data(bytes))
        }))
    }
}
