//! An HTTP client for MiniTwit that reports exactly how a request failed. It does not follow redirects, does not retry,
//! and returns bodies byte for byte.

mod connection;
mod cookies;
mod encode;
mod failure;
mod keep_alive;
mod request;
mod response;
mod stream;
mod target;

pub use connection::send;
pub use cookies::Cookies;
pub use encode::{percent_decode, percent_encode};
pub use failure::Failure;
pub use keep_alive::KeepAlive;
pub use request::Request;
pub use response::{Response, SERVED_BY, VERSION};
pub use stream::{Stream, open_stream};
pub use target::{BadTarget, Target};
