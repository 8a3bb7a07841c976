//! Calls that arrive together share one statement.
//!
//! While a statement runs, new calls gather, and the next statement serves all of them: the busier
//! the process, the fewer statements per call, and a commit is paid once for many writers. A call
//! is only ever served by a statement that was sent after the call was made. So a read sees
//! whatever was acknowledged before it by any process, and a write is acknowledged when it is
//! committed, as if each call had a statement of its own.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::{Error, Result};

/// Calls that one statement serves at most.
const MOST: usize = 256;

/// Calls that may gather; more are refused at once.
const QUEUE: usize = 16 * 1024;

/// Serves calls in batches.
pub struct Batcher<I, O>(Arc<Shared<I, O>>);

type Work<I, O> =
    Box<dyn Fn(Vec<I>) -> Pin<Box<dyn Future<Output = Result<Vec<O>>> + Send>> + Send + Sync>;

struct Shared<I, O> {
    work: Work<I, O>,
    flights: usize,
    wait_limit: Duration,
    state: Mutex<State<I, O>>,
}

struct State<I, O> {
    /// In the order in which they came.
    calls: VecDeque<Call<I, O>>,
    /// Batches that run.
    flights: usize,
}

struct Call<I, O> {
    input: I,
    since: Instant,
    answer: oneshot::Sender<Result<O>>,
}

impl<I, O> Batcher<I, O>
where
    I: Send + 'static,
    O: Send + 'static,
{
    /// `work` answers a batch, in its order. At most `flights` batches run at once. A call that no
    /// batch has taken within `wait_limit` is given up; what `work` may take is its own affair.
    pub fn new<W, F>(flights: usize, wait_limit: Duration, work: W) -> Self
    where
        W: Fn(Vec<I>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Vec<O>>> + Send + 'static,
    {
        Self(Arc::new(Shared {
            work: Box::new(move |inputs| Box::pin(work(inputs))),
            flights,
            wait_limit,
            state: Mutex::new(State {
                calls: VecDeque::new(),
                flights: 0,
            }),
        }))
    }

    /// Has `input` served. A call whose caller leaves before a batch takes it is not served.
    ///
    /// # Errors
    /// When the batch fails, or none takes the call in time; then nothing was done.
    pub async fn ask(&self, input: I) -> Result<O> {
        let (answer, answered) = oneshot::channel();
        let call = Call {
            input,
            since: Instant::now(),
            answer,
        };
        let starts = {
            let mut state = self.0.lock();
            if state.calls.len() >= QUEUE {
                return Err(Error::NoTurn);
            }
            state.calls.push_back(call);
            let starts = state.flights < self.0.flights;
            state.flights += usize::from(starts);
            starts
        };
        if starts {
            let shared = self.0.clone();
            tokio::spawn(fly(Flight {
                shared,
                landed: false,
            }));
        }
        answered.await.unwrap_or(Err(Error::NoTurn))
    }
}

/// The right to run one batch after the other.
struct Flight<I, O> {
    shared: Arc<Shared<I, O>>,
    landed: bool,
}

impl<I, O> Drop for Flight<I, O> {
    /// When the work panicked: who waits for it must not wait for ever.
    fn drop(&mut self) {
        if !self.landed {
            let mut state = self.shared.lock();
            state.flights -= 1;
            state.calls.clear();
        }
    }
}

/// Runs batches for as long as calls wait.
async fn fly<I, O>(mut flight: Flight<I, O>) {
    loop {
        // Whoever can ask now does so first.
        yield_now().await;
        let Some((inputs, answers)) = flight.next() else {
            return;
        };
        let shared = &flight.shared;
        if inputs.is_empty() {
            continue;
        }
        let mut work = pin!((shared.work)(inputs));
        let outcome = loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                () = sleep(shared.wait_limit / 4) => shared.give_up(),
            }
        };
        hand_out(outcome, answers);
    }
}

type Answers<O> = Vec<oneshot::Sender<Result<O>>>;

impl<I, O> Flight<I, O> {
    /// The next batch; lands when no call waits.
    fn next(&mut self) -> Option<(Vec<I>, Answers<O>)> {
        let mut state = self.shared.lock();
        if state.calls.is_empty() {
            state.flights -= 1;
            self.landed = true;
            return None;
        }
        let count = state.calls.len().min(MOST);
        let calls = state.calls.drain(..count);
        let waited_for = calls.filter(|call| !call.answer.is_closed());
        Some(waited_for.map(|call| (call.input, call.answer)).unzip())
    }
}

impl<I, O> Shared<I, O> {
    /// Nothing panics while it holds this lock.
    fn lock(&self) -> MutexGuard<'_, State<I, O>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the wait of calls that have waited too long.
    fn give_up(&self) {
        let mut state = self.lock();
        while let Some(call) = state.calls.front()
            && call.since.elapsed() >= self.wait_limit
        {
            state.calls.pop_front();
        }
    }
}

/// A caller that has left is nobody's concern.
fn hand_out<O>(outcome: Result<Vec<O>>, answers: Vec<oneshot::Sender<Result<O>>>) {
    match outcome {
        Ok(outputs) => {
            for (output, answer) in outputs.into_iter().zip(answers) {
                let _ = answer.send(Ok(output));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for answer in answers {
                let _ = answer.send(Err(Error::Shared(error.clone())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    /// Answers each call with the number of its batch; a batch waits to be let go.
    fn counting(wait_limit: Duration) -> (Arc<Batcher<(), usize>>, Arc<Notify>) {
        let (go, batches) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let gate = go.clone();
        let work = move |inputs: Vec<()>| {
            let number = batches.fetch_add(1, Ordering::Relaxed);
            let gate = gate.clone();
            async move {
                gate.notified().await;
                Ok(vec![number; inputs.len()])
            }
        };
        (Arc::new(Batcher::new(1, wait_limit, work)), go)
    }

    fn ask(batcher: &Arc<Batcher<(), usize>>) -> tokio::task::JoinHandle<Result<usize>> {
        let batcher = batcher.clone();
        tokio::spawn(async move { batcher.ask(()).await })
    }

    #[tokio::test]
    async fn a_call_is_served_by_a_batch_that_began_after_it() {
        let (batcher, go) = counting(Duration::from_secs(10));
        let first = ask(&batcher);
        // On this one thread, by now the first batch runs and waits.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let (second, third) = (ask(&batcher), ask(&batcher));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        go.notify_one();
        assert_eq!(first.await.expect("no panic").expect("served"), 0);
        go.notify_one();
        assert_eq!(second.await.expect("no panic").expect("served"), 1);
        assert_eq!(third.await.expect("no panic").expect("served"), 1);
    }

    #[tokio::test]
    async fn a_call_that_no_batch_takes_in_time_is_given_up() {
        let (batcher, go) = counting(Duration::from_millis(50));
        let first = ask(&batcher);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let second = ask(&batcher).await.expect("no panic");
        assert!(matches!(second, Err(Error::NoTurn)));
        go.notify_one();
        // Taken in time, though answered late.
        assert_eq!(first.await.expect("no panic").expect("served"), 0);
    }
}
