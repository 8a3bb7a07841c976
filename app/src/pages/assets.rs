//! Files that pages refer to. Their addresses contain the version, so browsers may cache them.

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, HeaderValue};

use crate::context::Context;
use crate::error::Result;
use crate::reply::{self, Reply};

/// `GET /static/style.css`
pub async fn stylesheet(_: Context) -> Result<Reply> {
    let style = include_bytes!("../../static/style.css");
    Ok(cacheable(style, "text/css; charset=utf-8"))
}

/// `GET /static/live.js`
pub async fn script(_: Context) -> Result<Reply> {
    let script = include_bytes!("../../static/live.js");
    Ok(cacheable(script, "text/javascript; charset=utf-8"))
}

/// `GET /static/icon.svg`
pub async fn icon(_: Context) -> Result<Reply> {
    let icon = include_bytes!("../../static/icon.svg");
    Ok(cacheable(icon, "image/svg+xml"))
}

fn cacheable(bytes: &'static [u8], content_type: &'static str) -> Reply {
    let mut reply = reply::with_type(Bytes::from_static(bytes), content_type);
    let day = HeaderValue::from_static("public, max-age=86400");
    reply.headers_mut().insert(CACHE_CONTROL, day);
    reply
}
