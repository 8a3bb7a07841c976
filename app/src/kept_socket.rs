//! The public listener outlives a process that crashes or restarts: systemd keeps it meanwhile
//! (`FileDescriptorStoreMax=`, `sd_notify(3)`), so that clients wait for the next process and are not
//! refused. A service that is stopped loses it, and so does one that dies before it serves.

use std::env;
use std::io;
use std::net::{self, SocketAddr};
use std::os::fd::AsFd;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::net::TcpListener;

use crate::listener::bind;

/// What systemd calls it.
const NAME: NotifyState = NotifyState::FdName("public");

/// The listener of the process before, if it has left one.
#[derive(Debug, Default)]
pub struct Left(Option<net::TcpListener>);

/// Takes what the process before has left, as the first thing that this one does. systemd keeps it no
/// longer: if this process ends before it serves, clients are refused at once, and who watches the
/// service sees that nobody is about to answer.
///
/// # Errors
/// When what systemd hands over is no listener, or systemd can't be told.
pub fn take() -> io::Result<Left> {
    let left = ListenFd::from_env().take_tcp_listener(0)?;
    if left.is_some() {
        sd_notify::notify(&[NotifyState::FdStoreRemove, NAME])?;
    }
    Ok(Left(left))
}

impl Left {
    /// A listener on `address`: the one that was left, or a new one if that has another address.
    ///
    /// # Errors
    /// When the address can't be bound.
    pub fn listen(self, address: SocketAddr) -> io::Result<TcpListener> {
        match self.0 {
            Some(left) if left.local_addr()? == address => {
                left.set_nonblocking(true)?;
                TcpListener::from_std(left)
            }
            _ => bind(address),
        }
    }
}

/// Has systemd keep `socket`, where it asks for such. Says whether it does: then the connections in the
/// socket's queue at the end are the next process's.
///
/// # Errors
/// When systemd can't be told.
pub fn keep(socket: &TcpListener) -> io::Result<bool> {
    let asked = env::var_os("NOTIFY_SOCKET").is_some();
    if asked {
        sd_notify::notify_with_fds(&[NotifyState::FdStore, NAME], &[socket.as_fd()])?;
    }
    Ok(asked)
}
