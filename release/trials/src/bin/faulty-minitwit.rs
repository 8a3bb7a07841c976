//! Makes a faulty version of MiniTwit from a good one, for trials of releases. The result contains the good binary, runs it, and is a
//! proxy between it and its clients. It behaves like the good one except for its version and its fault.
//!
//! `faulty-minitwit make GOOD VERSION FAULT OUT` writes such a program. The fault `none` only changes the version.

use std::io::Write;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderValue;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, client, server};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

type Body = BoxBody<Bytes, hyper::Error>;
type Failure = Box<dyn std::error::Error + Send + Sync>;

const MARK: &[u8; 8] = b"FAULTYMT";
/// A fault that only live traffic shows begins after this many requests. Verification sends fewer.
const LIVE_AFTER: u64 = 600;

/// What a faulty version has behind its own code.
#[derive(Clone)]
struct Payload {
    good: Vec<u8>,
    version: String,
    fault: String,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match payload() {
        Ok(Some(payload)) => run(&payload, &arguments),
        Ok(None) => make(&arguments),
        Err(error) => Err(error),
    };
    done.unwrap_or_else(|error| {
        eprintln!("faulty-minitwit: {error}");
        ExitCode::FAILURE
    })
}

fn make(arguments: &[String]) -> Result<ExitCode, Failure> {
    let [verb, good, version, fault, out] = arguments else {
        return Err("usage: faulty-minitwit make GOOD VERSION FAULT OUT".into());
    };
    if verb != "make" {
        return Err(format!("unknown command {verb}").into());
    }
    let good = std::fs::read(good)?;
    let words = format!("{version} {fault}");
    let mut bytes = std::fs::read(std::env::current_exe()?)?;
    bytes.extend(&good);
    bytes.extend(words.as_bytes());
    bytes.extend((good.len() as u64).to_le_bytes());
    bytes.extend((words.len() as u64).to_le_bytes());
    bytes.extend(MARK);
    std::fs::write(out, bytes)?;
    std::fs::set_permissions(out, std::fs::Permissions::from_mode(0o755))?;
    Ok(ExitCode::SUCCESS)
}

fn payload() -> Result<Option<Payload>, Failure> {
    let bytes = std::fs::read(std::env::current_exe()?)?;
    let Some(rest) = bytes.strip_suffix(MARK) else {
        return Ok(None);
    };
    let number = |bytes: &[u8]| -> Result<usize, Failure> {
        Ok(usize::try_from(u64::from_le_bytes(bytes.try_into()?))?)
    };
    let (rest, words_length) = rest.split_at(rest.len() - 8);
    let (rest, good_length) = rest.split_at(rest.len() - 8);
    let (rest, words) = rest.split_at(rest.len() - number(words_length)?);
    let good = &rest[rest.len() - number(good_length)?..];
    let words = std::str::from_utf8(words)?;
    let (version, fault) = words
        .split_once(' ')
        .ok_or("the payload does not name a fault")?;
    Ok(Some(Payload {
        good: good.to_vec(),
        version: version.to_owned(),
        fault: fault.to_owned(),
    }))
}

/// Writes the good binary to a file that only this process's user may write.
fn unpack(payload: &Payload) -> Result<PathBuf, Failure> {
    let path = std::env::temp_dir().join(format!("minitwit-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o700)
        .open(&path)?;
    file.write_all(&payload.good)?;
    Ok(path)
}

fn run(payload: &Payload, arguments: &[String]) -> Result<ExitCode, Failure> {
    match arguments.first().map(String::as_str) {
        Some("--version") => {
            println!("minitwit {}", payload.version);
            Ok(ExitCode::SUCCESS)
        }
        Some("serve") if payload.fault == "crash" => Err("this version crashes".into()),
        Some("serve") => {
            let path = unpack(payload)?;
            tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()?
                .block_on(serve(payload, &path))?;
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            let path = unpack(payload)?;
            let status = Command::new(&path).args(arguments).status()?;
            std::fs::remove_file(path)?;
            Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1))?))
        }
    }
}

/// One of the two listeners: for users or for administration.
struct Proxy {
    payload: Payload,
    inner: SocketAddr,
    is_admin: bool,
    served: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
}

fn free_port() -> Result<SocketAddr, Failure> {
    Ok(StdListener::bind("127.0.0.1:0")?.local_addr()?)
}

async fn serve(payload: &Payload, path: &Path) -> Result<(), Failure> {
    let (public, admin) = (free_port()?, free_port()?);
    let (listen, admin_listen) = (
        std::env::var("MINITWIT_LISTEN")?,
        std::env::var("MINITWIT_ADMIN_LISTEN")?,
    );
    let mut child = tokio::process::Command::new(path)
        .arg("serve")
        .env("MINITWIT_LISTEN", public.to_string())
        .env("MINITWIT_ADMIN_LISTEN", admin.to_string())
        .kill_on_drop(true)
        .spawn()?;
    if payload.fault == "leak" {
        tokio::spawn(leak());
    }
    let (served, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let proxy = |inner, is_admin| {
        Arc::new(Proxy {
            payload: payload.clone(),
            inner,
            is_admin,
            served: served.clone(),
            failed: failed.clone(),
        })
    };
    tokio::select! {
        result = listen_at(&listen, proxy(public, false)) => result,
        result = listen_at(&admin_listen, proxy(admin, true)) => result,
        status = child.wait() => Err(format!("the good binary ended: {}", status?).into()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

async fn leak() {
    let mut held: Vec<Vec<u8>> = Vec::new();
    loop {
        held.push(vec![1; 4 << 20]);
        sleep(Duration::from_millis(150)).await;
    }
}

async fn listen_at(address: &str, proxy: Arc<Proxy>) -> Result<(), Failure> {
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let proxy = proxy.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(proxy.clone(), request));
            // How a connection ends does not matter.
            let _ = server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(proxy: Arc<Proxy>, request: Request<Incoming>) -> Result<Response<Body>, Failure> {
    let path = request.uri().path().to_owned();
    if proxy.is_admin && path == "/readyz" && proxy.payload.fault == "never-ready" {
        return Ok(plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "{\"status\":\"not ready\"}",
        ));
    }
    if !proxy.is_admin
        && let Some(reply) = misbehave(&proxy, &path, request.method() == hyper::Method::POST).await
    {
        proxy.failed.fetch_add(1, Ordering::Relaxed);
        return Ok(with_version(reply, &proxy.payload.version));
    }
    let response = forward(proxy.inner, request).await?;
    if proxy.is_admin {
        return rewritten(&proxy, &path, response).await;
    }
    let response = response.map(BodyExt::boxed);
    Ok(with_version(response, &proxy.payload.version))
}

/// The faulty response, if the fault concerns this request.
async fn misbehave(proxy: &Proxy, path: &str, posts: bool) -> Option<Response<Body>> {
    let served = proxy.served.fetch_add(1, Ordering::Relaxed);
    let failing = || Some(plain(StatusCode::INTERNAL_SERVER_ERROR, "broken"));
    match proxy.payload.fault.as_str() {
        "page-500" if path == "/login" => failing(),
        "api-broken" if posts && path.starts_with("/msgs/") => {
            Some(plain(StatusCode::OK, "{\"ok\":true}"))
        }
        "live-500" if served > LIVE_AFTER && served.is_multiple_of(5) => failing(),
        "slow" => {
            sleep(Duration::from_millis(400)).await;
            None
        }
        "live-slow" if served > LIVE_AFTER => {
            sleep(Duration::from_millis(250)).await;
            None
        }
        _ => None,
    }
}

async fn forward(
    to: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Incoming>, Failure> {
    let stream = TcpStream::connect(to).await?;
    let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}

/// The response of the admin listener, with this program's version and its count of failed requests.
async fn rewritten(
    proxy: &Proxy,
    path: &str,
    response: Response<Incoming>,
) -> Result<Response<Body>, Failure> {
    let (mut head, body) = response.into_parts();
    let text = String::from_utf8_lossy(&body.collect().await?.to_bytes()).into_owned();
    let text = if path == "/metrics" {
        let failed = proxy.failed.load(Ordering::Relaxed);
        let line = format!(
            "minitwit_http_requests_total{{route=\"/\",method=\"GET\",status=\"500\"}} {failed}\n"
        );
        text + &line
    } else {
        match text.split_once("\"version\":\"") {
            Some((before, rest)) => format!(
                "{before}\"version\":\"{}{}",
                proxy.payload.version,
                &rest[rest.find('"').unwrap_or(0)..]
            ),
            None => text,
        }
    };
    head.headers.remove("content-length");
    Ok(Response::from_parts(head, full(text)))
}

fn with_version(mut response: Response<Body>, version: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(version) {
        response.headers_mut().insert("minitwit-version", value);
    }
    response
}

fn full(text: String) -> Body {
    Full::new(Bytes::from(text))
        .map_err(|never| match never {})
        .boxed()
}

fn plain(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(full(text.to_owned()));
    *response.status_mut() = status;
    response
}
