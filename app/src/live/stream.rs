//! One listener: the frames of its answer, until it leaves, falls behind or the process does.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time::{Instant, sleep_until};

use super::following::Changes;
use super::{Batch, Event};
use crate::lifecycle::Phase;

/// Silence after which a beat is sent: a client that is gone is noticed, and a page whose stream died
/// without a word, as when a droplet loses power, notices that it hears nothing.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A stream ends after so long and the client comes again: whom a user follows, and whether the
/// session still holds, is looked up anew.
const LONGEST: Duration = Duration::from_mins(10);

/// Of messages that come faster than anyone reads, only so many are told.
const AT_ONCE: usize = 100;

/// The first frame: how many milliseconds a client waits before it connects again.
const GREETING: &[u8] = b"retry: 1000\n\n";

/// Says that there are messages which are not told: only a reload shows them.
const GAP: &[u8] = b"event: gap\ndata:\n\n";

/// Says that the stream lives; an event and no comment, since a page's script is not told of comments.
const BEAT: &[u8] = b"event: beat\ndata:\n\n";

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

/// The timeline of a signed-in user, who can follow others while it is open.
pub struct Mine {
    /// Looks up whom the user follows; `None` when that fails.
    pub look: Look,
    /// The user's changes in this process; those elsewhere are seen at the next heartbeat.
    pub changes: Changes,
}

/// See [`Mine`].
pub type Look =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = Option<HashSet<String>>> + Send>> + Send + Sync>;

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
    mine: Option<Mine>,
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
            mine: None,
            phase,
            end: Instant::now() + LONGEST,
            _place: place,
        }
    }

    /// Has the audience follow its user's changes.
    #[must_use]
    pub fn of(mut self, mine: Option<Mine>) -> Self {
        self.mine = mine;
        self
    }

    /// The answer's body: these of the missed that are wanted, then all that comes. With a `gap`
    /// there was more than these.
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

    /// The frames of what is wanted of a batch.
    fn frames(&self, batch: &[Arc<Event>], gap: bool) -> Option<Bytes> {
        let wanted = || batch.iter().filter(|event| self.audience.wants(event));
        let surplus = wanted().count().saturating_sub(AT_ONCE);
        let mut frames = BytesMut::new();
        if gap || surplus > 0 {
            frames.extend_from_slice(GAP);
        }
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
                    if let Some(frames) = self.frames(&batch.events, batch.gap) {
                        return Some((frames, self));
                    }
                }
                Step::Changed => self.look().await,
                Step::Beat => {
                    self.look().await;
                    return Some((Bytes::from_static(BEAT), self));
                }
                Step::End => return None,
            }
        }
    }

    /// Looks up anew whom the user follows.
    async fn look(&mut self) {
        if let Some(mine) = &self.mine
            && let Some(names) = (mine.look)().await
        {
            self.audience = Audience::Of(names);
        }
    }

    async fn step(&mut self, beat: Instant) -> Step {
        tokio::select! {
            biased;
            _ = self.phase.wait_for(|phase| phase.closes_connections()) => Step::End,
            // Before messages: what was posted after the change is sent to the new audience.
            () = changed(&mut self.mine) => Step::Changed,
            // Behind, or the feed is gone: the client comes again and says where it was.
            batch = self.batches.recv() => batch.map_or(Step::End, Step::News),
            () = sleep_until(beat) => if beat < self.end { Step::Beat } else { Step::End },
        }
    }
}

/// Returns when the user of a timeline follows one more or one less.
async fn changed(mine: &mut Option<Mine>) {
    match mine {
        Some(mine) => mine.changes.next().await,
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
