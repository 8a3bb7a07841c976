//! What handlers read from a request, and the replies that they return.

#![expect(
    clippy::unnecessary_wraps,
    reason = "each handler ends with a reply, in the type that it returns"
)]

use super::error::ApiError;
use crate::cloud::resources::tokens::Token;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::str::FromStr;

/// What each handler returns.
pub type HandlerResult = Result<Reply, ApiError>;

/// A successful reply.
#[derive(Debug)]
pub struct Reply(StatusCode, Option<Value>);

/// 200.
pub fn ok(body: Value) -> HandlerResult {
    Ok(Reply(StatusCode::OK, Some(body)))
}

/// 201.
pub fn created(body: Value) -> HandlerResult {
    Ok(Reply(StatusCode::CREATED, Some(body)))
}

/// 202.
pub fn accepted(body: Value) -> HandlerResult {
    Ok(Reply(StatusCode::ACCEPTED, Some(body)))
}

/// A status without a body.
pub fn bare(status: StatusCode) -> HandlerResult {
    Ok(Reply(status, None))
}

/// 204.
pub fn no_content() -> HandlerResult {
    bare(StatusCode::NO_CONTENT)
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self.1 {
            Some(body) => (self.0, Json(body)).into_response(),
            None => self.0.into_response(),
        }
    }
}

/// The token that a request came with.
#[derive(Debug, Clone)]
pub struct Caller(pub Token);

/// A JSON body. Not JSON: 400. Not of the expected shape: 422.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| ApiError::bad_request(error.body_text()))?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| match error.classify() {
                Category::Data => {
                    ApiError::unprocessable(format!("The request body is invalid: {error}"))
                }
                _ => ApiError::bad_request(format!("The request body is not valid JSON: {error}")),
            })
    }
}

/// An id in the path. One that can't be an id is 404, as nothing has it.
#[derive(Debug)]
pub struct Id<T>(pub T);

/// Two ids in the path: of a thing, and of a part of it.
#[derive(Debug)]
pub struct Ids<T, U>(pub T, pub U);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path_id(parts, state, 0).await.map(Self)
    }
}

impl<S: Send + Sync, T: FromStr + Send, U: FromStr> FromRequestParts<S> for Ids<T, U> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let first = path_id(parts, state, 0).await?;
        Ok(Self(first, path_id(parts, state, 1).await?))
    }
}

async fn path_id<S: Send + Sync, T: FromStr>(
    parts: &mut Parts,
    state: &S,
    n: usize,
) -> Result<T, ApiError> {
    let Path(path) = Path::<Vec<(String, String)>>::from_request_parts(parts, state)
        .await
        .map_err(|_| ApiError::not_found())?;
    let (_, id) = path.get(n).ok_or_else(ApiError::not_found)?;
    id.parse().map_err(|_| ApiError::not_found())
}

/// The query, and what is needed to answer with a page of a list.
#[derive(Debug)]
pub struct Listing {
    url: String,
    query: BTreeMap<String, String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Listing {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(query) = Query::<BTreeMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::bad_request(error.body_text()))?;
        let host = parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let url = format!("http://{}{}", host.unwrap_or("localhost"), parts.uri.path());
        Ok(Self { url, query })
    }
}

impl Listing {
    /// A parameter of the query, unless it is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.query
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str, default: usize) -> usize {
        self.get(name)
            .and_then(|number| number.parse().ok())
            .unwrap_or(default)
            .max(1)
    }

    /// The asked-for page of `items` under `key`, with `links` and `meta`.
    pub fn page<T>(
        &self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        view: impl Fn(T) -> Value,
    ) -> Value {
        let items: Vec<T> = items.into_iter().collect();
        let (page, per_page) = (self.number("page", 1), self.number("per_page", 20).min(200));
        let (total, last) = (items.len(), items.len().div_ceil(per_page).max(1));
        let shown = items
            .into_iter()
            .skip((page - 1).saturating_mul(per_page))
            .take(per_page);
        let shown: Vec<Value> = shown.map(view).collect();
        json!({key: shown, "links": self.links(page, last), "meta": {"total": total}})
    }

    fn links(&self, page: usize, last: usize) -> Value {
        let mut pages = serde_json::Map::new();
        if page > 1 {
            pages.insert("first".to_owned(), self.link(1));
            pages.insert("prev".to_owned(), self.link(page - 1));
        }
        if page < last {
            pages.insert("next".to_owned(), self.link(page + 1));
            pages.insert("last".to_owned(), self.link(last));
        }
        if pages.is_empty() {
            json!({})
        } else {
            json!({"pages": pages})
        }
    }

    fn link(&self, page: usize) -> Value {
        let mut query = self.query.clone();
        query.insert("page".to_owned(), page.to_string());
        let url = Url::parse_with_params(&self.url, query);
        url.map_or(Value::Null, |url| Value::String(url.into()))
    }
}
