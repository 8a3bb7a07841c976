//! Bytes that no client would send: whatever comes, no 5xx, no hang, no panic.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::SET_COOKIE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::dice::Dice;
use crate::site::{Site, send};

/// How long bytes are sent, and how many clients send at once.
const TIME: Duration = Duration::from_secs(8);
const CLIENTS: usize = 24;

/// Whatever was sent, the server has answered and closed after so long.
const HANG: Duration = crate::site::PATIENCE;

const PATHS: [&str; 16] = [
    "/",
    "/public",
    "/ann",
    "/ann/follow",
    "/bob/unfollow",
    "/add_message",
    "/login",
    "/logout",
    "/register?latest=7",
    "/msgs?no=3&latest=1",
    "/msgs/ann?latest=2",
    "/fllws/ann?no=1",
    "/latest",
    "/live?user=ann&after=1",
    "/live?mine",
    "/static/style.css?v=1",
];

const HEADERS: [&str; 14] = [
    "Content-Type: application/json",
    "Content-Type: application/x-www-form-urlencoded",
    "Content-Type: multipart/form-data; boundary=x",
    "Content-Length: 5",
    "Content-Length: -1",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
    "Connection: close",
    "Connection: Upgrade\r\nUpgrade: websocket",
    "Last-Event-ID: 99999999999999999999",
    "Origin: https://elsewhere.example",
    "Sec-Fetch-Site: cross-site",
    "Authorization: Basic =",
    "Cookie: session=a.b; flash=c; =; ;session",
];

const BODIES: [&str; 11] = [
    "{\"content\":\"hi\"}",
    "{\"content\":null,\"content\":\"\\ud800\"}",
    "{\"follow\":\"bob\"}",
    "{\"unfollow\":[[[[[[[[{}]]]]]]]]}",
    "{\"username\":\"x\",\"email\":\"a@b\"}",
    "text=hello%20%F0%9F%98%80&text=%zz&%00=%00",
    "username=ann&password=wrong",
    "username=%ff%fe&email=@&password=&password2=%",
    "5\r\nhello\r\n0\r\n\r\n",
    "ffffffffffffffffff\r\n",
    "1e400",
];

/// Bytes that parsers stumble over.
const NASTY: [&[u8]; 14] = [
    b"\0",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"%",
    b"%00",
    b"%ff",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"&",
    b"//../",
    b"?",
    b"\"",
    b" ",
];

struct Generator {
    dice: Dice,
    cookie: String,
}

impl Generator {
    fn request(&self) -> Vec<u8> {
        let dice = &self.dice;
        let methods = ["GET", "POST", "HEAD", "PUT", "OPTIONS", "BREW", "CONNECT"];
        let method = methods[dice.below(methods.len() * 3) / 3 % methods.len()];
        let version = dice.one_of(&["1.1", "1.1", "1.1", "1.0", "2.0"]);
        let path = dice.one_of(&PATHS);
        let mut head = format!("{method} {path} HTTP/{version}\r\nHost: x\r\n");
        for _ in 0..dice.below(4) {
            head += dice.one_of(&HEADERS);
            head += "\r\n";
        }
        if dice.below(2) == 0 {
            head += "Authorization: Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUh\r\n";
        }
        if dice.below(2) == 0 {
            head.push_str("Cookie: ");
            head.push_str(&self.cookie);
            head.push_str("\r\n");
        }
        let mut body = dice.one_of(&BODIES).as_bytes().to_vec();
        if dice.below(3) == 0 {
            self.mutate(&mut body);
        }
        if dice.below(3) > 0 {
            head.push_str("Content-Length: ");
            head.push_str(&body.len().to_string());
            head.push_str("\r\n");
        }
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(b"\r\n");
        bytes.append(&mut body);
        bytes
    }

    fn mutate(&self, bytes: &mut Vec<u8>) {
        let dice = &self.dice;
        for _ in 0..=dice.below(4) {
            let at = dice.below(bytes.len() + 1);
            match dice.below(6) {
                0 => bytes.truncate(at),
                1 => drop(bytes.splice(at..at, dice.one_of(&NASTY).to_vec())),
                2 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
                3 => drop(bytes.drain(at..(at + dice.below(9)).min(bytes.len()))),
                4 => {
                    let piece = bytes[at..(at + dice.below(40)).min(bytes.len())].to_vec();
                    let again = piece.repeat(dice.below(60));
                    bytes.splice(at..at, again);
                }
                _ => {
                    let random = dice.number().to_le_bytes();
                    bytes.splice(at..at, random);
                }
            }
        }
    }

    /// One connection's bytes: a request or several, whole or not.
    fn connection(&self) -> Vec<u8> {
        let mut bytes = self.request();
        if self.dice.below(4) > 0 {
            self.mutate(&mut bytes);
        }
        if self.dice.below(4) == 0 {
            bytes.append(&mut self.request());
        }
        bytes
    }
}

/// Sends bytes and reads to the end of the connection, which the server must not leave open.
async fn send_raw(address: std::net::SocketAddr, bytes: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let mut answer = Vec::new();
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.expect("connect");
        // The server may have had enough before all is sent.
        let _ = stream.write_all(&bytes).await;
        // Live updates stay open until their client leaves.
        while !contains(&answer, b"text/event-stream")
            && let Ok(1..) = stream.read_buf(&mut answer).await
        {}
    };
    let ended = timeout(HANG, exchange).await;
    assert!(ended.is_ok(), "hangs: {}", bytes.escape_ascii());
    (bytes, answer)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn check((sent, answer): &(Vec<u8>, Vec<u8>)) {
    assert!(
        !contains(answer, b"HTTP/1.1 5"),
        "{}\nanswers\n{}",
        sent.escape_ascii(),
        answer.escape_ascii()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_bytes_bring_the_server_down() {
    let settings = [
        "--client-limit=300ms",
        "--idle-limit=300ms",
        "--account-attempts=0",
        "--live-listeners=100000",
    ];
    let site = Site::with_settings(&settings).await;
    site.register("ann").await;
    site.register("bob").await;
    let form = [("username", "ann"), ("password", "secret")];
    let login = site.request(reqwest::Method::POST, "/login").form(&form);
    let login = send(login).await;
    let cookies = login.headers().get_all(SET_COOKIE).iter();
    let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    let generator = Generator {
        dice: Dice::new(),
        cookie: cookies.collect::<Vec<_>>().join("; "),
    };
    assert!(generator.cookie.contains("session="), "signed in");

    let (end, mut clients, mut count) = (Instant::now() + TIME, JoinSet::new(), 0);
    while Instant::now() < end {
        while clients.len() < CLIENTS {
            clients.spawn(send_raw(site.running.address, generator.connection()));
        }
        let done = clients.join_next().await.expect("there are some");
        check(&done.expect("no hang"));
        count += 1;
    }
    while let Some(done) = clients.join_next().await {
        check(&done.expect("no hang"));
    }
    assert!(count > 100, "only {count} connections");
    assert_eq!(site.get("/latest").await.status(), StatusCode::OK);
    let metrics = send(site.client.get(site.admin_url("/metrics"))).await;
    let metrics = metrics.text().await.expect("text");
    assert!(metrics.contains("minitwit_panics_total 0"));
}
