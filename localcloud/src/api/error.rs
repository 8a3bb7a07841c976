//! Errors with the texts of the real API.

use crate::cloud::refusal::Refusal;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

/// An error response.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    id: &'static str,
    message: String,
    retry_after: Option<u64>,
    cause: Option<String>,
}

/// Why a request failed, for the log only; travels as an extension of the response.
#[derive(Debug, Clone)]
pub struct Cause(pub String);

impl ApiError {
    fn new(status: StatusCode, id: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            id,
            message: message.into(),
            retry_after: None,
            cause: None,
        }
    }

    /// 400: not JSON.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// 401: no token, or one that isn't known.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Unauthorized",
            "Unable to authenticate you",
        )
    }

    /// 403: the token lacks a scope.
    #[must_use]
    pub fn out_of_scope() -> Self {
        let message = "You are not authorized to perform this operation";
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message)
    }

    /// The response of an injected fault.
    #[must_use]
    pub fn broken(status: StatusCode) -> Self {
        let message = "Server was unable to give you a response.";
        Self::new(status, "server_error", message)
    }

    /// 404.
    #[must_use]
    pub fn not_found() -> Self {
        Refusal::NotFound.into()
    }

    /// 405.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        let message = "This method is not allowed for the resource you requested.";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        )
    }

    /// 422.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Refusal::unprocessable(message).into()
    }

    /// 429: too many requests; `retry_after` in seconds when waiting that long helps.
    #[must_use]
    pub fn too_many_requests(retry_after: Option<u64>) -> Self {
        let error = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "API Rate limit exceeded.",
        );
        Self {
            retry_after,
            ..error
        }
    }

    /// 500. The cause goes to the log only.
    #[must_use]
    pub fn internal(cause: &anyhow::Error) -> Self {
        Self {
            cause: Some(format!("{cause:#}")),
            ..Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "Server was unable to give you a response.",
            )
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let (status, id) = match refusal {
            Refusal::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Refusal::Unprocessable(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unprocessable_entity"),
            Refusal::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Refusal::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
            Refusal::Precondition(_) => (StatusCode::PRECONDITION_FAILED, "precondition_failed"),
            Refusal::Storage(_) => return Self::internal(&refusal.into()),
        };
        Self::new(status, id, refusal.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let request = Uuid::new_v4().to_string();
        let body = json!({"id": self.id, "message": self.message, "request_id": request});
        let mut response = (self.status, Json(body)).into_response();
        if let Ok(request) = HeaderValue::from_str(&request) {
            response.headers_mut().insert("x-request-id", request);
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
