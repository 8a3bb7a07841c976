//! Calls that arrive together share one statement.
//!
//! While a statement runs, new calls wait, and the next statement serves all of them: the busier the process, the fewer
//! statements per call, and many writers share one commit. A call is only served by a statement that was sent after the
//! call was made. So a read sees every write that any process acknowledged before, and a write is acknowledged when it is
//! committed, as if each call had a statement of its own.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::{Error, Result};

/// One statement serves at most this number of calls.
const MOST: usize = 256;

/// Calls that may wait; more are refused at once.
const QUEUE: usize = 16 * 1024;

/// Executes calls in batches.
pub struct Batcher<I, O>(Arc<Shared<I, O>>);

type Work<I, O> =
    Box<dyn Fn(Vec<I>) -> Pin<Box<dyn Future<Output = Result<Vec<O>>> + Send>> + Send + Sync>;

struct Shared<I, O> {
    work: Work<I, O>,
    concurrent: usize,
    wait_limit: Duration,
    state: Mutex<State<I, O>>,
}

struct State<I, O> {
    /// In the order of their arrival.
    calls: VecDeque<Call<I, O>>,
    /// Batches that run now.
    running: usize,
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
    /// `work` returns a result for each call of a batch, in the same order, and limits its own time. At most `concurrent`
    /// batches run at once. A call that is in no batch after `wait_limit` fails.
    pub fn new<W, F>(concurrent: usize, wait_limit: Duration, work: W) -> Self
    where
        W: Fn(Vec<I>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Vec<O>>> + Send + 'static,
    {
        Self(Arc::new(Shared {
            work: Box::new(move |inputs| Box::pin(work(inputs))),
            concurrent,
            wait_limit,
            state: Mutex::new(State {
                calls: VecDeque::new(),
                running: 0,
            }),
        }))
    }

    /// Executes a call in the next batch. A call whose caller leaves before that is not executed; the same holds for one that is
    /// in no batch in time.
    pub async fn call(&self, input: I) -> Result<O> {
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
            let starts = state.running < self.0.concurrent;
            state.running += usize::from(starts);
            starts
        };
        if starts {
            let shared = self.0.clone();
            tokio::spawn(run(Runner {
                shared,
                finished: false,
            }));
        }
        answered.await.unwrap_or(Err(Error::NoTurn))
    }
}

/// One of the concurrent tasks that run batches.
struct Runner<I, O> {
    shared: Arc<Shared<I, O>>,
    finished: bool,
}

impl<I, O> Drop for Runner<I, O> {
    /// If the work panicked, its callers must not wait for ever.
    fn drop(&mut self) {
        if !self.finished {
            let mut state = self.shared.lock();
            state.running -= 1;
            state.calls.clear();
        }
    }
}

/// Runs batches as long as calls wait.
async fn run<I, O>(mut runner: Runner<I, O>) {
    loop {
        // Tasks that are ready to make a call do so first.
        yield_now().await;
        let Some((inputs, answers)) = runner.next() else {
            return;
        };
        let shared = &runner.shared;
        if inputs.is_empty() {
            continue;
        }
        let mut work = pin!((shared.work)(inputs));
        let outcome = loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                () = sleep(shared.wait_limit / 4) => shared.expire(),
            }
        };
        send_results(outcome, answers);
    }
}

type Answers<O> = Vec<oneshot::Sender<Result<O>>>;

impl<I, O> Runner<I, O> {
    /// The next batch; `None` if no call waits.
    fn next(&mut self) -> Option<(Vec<I>, Answers<O>)> {
        let mut state = self.shared.lock();
        if state.calls.is_empty() {
            state.running -= 1;
            self.finished = true;
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

    /// Fails calls that have waited too long.
    fn expire(&self) {
        let mut state = self.lock();
        while let Some(call) = state.calls.front()
            && call.since.elapsed() >= self.wait_limit
        {
            state.calls.pop_front();
        }
    }
}

/// A caller that has left gets no result.
fn send_results<O>(outcome: Result<Vec<O>>, answers: Vec<oneshot::Sender<Result<O>>>) {
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

    /// The result of each call is the number of its batch; a batch waits for a permission.
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

    fn call(batcher: &Arc<Batcher<(), usize>>) -> tokio::task::JoinHandle<Result<usize>> {
        let batcher = batcher.clone();
        tokio::spawn(async move { batcher.call(()).await })
    }

    #[tokio::test]
    async fn a_call_is_served_by_a_batch_that_began_after_it() {
        let (batcher, go) = counting(Duration::from_secs(10));
        let first = call(&batcher);
        // There is one thread: now the first batch runs and waits.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let (second, third) = (call(&batcher), call(&batcher));
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
    async fn a_call_that_is_in_no_batch_in_time_fails() {
        let (batcher, go) = counting(Duration::from_millis(50));
        let first = call(&batcher);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let second = call(&batcher).await.expect("no panic");
        assert!(matches!(second, Err(Error::NoTurn)));
        go.notify_one();
        // In a batch in time, though its result is late.
        assert_eq!(first.await.expect("no panic").expect("served"), 0);
    }
}
