//! The page on which people register.

use askama::Template;

use super::frame::{self, Frame};
use crate::auth::{flash, session};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::registration::Registration;
use crate::reply::{self, Reply};

#[derive(Template)]
#[template(path = "register.html")]
struct Register<'a> {
    frame: Frame,
    error: Option<&'a str>,
    username: &'a str,
    email: &'a str,
}

/// `GET /register`: the form.
pub async fn form(context: Context) -> Result<Reply> {
    let viewer = session::viewer_if_claimed(&context).await?;
    if viewer.is_some() {
        return reply::redirect("/");
    }
    page(&context, None, "", "")
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
        Err(Error::BadRequest(text)) => page(&context, Some(&text), &username, &email),
        Err(error) => Err(error),
        Ok(()) => {
            let mut reply = reply::redirect("/login")?;
            let text = "You were successfully registered and can login now";
            flash::add(&context, &mut reply, text)?;
            Ok(reply)
        }
    }
}

fn page(context: &Context, error: Option<&str>, username: &str, email: &str) -> Result<Reply> {
    let register = Register {
        frame: Frame::new(context, None),
        error,
        username,
        email,
    };
    frame::show(context, &register)
}
