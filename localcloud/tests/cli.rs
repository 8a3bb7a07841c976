//! What a person gets who asks for something that can't be: a sentence, an exit code, nothing made.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_localcloud");

fn run(command: &mut Command) -> (i32, String) {
    let Output { status, stderr, .. } = command.output().expect("the program runs");
    let text = String::from_utf8_lossy(&stderr).into_owned();
    (status.code().unwrap_or(-1), text)
}

fn localcloud(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("--root").arg(root).args(args);
    command
}

fn made(root: &Path) -> bool {
    root.join("clouds").exists() || root.join("images").exists()
}

#[test]
fn a_cloud_that_was_never_up_is_named() {
    let root = tempfile::tempdir().expect("a temporary directory");
    for args in [["status", "--name=nowhere"], ["env", "--name=nowhere"]] {
        let (code, text) = run(&mut localcloud(root.path(), &args));
        assert_eq!(code, 4, "{text}");
        assert!(text.contains("localcloud up --name nowhere"), "{text}");
    }
}

#[test]
fn a_name_that_fits_no_path_is_wrong_usage() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let (code, text) = run(&mut localcloud(root.path(), &["status", "--name=../up"]));
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("1 to 20 of a-z"), "{text}");
}

#[test]
fn a_port_in_use_is_named() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("its address").port();
    let flag = format!("--port={port}");
    let (code, text) = run(&mut localcloud(
        root.path(),
        &["up", "--record-only", &flag],
    ));
    assert_eq!(code, 5, "{text}");
    assert!(
        text.contains(&port.to_string()) && text.contains("--port"),
        "{text}"
    );
}

#[test]
fn missing_tools_are_named_with_the_command_that_installs_them() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let mut up = localcloud(root.path(), &["up"]);
    let (code, text) = run(up.env("PATH", "/nonexistent"));
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("apt-get install"), "{text}");
    assert!(text.contains("systemd-container"), "{text}");
    assert!(!made(root.path()));
}

#[test]
fn without_root_it_says_so() {
    let root = tempfile::tempdir_in("/tmp").expect("a temporary directory");
    let (mut up, place) = as_nobody(root.path());
    let (code, text) = run(up.args(["--root", &place, "up"]));
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("run it with sudo"), "{text}");
    assert!(!made(Path::new(&place)));
}

/// The program in a place where anybody may run it, as nobody if this test is root, and a directory
/// that it may write.
fn as_nobody(directory: &Path) -> (Command, String) {
    let program = directory.join("localcloud");
    std::fs::copy(PROGRAM, &program).expect("copied");
    let place = directory.join("place");
    std::fs::create_dir(&place).expect("made");
    let root = nix::unistd::geteuid().is_root();
    if root {
        let nobody = nix::unistd::User::from_name("nobody")
            .expect("readable")
            .expect("there");
        for path in [directory, place.as_path()] {
            nix::unistd::chown(path, Some(nobody.uid), None).expect("given away");
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=nobody", "--clear-groups"])
            .arg(program);
        return (command, place.display().to_string());
    }
    (Command::new(program), place.display().to_string())
}

#[test]
fn a_full_disk_is_noticed_before_anything_is_made() {
    assert!(
        nix::unistd::geteuid().is_root(),
        "this test mounts a small disk: run it as root, as `make test` does"
    );
    let root = tempfile::tempdir().expect("a temporary directory");
    let script = "mount -t tmpfs -o size=8m tmpfs \"$1\" && \"$2\" --root \"$1\" up; \
                  code=$?; ls \"$1\"; exit $code";
    let mut up = Command::new("unshare");
    up.args(["--mount", "--propagation=private", "sh", "-c", script, "sh"])
        .arg(root.path())
        .arg(PROGRAM);
    let Output {
        status,
        stdout,
        stderr,
    } = up.output().expect("it runs");
    let text = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(3), "{text}");
    assert!(
        text.contains("MiB free") && text.contains("--root"),
        "{text}"
    );
    assert!(stdout.is_empty(), "nothing was made");
}
