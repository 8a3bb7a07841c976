//! The page to register on.

use serde::Serialize;

use super::frame;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::registration::Registration;
use crate::reply::{self, Reply};

#[derive(Serialize)]
struct Register<'a> {
    error: Option<&'a str>,
    username: &'a str,
    email: &'a str,
}

/// `GET /register`: the form.
pub async fn form(context: Context) -> Result<Reply> {
    if context.viewer_if_claimed().await?.is_some() {
        return reply::redirect("/");
    }
    let register = Register {
        error: None,
        username: "",
        email: "",
    };
    page(&context, register)
}

/// `POST /register` of the form: adds a user, who then signs in.
pub async fn register(mut context: Context) -> Result<Reply> {
    let mut form = context.form()?;
    let (username, email) = (form.take("username"), form.take("email"));
    let registration = Registration {
        name: username.clone(),
        email: email.clone(),
        password: form.take("password"),
    };
    let outcome = match registration.check(Some(&form.take("password2"))) {
        Ok(()) => registration.add(&context).await,
        refused => refused,
    };
    match outcome {
        Err(Error::BadRequest(text)) => {
            let register = Register {
                error: Some(&text),
                username: &username,
                email: &email,
            };
            page(&context, register)
        }
        Err(error) => Err(error),
        Ok(()) => {
            let mut reply = reply::redirect("/login")?;
            let text = "You were successfully registered and can login now";
            context.add_flash(&mut reply, text)?;
            Ok(reply)
        }
    }
}

fn page(context: &Context, register: Register<'_>) -> Result<Reply> {
    frame::show(context, ("register", "Sign Up"), None, register)
}
