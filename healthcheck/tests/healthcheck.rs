//! Runs the built binary against small servers on loopback.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Command, Output},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

const READY: &str =
    "HTTP/1.1 200 OK\r\ncontent-length: 36\r\n\r\n{\"status\":\"ready\",\"version\":\"1.2.3\"}\n";
const UNREADY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 33\r\n\r\n{\"status\":\"database unavailable\"}\n";

/// The deadline of checks, except in tests about the deadline: long enough for any slow machine.
const PATIENCE: [(&str, &str); 2] = [("--timeout", "20000"), ("--deadline", "60000")];
/// Retries that would take a hundred minutes without the deadline.
const ENDLESS: [&str; 4] = ["--timeout", "60000", "--retries", "100"];
/// Much longer than half a second, and much shorter than a hundred minutes.
const HANG: Duration = Duration::from_secs(30);

/// A server that gives its nth connection to `answer`.
fn server(mut answer: impl FnMut(usize, TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            answer(n, stream.unwrap());
        }
    });
    address
}

fn reply(mut stream: TcpStream, text: &str) {
    let mut request = [0; 1024];
    let _ = stream.read(&mut request);
    let _ = stream.write_all(text.as_bytes());
}

fn run(address: SocketAddr, given: &[&str]) -> (i32, String) {
    let url = format!("http://{address}/readyz");
    let patience = PATIENCE
        .iter()
        .filter(|(option, _)| !given.contains(option))
        .flat_map(|(option, value)| [*option, *value]);
    let arguments: Vec<&str> = ["--url", &url].into_iter().chain(patience).collect();
    let output = output(&[&arguments, given].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), text)
}

fn output(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_healthcheck"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn ready_is_exit_0_with_the_version() {
    let address = server(|_, stream| reply(stream, READY));
    let (code, text) = run(address, &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("version 1.2.3"), "{text}");
}

#[test]
fn unready_is_exit_1_after_all_tries() {
    let (sender, connections) = mpsc::channel();
    let address = server(move |n, stream| {
        sender.send(n).unwrap();
        reply(stream, UNREADY);
    });
    let (code, text) = run(address, &["--retries", "2", "--spacing", "10"]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("answered 503 (database unavailable), 3 tries"),
        "{text}"
    );
    assert_eq!(connections.try_iter().count(), 3);
}

#[test]
fn one_slow_answer_passes() {
    let mut kept = Vec::new();
    let address = server(move |n, stream| match n {
        0 => kept.push(stream),
        _ => reply(stream, READY),
    });
    let (code, text) = run(address, &["--timeout", "2000"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("2 tries"), "{text}");
}

#[test]
fn a_restart_passes() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let restarted = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        reply(
            TcpListener::bind(address).unwrap().accept().unwrap().0,
            READY,
        );
    });
    let (code, text) = run(address, &["--retries", "100"]);
    assert_eq!(code, 0, "{text}");
    restarted.join().unwrap();
}

#[test]
fn refused_is_exit_3_after_all_tries() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (code, text) = run(address, &[]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("3 tries"), "{text}");
}

#[test]
fn a_broken_answer_is_exit_3() {
    let address =
        server(|_, stream| reply(stream, "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n"));
    assert_eq!(run(address, &["--spacing", "1"]).0, 3);
}

#[test]
fn silence_is_exit_4_within_the_deadline() {
    let mut kept = Vec::new();
    let address = server(move |_, stream| kept.push(stream));
    let start = Instant::now();
    let (code, text) = run(address, &[&ENDLESS[..], &["--deadline", "500"]].concat());
    assert_eq!(code, 4, "{text}");
    assert!(start.elapsed() < HANG, "{:?}", start.elapsed());
}

#[test]
fn a_trickle_does_not_stretch_the_deadline() {
    let address = server(|_, mut stream| {
        thread::spawn(move || {
            while stream.write_all(b"H").is_ok() {
                thread::sleep(Duration::from_millis(20));
            }
        });
    });
    let start = Instant::now();
    let arguments = [&ENDLESS[..], &["--deadline", "500"]].concat();
    assert_ne!(run(address, &arguments).0, 0);
    assert!(start.elapsed() < HANG, "{:?}", start.elapsed());
}

#[test]
fn garbage_is_exit_5() {
    let address = server(|_, stream| reply(stream, "SSH-2.0-OpenSSH_9.2\r\n"));
    assert_eq!(run(address, &["--spacing", "1"]).0, 5);
}

#[test]
fn wrong_usage_is_exit_2_and_says_why() {
    let output = output(&["--url", "https://example.com/"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("must start with http://"), "{text}");
}

#[test]
fn json_has_the_verdict_and_every_try() {
    let address = server(|_, stream| reply(stream, UNREADY));
    let (_, text) = run(address, &["--json", "--spacing", "1"]);
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["fit"], false);
    assert_eq!(report["exit_code"], 1);
    assert_eq!(report["attempts"].as_array().unwrap().len(), 3);
    assert_eq!(report["reason"], "answered 503 (database unavailable)");
}

#[test]
fn explain_says_what_to_look_at() {
    let address = server(|_, stream| reply(stream, UNREADY));
    let (_, text) = run(address, &["--explain", "--spacing", "1"]);
    assert!(text.contains("at    0 ms"), "{text}");
    assert!(text.contains("most often the database"), "{text}");
}

#[test]
fn web_and_api_are_asked_beside_readiness_and_the_first_unfit_one_decides() {
    let ready = server(|_, stream| reply(stream, READY));
    let broken =
        server(|_, stream| reply(stream, "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n"));
    let page = server(|_, stream| reply(stream, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"));
    let (page, broken) = (format!("http://{page}/"), format!("http://{broken}/latest"));
    let (code, text) = run(ready, &["--web", &page, "--api", &page, "--json"]);
    assert_eq!(code, 0, "{text}");
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names: Vec<_> = told["probes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["readiness", "web", "api"]);
    assert_eq!(
        (&told["fit"], &told["version"]),
        (&true.into(), &"1.2.3".into())
    );
    let (code, text) = run(ready, &["--web", &page, "--api", &broken, "--spacing", "1"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("unfit: api answered 500, 5 tries"), "{text}");
    let (code, text) = run(
        ready,
        &[
            "--web",
            &broken,
            "--api",
            &page,
            "--spacing",
            "1",
            "--explain",
        ],
    );
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("request of a user fails") && !text.contains("api: GET"),
        "{text}"
    );
}

#[test]
fn all_probes_share_one_deadline() {
    let ready = server(|_, stream| reply(stream, READY));
    let mut kept = Vec::new();
    let silent = server(move |_, stream| kept.push(stream));
    let start = Instant::now();
    let web = format!("http://{silent}/");
    let arguments = [&ENDLESS[..], &["--web", &web, "--deadline", "500"]].concat();
    let (code, _) = run(ready, &arguments);
    assert_eq!(code, 4);
    assert!(start.elapsed() < HANG, "{:?}", start.elapsed());
}
