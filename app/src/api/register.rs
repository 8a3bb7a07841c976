//! `/register`: new users.

use serde::Deserialize;

use crate::context::{Context, Text};
use crate::error::Result;
use crate::registration::Registration;
use crate::reply::{self, Reply};

/// A key that is missing or null is answered like one that is empty.
#[derive(Deserialize)]
struct Call {
    username: Option<Text>,
    email: Option<Text>,
    pwd: Option<Text>,
}

/// `POST /register`: adds a user.
pub async fn register(mut context: Context) -> Result<Reply> {
    let call: Call = context.json()?;
    let text = |value: Option<Text>| value.map(Text::into_string).unwrap_or_default();
    let registration = Registration {
        name: text(call.username),
        email: text(call.email),
        password: text(call.pwd),
    };
    registration.check(None)?;
    registration.add(&context).await?;
    Ok(reply::no_content())
}
