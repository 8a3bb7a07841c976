//! One listener: the frames of its stream, until it leaves, falls behind or the process stops.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};
use prometheus::IntGauge;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time::{Instant, sleep_until};

use super::follow_changes::Changes;
use super::{Batch, Event};
use crate::lifecycle::Phase;

/// A stream without events sends a beat after this time. So the server detects a client that has left, and a page detects a
/// stream that has ended without a notice, as when a droplet loses power.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A stream ends after this time and the client reconnects: followed users and the session are checked again.
const LONGEST: Duration = Duration::from_mins(10);

/// The most messages of a batch; nobody can read more at once.
const AT_ONCE: usize = 100;

/// The first frame: how many milliseconds a client waits before it reconnects.
const GREETING: &[u8] = b"retry: 1000\n\n";

/// There are messages that the stream leaves out: only a reload shows them.
const GAP: &[u8] = b"event: gap\ndata:\n\n";

/// The stream is alive. It is an event, as a page's script does not receive comments.
const BEAT: &[u8] = b"event: beat\ndata:\n\n";

/// The authors whose messages a listener receives.
#[derive(Debug)]
pub enum Audience {
    Everyone,
    /// The users of these names.
    Of(HashSet<String>),
}

impl Audience {
    fn contains(&self, event: &Event) -> bool {
        match self {
            Self::Everyone => true,
            Self::Of(names) => names.contains(&event.author),
        }
    }
}

/// The timeline of a signed-in user, who can follow others while it is open.
pub struct OwnTimeline {
    /// Reads the authors on the timeline; `None` if that fails.
    pub lookup: Lookup,
    /// The user's changes in this process; the next heartbeat detects those of other processes.
    pub changes: Changes,
}

/// See [`OwnTimeline`].
pub type Lookup =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = Option<HashSet<String>>> + Send>> + Send + Sync>;

/// A permit for one listener; their number is limited.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    listeners: IntGauge,
}

impl Place {
    pub(super) fn new(permit: OwnedSemaphorePermit, listeners: IntGauge) -> Self {
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

/// The body of a listener's reply.
pub struct Stream {
    /// `None` after the end.
    next: Option<Next>,
}

type Next = Pin<Box<dyn Future<Output = Option<(Bytes, Listener)>> + Send>>;

/// One subscriber; [`Listener::stream`] begins with the missed messages.
pub struct Listener {
    batches: broadcast::Receiver<Batch>,
    audience: Audience,
    own: Option<OwnTimeline>,
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
            own: None,
            phase,
            end: Instant::now() + LONGEST,
            _place: place,
        }
    }

    /// The audience is updated with its user's changes.
    pub fn with_own_timeline(mut self, own: Option<OwnTimeline>) -> Self {
        self.own = own;
        self
    }

    /// The reply's body: the missed messages of the audience, then all later ones. With a `gap` there were more than the
    /// missed ones.
    pub fn stream(self, missed: &[Arc<Event>], gap: bool) -> Stream {
        let mut first = BytesMut::from(GREETING);
        if let Some(frames) = self.frames(missed, gap) {
            first.extend_from_slice(&frames);
        }
        let next = async { Some((first.freeze(), self)) };
        Stream {
            next: Some(Box::pin(next)),
        }
    }

    /// The frames of a batch's messages of the audience.
    fn frames(&self, batch: &[Arc<Event>], gap: bool) -> Option<Bytes> {
        let selected = || batch.iter().filter(|event| self.audience.contains(event));
        let surplus = selected().count().saturating_sub(AT_ONCE);
        let mut frames = BytesMut::new();
        if gap || surplus > 0 {
            frames.extend_from_slice(GAP);
        }
        for event in selected().skip(surplus) {
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
                    if let Some(frames) = self.frames(&batch.events, batch.gap) {
                        return Some((frames, self));
                    }
                }
                Step::Changed => self.update_audience().await,
                Step::Beat => {
                    self.update_audience().await;
                    return Some((Bytes::from_static(BEAT), self));
                }
                Step::End => return None,
            }
        }
    }

    async fn update_audience(&mut self) {
        if let Some(own) = &self.own
            && let Some(names) = (own.lookup)().await
        {
            self.audience = Audience::Of(names);
        }
    }

    async fn step(&mut self, beat: Instant) -> Step {
        tokio::select! {
            biased;
            _ = self.phase.wait_for(|phase| phase.closes_connections()) => Step::End,
            // Before messages: a message that was posted after the change is sent to the new audience.
            () = changed(&mut self.own) => Step::Changed,
            // Too far behind, or the feed has ended: the client reconnects with its last event.
            batch = self.batches.recv() => batch.map_or(Step::End, Step::News),
            () = sleep_until(beat) => if beat < self.end { Step::Beat } else { Step::End },
        }
    }
}

/// Returns when the user of a timeline follows or unfollows someone.
async fn changed(own: &mut Option<OwnTimeline>) {
    match own {
        Some(own) => own.changes.next().await,
        None => pending().await,
    }
}

enum Step {
    News(Batch),
    Changed,
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
