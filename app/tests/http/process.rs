//! The built binary: its log, its end, its command line.

use std::net::SocketAddr;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::site::{Database, client, with_patience};

/// `minitwit serve`, on ports of its own.
pub struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub address: SocketAddr,
    pub admin: SocketAddr,
}

pub fn minitwit(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minitwit"));
    command.args(arguments).env_clear().kill_on_drop(true);
    command
}

impl Process {
    pub async fn start(url: &str, settings: &[&str]) -> Self {
        let settings = [&["--listen=127.0.0.1:0"], settings].concat();
        Self::launch(minitwit(&[]), url, &settings).await
    }

    /// Runs `command`, which is the binary, with these settings.
    pub async fn launch(mut command: Command, url: &str, settings: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--admin-listen=127.0.0.1:0"])
            .args(with_patience(settings))
            .env("DATABASE_URL", url)
            .kill_on_drop(true)
            .stdout(Stdio::piped())
            .spawn()
            .expect("start");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = lines.next_line().await.expect("stdout").expect("a line");
        let first: Value = serde_json::from_str(&first).expect("JSON");
        assert_eq!(first["message"], "serving");
        let address = |name: &str| {
            let text = first[name].as_str().expect(name);
            text.parse().expect("an address")
        };
        Self {
            address: address("server.address"),
            admin: address("minitwit.admin.address"),
            child,
            lines,
        }
    }

    pub fn terminate(&self) {
        let pid = self.child.id().expect("runs").to_string();
        let kill = std::process::Command::new("kill")
            .args(["-TERM", &pid])
            .status();
        assert!(kill.expect("kill").success());
    }

    /// Ends it as a crash does.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    /// The log from here to the end of the process, which must be a success.
    pub async fn rest(mut self) -> Vec<Value> {
        let mut log = Vec::new();
        while let Some(line) = self.lines.next_line().await.expect("stdout") {
            log.push(serde_json::from_str(&line).expect(&line));
        }
        assert!(self.child.wait().await.expect("an end").success());
        log
    }
}

#[tokio::test]
async fn one_log_line_per_request_without_secrets() {
    let database = Database::migrated().await;
    let process = Process::start(&database.url(), &[]).await;
    let (client, base) = (client(), format!("http://{}", process.address));
    let user = json!({"username": "nameless", "email": "private@example.com", "pwd": "hunter2"});
    let post = client.post(format!("{base}/register?latest=1")).json(&user);
    post.send().await.expect("an answer");
    let post = client.post(format!("{base}/msgs/nameless?latest=2"));
    let post = post.basic_auth("simulator", Some("super_safe!"));
    let post = post.json(&json!({"content": "my diary"}));
    post.send().await.expect("an answer");
    database.execute("DROP TABLE follows").await;
    let get = client.get(format!("{base}/fllws/nameless"));
    let get = get.basic_auth("simulator", Some("super_safe!"));
    assert_eq!(get.send().await.expect("an answer").status(), 500);
    process.terminate();
    let log = process.rest().await;

    let requests: Vec<_> = log
        .iter()
        .filter(|line| line["url.path"].is_string())
        .collect();
    assert_eq!(requests.len(), 3, "{log:#?}");
    assert_eq!(requests[1]["url.path"], "/msgs/{user}");
    assert_eq!(requests[1]["http.request.method"], "POST");
    assert_eq!(requests[1]["http.response.status_code"], 204);
    assert_eq!(requests[1]["log.level"], "info");
    assert!(requests[1]["event.duration"].as_u64().expect("nanoseconds") > 1000);
    assert!(
        requests[1]["@timestamp"]
            .as_str()
            .expect("a time")
            .ends_with('Z')
    );
    assert_eq!(requests[2]["log.level"], "error");
    let cause = requests[2]["error.message"].as_str().expect("a cause");
    assert!(
        cause.contains(r#"relation "follows" does not exist (42P01)"#),
        "{cause}"
    );
    let all = format!("{log:?}");
    for secret in [
        "nameless",
        "private",
        "hunter2",
        "diary",
        "super_safe",
        "postgres://",
    ] {
        assert!(!all.contains(secret), "{secret} is logged: {all}");
    }
}

#[tokio::test]
async fn wrong_settings_end_the_process_with_one_sentence() {
    for (url, expected) in [
        ("nonsense", "DATABASE_URL is not a PostgreSQL URL"),
        ("postgres://a:hunter2@10.0.0.1/a", "add ?sslmode=require"),
        (
            "postgres://a:hunter2@10.0.0.1/a?sslmode=require",
            "MINITWIT_DATABASE_CA",
        ),
    ] {
        for command in ["serve", "migrate"] {
            let output = minitwit(&[command]).env("DATABASE_URL", url).output().await;
            let output = output.expect("runs");
            assert_eq!(output.status.code(), Some(1), "{command} {url}");
            let text = String::from_utf8(output.stderr).expect("UTF-8");
            assert!(text.contains(expected), "{text}");
            assert!(!text.contains("hunter2"));
            assert_eq!(text.lines().count(), 1, "{text}");
        }
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
    let address = taken.local_addr().expect("an address");
    let output = minitwit(&["serve", "--admin-listen=127.0.0.1:0"])
        .arg(format!("--listen={address}"))
        .env("DATABASE_URL", "postgres://a@127.0.0.1/a")
        .output()
        .await
        .expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(text.contains(&format!("listening on {address}")), "{text}");
}

#[tokio::test]
async fn help_and_version_show_no_secret() {
    let version = minitwit(&["--version"]).output().await.expect("runs");
    let text = String::from_utf8(version.stdout).expect("UTF-8");
    assert_eq!(text, format!("minitwit {}\n", minitwit::version::version()));
    let help = minitwit(&["serve", "--help"])
        .env("DATABASE_URL", "postgres://a:hunter2@b/c")
        .env("MINITWIT_API_CREDENTIAL", "a:hunter2")
        .output()
        .await
        .expect("runs");
    let text = String::from_utf8(help.stdout).expect("UTF-8");
    assert!(text.contains("MINITWIT_LISTEN") && !text.contains("hunter2"));
}

#[tokio::test]
async fn the_log_names_a_signed_in_user_by_number_only() {
    let database = Database::migrated().await;
    let process = Process::start(&database.url(), &[]).await;
    let (client, base) = (client(), format!("http://{}", process.address));
    let user = json!({"username": "nameless", "email": "private@example.com", "pwd": "hunter2"});
    let post = client.post(format!("{base}/register")).json(&user);
    post.send().await.expect("an answer");
    let form = [("username", "nameless"), ("password", "hunter2")];
    let post = client.post(format!("{base}/login")).form(&form);
    let answer = post.send().await.expect("an answer");
    let cookies = answer.headers().get_all("set-cookie").iter();
    let session = cookies
        .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
        .find(|cookie| cookie.starts_with("session="))
        .expect("a session");
    for path in ["/", "/missing/page"] {
        let get = client
            .get(format!("{base}{path}"))
            .header("cookie", session);
        get.send().await.expect("an answer");
    }
    process.terminate();
    let log = process.rest().await;
    let users: Vec<_> = log
        .iter()
        .filter(|line| line["url.path"].is_string())
        .map(|line| line["user.id"].as_i64())
        .collect();
    assert_eq!(users, [None, None, Some(1), Some(1)]);
    let all = format!("{log:?}");
    let cookie = session.trim_start_matches("session=");
    for secret in ["nameless", "private", "hunter2", cookie] {
        assert!(!all.contains(secret), "{secret} is logged: {all}");
    }
}
