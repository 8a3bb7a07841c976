//! Operations on API tokens.

use crate::cloud::record::Record;
use crate::cloud::resources::tokens::{Token, token_text};
use jiff::Timestamp;
use std::collections::BTreeSet;

impl Record {
    /// Makes a token and returns its text.
    pub fn create_token(&mut self, name: String, scopes: BTreeSet<String>) -> String {
        let text = token_text();
        self.add_token(text.clone(), name, scopes);
        text
    }

    /// Makes a token whose text is given.
    pub fn add_token(&mut self, text: String, name: String, scopes: BTreeSet<String>) {
        let created_at = Timestamp::now();
        self.tokens.insert(
            text,
            Token {
                name,
                scopes,
                created_at,
            },
        );
    }
}
