//! A process that dies leaves its listener with systemd, whose part this test plays (`sd_notify(3)`,
//! `sd_listen_fds(3)`).

use std::io::IoSliceMut;
use std::net::TcpListener;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::process::{Process, minitwit};
use crate::site::{Database, PATIENCE, client};

/// The notification of the process to its service manager, and the socket in it, if there is one.
fn given_to(manager: &UnixDatagram) -> (String, Option<RawFd>) {
    let wait = Some(Duration::from_secs(30));
    manager.set_read_timeout(wait).expect("a timeout");
    let mut text = [0; 256];
    let mut buffers = [IoSliceMut::new(&mut text)];
    let mut space = nix::cmsg_space!([RawFd; 1]);
    let from = manager.as_raw_fd();
    let message = recvmsg::<()>(from, &mut buffers, Some(&mut space), MsgFlags::empty());
    let message = message.expect("a message");
    let sockets: Vec<RawFd> = message
        .cmsgs()
        .expect("whole")
        .filter_map(|part| match part {
            ControlMessageOwned::ScmRights(sockets) => Some(sockets),
            _ => None,
        })
        .flatten()
        .collect();
    let length = message.bytes;
    let text = String::from_utf8_lossy(&text[..length]).into_owned();
    (text, sockets.first().copied())
}

/// The binary, started with `socket` as systemd passes on what it has kept.
fn handed(socket: RawFd) -> Command {
    let mut command = Command::new("bash");
    let script = format!(r#"LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@" 3<&{socket}"#);
    command.args(["-c", &script, env!("CARGO_BIN_EXE_minitwit")]);
    command
}

#[tokio::test]
async fn clients_wait_for_the_process_after_a_crash() {
    let database = Database::migrated().await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");

    let mut command = minitwit(&[]);
    command.env("NOTIFY_SOCKET", &path);
    let first = Process::launch(command, &database.url(), &["--listen=127.0.0.1:0"]).await;
    let address = first.address;
    let (text, socket) = given_to(&manager);
    assert!(text.contains("FDSTORE=1"), "{text}");
    let socket = socket.expect("a socket");
    first.kill().await;

    let url = format!("http://{address}/latest");
    let waiting = tokio::spawn(client().get(url).send());
    sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished(), "neither refused nor answered");

    let mut command = handed(socket);
    command.env("NOTIFY_SOCKET", &path);
    let listen = format!("--listen={address}");
    let second = Process::launch(command, &database.url(), &[&listen]).await;
    assert_eq!(second.address, address);
    let answer = timeout(PATIENCE, waiting).await;
    let answer = answer.expect("in time").expect("no panic");
    assert_eq!(answer.expect("an answer").status(), 200);
    let (text, _) = given_to(&manager);
    assert!(text.contains("FDSTOREREMOVE=1"), "taken: {text}");
    let (text, _) = given_to(&manager);
    assert!(text.contains("FDSTORE=1"), "left again: {text}");

    // Asked to end, it leaves those that connect to the next one, too.
    second.terminate();
    second.rest().await;
    let waiting = tokio::spawn(client().get(format!("http://{address}/latest")).send());
    let third = Process::launch(handed(socket), &database.url(), &[&listen]).await;
    let answer = timeout(PATIENCE, waiting).await;
    let answer = answer.expect("in time").expect("no panic");
    assert_eq!(answer.expect("an answer").status(), 200);
    third.kill().await;

    // Another address in its settings: the old one is not used.
    let elsewhere =
        Process::launch(handed(socket), &database.url(), &["--listen=127.0.0.1:0"]).await;
    assert_ne!(elsewhere.address, address);
}

#[tokio::test]
async fn a_process_that_cannot_start_keeps_no_client_waiting() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    let left = TcpListener::bind("127.0.0.1:0").expect("a listener");
    // A child inherits a duplicate.
    let left = nix::unistd::dup(left).expect("a duplicate");
    for wrong in [
        ["--no-such-option", ""],
        ["--database-url", "postgresql://x@192.0.2.1/x"],
    ] {
        let mut command = handed(left.as_raw_fd());
        command.arg("serve").args(wrong);
        command.env("NOTIFY_SOCKET", &path);
        let ended = command.output().await.expect("it runs");
        assert!(!ended.status.success(), "{wrong:?}");
        let (text, _) = given_to(&manager);
        assert!(text.contains("FDSTOREREMOVE=1"), "{text}");
    }
}
