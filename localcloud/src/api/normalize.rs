//! Brings each request into one form before it is routed.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// Most bytes of a body.
const LIMIT: usize = 2 * 1024 * 1024;

/// Reads the whole body, since a refusal that comes before it looks like a broken connection to
/// many clients, and drops the closing slash that some write.
pub async fn prepare(request: Request) -> Request {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, LIMIT).await.unwrap_or_default();
    if let Some(bare) = without_closing_slash(&parts.uri) {
        parts.uri = bare;
    }
    Request::from_parts(parts, Body::from(body))
}

fn without_closing_slash(uri: &Uri) -> Option<Uri> {
    let path = uri
        .path()
        .strip_suffix('/')
        .filter(|path| !path.is_empty())?;
    let query = uri.query().map(|query| format!("?{query}"));
    let text = format!("{path}{}", query.unwrap_or_default());
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(text.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}
