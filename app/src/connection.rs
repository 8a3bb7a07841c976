//! One connection: its requests, one after the other, until the client or the server closes it.

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

use crate::activity::{Activity, BusyBody, ClientLimits};
use crate::lifecycle::Phase;
use crate::reply::Reply;
use crate::tracked_stream::TrackedStream;

/// The largest request line with headers, in bytes.
const HEAD_LIMIT: usize = 64 * 1024;

/// Serves one connection to its end.
///
/// A client that is slower than `limits` is disconnected. In a phase that closes connections an idle connection is closed;
/// the service's replies have announced it.
pub async fn serve<S, F>(
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
        // Boxed, so that an idle connection does not contain the space for it.
        let work = Box::pin(service(request, address.ip()));
        async {
            let reply = work.await;
            Ok::<_, Infallible>(reply.map(|body| BusyBody::new(body, busy)))
        }
    });
    let stream = TrackedStream::new(stream, activity.clone());
    let connection = http1::Builder::new()
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), observed);
    let mut connection = pin!(connection);
    // The result does not matter: the client left, was silent, or did not speak HTTP.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = activity.timed_out(limits) => return,
        () = activity.drained(phase) => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection => {}
        () = activity.timed_out(limits) => {}
    }
}
