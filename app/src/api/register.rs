//! `/register`: new users.

use serde::Deserialize;

use crate::context::{Context, Text};
use crate::error::{Error, Result};
use crate::reply::{self, Reply};
use crate::store::users;

/// The longest values, in characters.
const LONGEST_NAME: usize = 100;
const LONGEST_EMAIL: usize = 320;
const LONGEST_PASSWORD: usize = 1000;

const NAME_TAKEN: &str = "The username is already taken";

/// A key that is missing or null is answered like one that is empty.
#[derive(Deserialize)]
struct Form {
    username: Option<Text>,
    email: Option<Text>,
    pwd: Option<Text>,
}

struct Registration {
    name: String,
    email: String,
    password: String,
}

/// `POST /register`: adds a user.
pub async fn register(mut context: Context) -> Result<Reply> {
    if context.is_form() {
        return Err(Error::UnsupportedMediaType(
            "Send the registration as JSON: {\"username\", \"email\", \"pwd\"}",
        ));
    }
    let Registration {
        name,
        email,
        password,
    } = check(context.json()?)?;
    if context.app.router.reserves(&name) {
        return Err(Error::bad_request(NAME_TAKEN));
    }
    // Asked first so that a taken name costs no hash; decided by the insert.
    let taken = users::exists(&mut context.session().await?, &name).await?;
    if taken {
        return Err(Error::bad_request(NAME_TAKEN));
    }
    let hash = context.app.hasher.hash(password).await?;
    let mut session = context.session().await?;
    if !users::add(&mut session, &name, &email, &hash).await? {
        return Err(Error::bad_request(NAME_TAKEN));
    }
    Ok(reply::no_content())
}

/// In the order that clients were promised.
fn check(form: Form) -> Result<Registration> {
    let text = |field: Option<Text>| field.map(Text::into_string).unwrap_or_default();
    let (name, email, password) = (text(form.username), text(form.email), text(form.pwd));
    if name.trim().is_empty() {
        return Err(Error::bad_request("You have to enter a username"));
    }
    if name.chars().count() > LONGEST_NAME {
        let text = format!("The username is longer than {LONGEST_NAME} characters");
        return Err(Error::bad_request(text));
    }
    if !email.contains('@') || email.chars().count() > LONGEST_EMAIL {
        return Err(Error::bad_request(
            "You have to enter a valid email address",
        ));
    }
    if password.is_empty() {
        return Err(Error::bad_request("You have to enter a password"));
    }
    if password.chars().count() > LONGEST_PASSWORD {
        let text = format!("The password is longer than {LONGEST_PASSWORD} characters");
        return Err(Error::bad_request(text));
    }
    Ok(Registration {
        name,
        email,
        password,
    })
}
