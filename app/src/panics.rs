//! Turns a panic inside a future into an error.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// A panic was caught; the panic hook has logged its text and place.
#[derive(Debug, thiserror::Error)]
#[error("the handler panicked")]
pub struct Panicked;

/// Runs `work` to its end or its panic.
///
/// The state that requests share is either atomic or behind locks that are not held across a panic, so it is safe to go on.
pub async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut work = pin!(work);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        match polled {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::caught;

    #[tokio::test]
    async fn a_panic_becomes_an_error_and_a_value_is_returned() {
        assert!(caught(async { panic!("on purpose") }).await.is_err());
        assert_eq!(caught(async { 7 }).await.ok(), Some(7));
    }
}
