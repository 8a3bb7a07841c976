//! One HTTP/1.1 GET over a new connection, with one deadline for all of it.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::Target;

/// The response to a probe is a line of JSON or a page; it is never larger than this.
const MAX_ANSWER: usize = 64 * 1024;

/// A response with status 200.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// `status` of a JSON response: what the service reports about itself.
    #[serde(default)]
    pub status: Option<String>,
    /// `version` of a JSON response.
    #[serde(default)]
    pub version: Option<String>,
}

/// Why a try failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Another status than 200.
    #[error("answered {status}{}", reported(.answer))]
    Unfit {
        /// HTTP status.
        status: u16,
        /// The body, if it was JSON.
        answer: Answer,
    },
    /// No connection, or it closed before the response was complete.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// No complete response in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The response is not HTTP.
    #[error("answered something that is not HTTP: {0}")]
    NotHttp(String),
}

fn reported(answer: &Answer) -> String {
    answer
        .status
        .as_ref()
        .map(|status| format!(" ({status})"))
        .unwrap_or_default()
}

/// Sends one GET and reads the whole response within `timeout`.
///
/// # Errors
/// Anything but a complete response with status 200 in time is a [`Failure`].
pub fn get(target: &Target, timeout: Duration) -> Result<Answer, Failure> {
    let exchange = Exchange {
        timeout,
        deadline: Instant::now() + timeout,
    };
    let stream = exchange.connect(target.address)?;
    exchange.send(&stream, target)?;
    let (status, body) = exchange.receive(&stream)?;
    let answer = serde_json::from_slice(&body).unwrap_or_default();
    if status == 200 {
        Ok(answer)
    } else {
        Err(Failure::Unfit { status, answer })
    }
}

struct Exchange {
    timeout: Duration,
    deadline: Instant,
}

impl Exchange {
    fn left(&self) -> Result<Duration, Failure> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(Failure::Timeout(self.timeout))
        } else {
            Ok(left)
        }
    }

    fn failure(&self, error: &io::Error) -> Failure {
        match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Failure::Timeout(self.timeout),
            _ => Failure::Unreachable(error.to_string()),
        }
    }

    fn connect(&self, address: SocketAddr) -> Result<TcpStream, Failure> {
        let stream = TcpStream::connect_timeout(&address, self.left()?);
        stream
            .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
            .map_err(|error| self.failure(&error))
    }

    fn send(&self, mut stream: &TcpStream, target: &Target) -> Result<(), Failure> {
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: healthcheck\r\nAccept: application/json\r\nConnection: close\r\n\r\n",
            target.path, target.address,
        );
        let left = self.left()?;
        stream
            .set_write_timeout(Some(left))
            .and_then(|()| stream.write_all(request.as_bytes()))
            .map_err(|error| self.failure(&error))
    }

    fn receive(&self, mut stream: &TcpStream) -> Result<(u16, Vec<u8>), Failure> {
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let left = self.left()?;
            let read = stream
                .set_read_timeout(Some(left))
                .and_then(|()| stream.read(&mut buffer))
                .map_err(|error| self.failure(&error))?;
            received.extend_from_slice(&buffer[..read]);
            if let Some(answer) = parse(&received, read == 0)? {
                return Ok(answer);
            }
            if read == 0 {
                return Err(Failure::Unreachable(
                    "closed before the answer was complete".into(),
                ));
            }
            if received.len() > MAX_ANSWER {
                return Err(Failure::NotHttp(format!("more than {MAX_ANSWER} bytes")));
            }
        }
    }
}

/// The status and body of what was received so far, or `None` if it is incomplete. `ended`: the connection was closed.
fn parse(received: &[u8], ended: bool) -> Result<Option<(u16, Vec<u8>)>, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(received) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(Failure::NotHttp(error.to_string())),
    };
    let status = response.code.unwrap_or_default();
    let header = |name: &str| {
        let found = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let body = &received[head..];
    let body = if header("transfer-encoding").is_some_and(|coding| coding.ends_with("chunked")) {
        chunks(body)?
    } else if let Some(length) = header("content-length").and_then(|text| text.parse().ok()) {
        body.get(..length).map(<[u8]>::to_vec)
    } else {
        ended.then(|| body.to_vec())
    };
    Ok(body.map(|body| (status, body)))
}

fn chunks(mut coded: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
    let mut body = Vec::new();
    loop {
        match httparse::parse_chunk_size(coded) {
            Ok(httparse::Status::Complete((_, 0))) => return Ok(Some(body)),
            Ok(httparse::Status::Complete((start, size))) => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                let end = start.saturating_add(size);
                let Some(chunk) = coded.get(start..end) else {
                    return Ok(None);
                };
                body.extend_from_slice(chunk);
                let Some(rest) = coded.get(end.saturating_add(2)..) else {
                    return Ok(None);
                };
                coded = rest;
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(Failure::NotHttp("bad chunk size".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_by_length_chunks_or_end() {
        let body = |text: &str, ended| parse(text.as_bytes(), ended).map(|a| a.map(|(_, b)| b));
        let ok = |text: &str| Ok(Some(text.as_bytes().to_vec()));
        assert_eq!(
            body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false),
            ok("hi")
        );
        assert_eq!(
            body("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", false),
            Ok(None)
        );
        let chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n";
        assert_eq!(body(chunked, false), ok("hi!"));
        for cut in 0..chunked.len() - 4 {
            assert_eq!(body(&chunked[..cut], false), Ok(None), "cut at {cut}");
        }
        assert_eq!(body("HTTP/1.0 200 OK\r\n\r\nhi", false), Ok(None));
        assert_eq!(body("HTTP/1.0 200 OK\r\n\r\nhi", true), ok("hi"));
    }
}
