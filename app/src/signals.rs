//! SIGTERM and SIGINT, which stop the process.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Both signals, from the moment of [`StopSignals::listen`].
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Replaces the signals' default action for the rest of the process.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one and returns its name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
