//! Moves a reserved IP on request, for the operator's commands and for a release; with the API's client.

pub mod api;
pub mod execute;
pub mod move_state;
pub mod order;
pub mod release_orders;
pub mod swap;
