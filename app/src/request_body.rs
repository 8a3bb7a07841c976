//! Request bodies: read whole, bounded in size and time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use crate::error::{Error, Result};

/// The largest body that a handler receives.
const LIMIT: usize = 64 * 1024;

/// Past the limit this much is read and thrown away, so that the client reads the 413 and gets no reset.
const DISCARD_LIMIT: usize = 4 * 1024 * 1024;

/// Reads the body within `limit`. The error is a 413, a 408, or a 400 if the body ends early or is malformed.
pub async fn read(body: Incoming, limit: Duration) -> Result<Bytes> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    timeout(limit, collect(body))
        .await
        .unwrap_or(Err(Error::BodyTimeout))
}

async fn collect(mut body: Incoming) -> Result<Bytes> {
    let mut collected = BytesMut::new();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Error::bad_request("The request body is malformed"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        received += data.len();
        if received > DISCARD_LIMIT {
            break;
        }
        if received <= LIMIT {
            collected.extend_from_slice(&data);
        }
    }
    if received > LIMIT {
        return Err(Error::TooLarge(LIMIT));
    }
    Ok(collected.freeze())
}
