//! Which responses of the simulator API are good.

use crate::scenario::step::Kind;
use operate::client::{Failure, Response};
use serde::Deserialize;
use serde_json::Value;

/// The body of `GET /latest`.
#[derive(Deserialize)]
pub(crate) struct Latest {
    pub(crate) latest: i64,
}

/// Checks a response to `GET /latest`.
///
/// # Errors
/// If it is not a 200 with a number.
pub fn accept_latest(response: Response) -> Result<Response, Failure> {
    let response = response.expect_status(200)?;
    response.json::<Latest>().map(|_| response)
}

/// The simulator's idea of success: 204, and on `register` also 400, because the account may exist already.
///
/// # Errors
/// For every other status.
pub fn accept(kind: Kind, response: Response) -> Result<Response, Failure> {
    match (kind, response.status) {
        (_, 204) | (Kind::Register, 400) => Ok(response),
        (_, status) => Err(Failure::Status(status)),
    }
}

/// Whether an accepted response means that the requested state holds now; on `register` also that it held before.
#[must_use]
pub fn took_effect(response: &Response) -> bool {
    response.status == 204
        || response
            .json::<Value>()
            .is_ok_and(|body| body["error_msg"] == "The username is already taken")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &'static str) -> Response {
        Response {
            status,
            headers: hyper::HeaderMap::new(),
            body: hyper::body::Bytes::from_static(body.as_bytes()),
        }
    }

    #[test]
    fn only_204_is_success_and_400_on_register() {
        assert!(accept(Kind::Register, response(400, "")).is_ok());
        assert!(accept(Kind::Follow, response(204, "")).is_ok());
        for (kind, status) in [
            (Kind::Tweet, 400),
            (Kind::Tweet, 200),
            (Kind::Register, 403),
            (Kind::Follow, 404),
        ] {
            assert_eq!(
                accept(kind, response(status, "")).unwrap_err(),
                Failure::Status(status)
            );
        }
    }

    #[test]
    fn an_account_exists_after_204_and_after_already_taken_only() {
        assert!(took_effect(&response(204, "")));
        let taken = r#"{"status":400,"error_msg":"The username is already taken"}"#;
        assert!(took_effect(&response(400, taken)));
        assert!(!took_effect(&response(
            400,
            r#"{"status":400,"error_msg":"You have to enter a username"}"#
        )));
        assert!(!took_effect(&response(400, "what?")));
    }
}
