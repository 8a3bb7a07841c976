//! The signals that end a drill early.

use crate::error::Error;
use std::future::Future;
use tokio::signal::unix::{SignalKind, signal};

/// The result of `work`, or [`Error::Interrupted`] when the user or the system asks this process to end before.
pub(super) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::select! {
        result = work => result,
        () = interrupted() => Err(Error::Interrupted),
    }
}

async fn interrupted() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}
