//! Calls that arrive together share one statement.
//!
//! While a statement runs, new calls gather, and the next statement serves all of them: the busier
//! the process, the fewer statements per call, and a commit is paid once for many writers. A call
//! is only ever served by a statement that was sent after the call was made. So a read sees
//! whatever was acknowledged before it by any process, and a write is acknowledged when it is
//! committed, as if each call had a statement of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::{Error, Result};

/// Calls that one statement serves at most.
const MOST: usize = 256;

/// Calls that may gather; more are refused at once.
const QUEUE: usize = 16 * 1024;

/// Serves calls in batches.
pub struct Batcher<I, O> {
    queue: mpsc::Sender<Call<I, O>>,
    wait_limit: Duration,
}

struct Call<I, O> {
    input: I,
    /// Set by whoever is first: the batch that serves the call, or the caller who gave up.
    taken: Arc<AtomicBool>,
    answer: oneshot::Sender<Result<O>>,
}

impl<I, O> Batcher<I, O>
where
    I: Send + 'static,
    O: Send + 'static,
{
    /// `work` answers a batch, in its order. At most `flights` batches run at once. A call that no batch has taken within
    /// `wait_limit` is given up; what `work` may take is its own affair.
    pub fn start<W, F>(flights: usize, wait_limit: Duration, work: W) -> Self
    where
        W: Fn(Vec<I>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Vec<O>>> + Send + 'static,
    {
        let (queue, calls) = mpsc::channel(QUEUE);
        tokio::spawn(drive(calls, flights, Arc::new(work)));
        Self { queue, wait_limit }
    }

    /// Has `input` served.
    ///
    /// # Errors
    /// When the batch fails, or none takes the call in time; then nothing was done.
    pub async fn ask(&self, input: I) -> Result<O> {
        let (answer, mut answered) = oneshot::channel();
        let taken = Arc::new(AtomicBool::new(false));
        let call = Call {
            input,
            taken: taken.clone(),
            answer,
        };
        self.queue.try_send(call).map_err(|_| Error::NoTurn)?;
        if let Ok(answer) = timeout(self.wait_limit, &mut answered).await {
            return answer.unwrap_or(Err(Error::NoTurn));
        }
        if !taken.swap(true, Ordering::Relaxed) {
            return Err(Error::NoTurn);
        }
        answered.await.unwrap_or(Err(Error::NoTurn))
    }
}

async fn drive<I, O, W, F>(mut calls: mpsc::Receiver<Call<I, O>>, flights: usize, work: Arc<W>)
where
    I: Send + 'static,
    O: Send + 'static,
    W: Fn(Vec<I>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Vec<O>>> + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(flights));
    // The permit comes first: calls gather until a flight is free.
    while let Ok(permit) = permits.clone().acquire_owned().await {
        let mut batch = Vec::new();
        if calls.recv_many(&mut batch, MOST).await == 0 {
            return;
        }
        let (inputs, answers): (Vec<I>, Vec<_>) = batch
            .into_iter()
            .filter(|call| !call.taken.swap(true, Ordering::Relaxed))
            .map(|call| (call.input, call.answer))
            .unzip();
        if inputs.is_empty() {
            continue;
        }
        let work = work.clone();
        tokio::spawn(async move {
            let outcome = work(inputs).await;
            drop(permit);
            hand_out(outcome, answers);
        });
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
    use std::sync::atomic::AtomicUsize;

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
        (Arc::new(Batcher::start(1, wait_limit, work)), go)
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
