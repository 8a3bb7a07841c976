//! Hands the public listener over to the next process when this one crashes or restarts. systemd stores it meanwhile
//! (`FileDescriptorStoreMax=`, `sd_notify(3)`), so clients wait for the next process and are not refused. systemd closes the
//! listener of a service that was stopped, or whose process ended before it served.

use std::env;
use std::io;
use std::net::{self, SocketAddr};
use std::os::fd::AsFd;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::net::TcpListener;

use crate::listener::bind;

/// The listener's name in systemd's store.
const NAME: NotifyState = NotifyState::FdName("public");

/// The listener of an earlier process, if there is one.
#[derive(Debug, Default)]
pub struct Inherited(Option<net::TcpListener>);

/// Takes the earlier process's listener out of systemd's store. This is the first thing that a process does: if it ends before
/// it serves, clients are refused at once, and monitoring sees that no process is about to answer.
///
/// # Errors
/// If systemd's descriptor is not a listener, or systemd can't be notified.
pub fn take() -> io::Result<Inherited> {
    let inherited = ListenFd::from_env().take_tcp_listener(0)?;
    if inherited.is_some() {
        sd_notify::notify(&[NotifyState::FdStoreRemove, NAME])?;
    }
    Ok(Inherited(inherited))
}

impl Inherited {
    /// A listener on `address`: the inherited one, or a new one if that has another address.
    ///
    /// # Errors
    /// If the address can't be bound.
    pub fn listen(self, address: SocketAddr) -> io::Result<TcpListener> {
        match self.0 {
            Some(listener) if listener.local_addr()? == address => {
                listener.set_nonblocking(true)?;
                TcpListener::from_std(listener)
            }
            _ => bind(address),
        }
    }
}

/// Stores the listener with systemd, if systemd is to be notified. Returns whether it is stored: then the connections in
/// its queue belong to the next process.
///
/// # Errors
/// If systemd can't be notified.
pub fn store(listener: &TcpListener) -> io::Result<bool> {
    let has_store = env::var_os("NOTIFY_SOCKET").is_some();
    if has_store {
        sd_notify::notify_with_fds(&[NotifyState::FdStore, NAME], &[listener.as_fd()])?;
    }
    Ok(has_store)
}
