//! The public listener outlives a process that crashes or restarts: systemd keeps it meanwhile
//! (`FileDescriptorStoreMax=`, `sd_notify(3)`), so that clients wait for the next process and are not
//! refused. A service that is stopped loses it.

use std::env;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::net::TcpListener;

use crate::listener::bind;

/// What systemd calls it.
const NAME: NotifyState = NotifyState::FdName("public");

/// A listener, and whether it outlives this process.
pub struct Listener {
    /// Accepts connections.
    pub socket: TcpListener,
    /// Connections in its queue at the end are the next process's.
    pub kept: bool,
}

/// The listener on `address`: the one that the process before this has left, else a new one, which is
/// given to systemd to keep where systemd asks for such.
///
/// # Errors
/// When the address can't be bound, or what systemd hands over is no listener.
pub fn listen(address: SocketAddr) -> io::Result<Listener> {
    if let Some(left) = ListenFd::from_env().take_tcp_listener(0)? {
        if left.local_addr()? == address {
            left.set_nonblocking(true)?;
            let socket = TcpListener::from_std(left)?;
            return Ok(Listener { socket, kept: true });
        }
        // The setting has changed since: clients of the old address are to be refused.
        sd_notify::notify(&[NotifyState::FdStoreRemove, NAME])?;
    }
    let socket = bind(address)?;
    let kept = env::var_os("NOTIFY_SOCKET").is_some();
    if kept {
        sd_notify::notify_with_fds(&[NotifyState::FdStore, NAME], &[socket.as_fd()])?;
    }
    Ok(Listener { socket, kept })
}
