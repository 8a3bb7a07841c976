//! One connection: its requests, one after the other, until it ends or is let go.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::activity::{Activity, ClientLimits, Held};
use crate::lifecycle::Phase;
use crate::reply::Reply;
use crate::watched::Watched;

/// Request line and headers may be this large, in bytes.
const HEAD_LIMIT: usize = 64 * 1024;

/// Serves one connection to its end.
///
/// A client that is slower than `limits` is cut. In a phase that closes connections, the service has
/// said so in its answers, and an idle connection is closed.
pub async fn attend<S, F>(
    (stream, address): (TcpStream, SocketAddr),
    service: S,
    limits: ClientLimits,
    phase: watch::Receiver<Phase>,
) where
    S: Fn(Request<Incoming>, IpAddr) -> F,
    F: Future<Output = Reply>,
{
    let activity = Activity::new();
    let observed = service_fn(|request: Request<Incoming>| {
        let busy = activity.busy();
        // Boxed, so that an idle connection has no room for it.
        let work = Box::pin(service(request, address.ip()));
        async {
            let reply = work.await;
            Ok::<_, Infallible>(reply.map(|body| Held::new(body, busy)))
        }
    });
    let stream = Watched::new(stream, activity.clone());
    let connection = http1::Builder::new()
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), observed);
    let mut connection = pin!(connection);
    // How it ended is the client's business: it left, was silent, or did not speak HTTP.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = activity.overstayed(limits) => return,
        () = activity.let_go(phase) => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection => {}
        () = activity.overstayed(limits) => {}
    }
}
