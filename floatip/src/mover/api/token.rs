//! The API token: from a file or the environment, never shown.

use std::{fmt, fs, io, path::Path};

/// A token that no log or debug output shows.
#[derive(Clone)]
pub struct Token(String);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
    /// The file can't be read.
    #[error(
        "can't read the API token from {path}: {error}; name a readable file in FLOATIP_TOKEN_FILE, or set DIGITALOCEAN_TOKEN"
    )]
    Unreadable {
        /// The file.
        path: String,
        /// Why it could not be read.
        error: io::Error,
    },
    /// Nothing, or something that can't stand in an HTTP header.
    #[error(
        "{0} holds no API token: it must be one line of visible characters; make one in DigitalOcean's control panel under API"
    )]
    Malformed(String),
}

impl Token {
    /// A token from its text; blanks around it are dropped.
    ///
    /// # Errors
    /// If `text` can't be a token; the error names `source` as its origin.
    pub fn new(text: &str, source: &str) -> Result<Self, NoToken> {
        let token = text.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NoToken::Malformed(source.to_owned()));
        }
        Ok(Self(token.to_owned()))
    }

    /// Reads a token from a file.
    ///
    /// # Errors
    /// If the file can't be read or holds no token.
    pub fn from_file(path: &Path) -> Result<Self, NoToken> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| NoToken::Unreadable {
            path: name.clone(),
            error,
        })?;
        Self::new(&text, &name)
    }

    /// The token itself, for the one place that sends it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_trimmed_checked_and_never_shown() {
        let token = Token::new(" dop_v1_secret\n", "test").unwrap();
        assert_eq!(token.reveal(), "dop_v1_secret");
        assert_eq!(format!("{token:?}"), "Token(redacted)");
        assert!(Token::new("\n", "test").is_err());
        assert!(Token::new("two words", "test").is_err());
    }
}
