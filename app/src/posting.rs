//! What the API and the page ask of a message.

use crate::error::{Error, Result};

/// The longest message, in characters.
pub const LONGEST: usize = 4000;

/// Checks a message's text.
///
/// # Errors
/// 400 with a text for the author.
pub fn check(text: &str) -> Result<()> {
    if text.chars().count() > LONGEST {
        let reason = format!("The message is longer than {LONGEST} characters");
        return Err(Error::bad_request(reason));
    }
    Ok(())
}
