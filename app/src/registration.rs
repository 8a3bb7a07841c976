//! New users: the checks of the API and the page, in their order.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::store::users;

/// The longest values, in characters.
const LONGEST_NAME: usize = 100;
const LONGEST_EMAIL: usize = 320;
const LONGEST_PASSWORD: usize = 1000;

const NAME_TAKEN: &str = "The username is already taken";

/// The values of a new user.
pub struct Registration {
    pub name: String,
    pub email: String,
    pub password: String,
}

impl Registration {
    /// Checks the values, in the order that the API promises; `repeated` is the second input of the password, if there is one.
    /// The error is a 400 with a text for the user.
    pub fn check(&self, repeated: Option<&str>) -> Result<()> {
        if self.name.trim().is_empty() {
            return Err(Error::bad_request("You have to enter a username"));
        }
        within("username", &self.name, LONGEST_NAME)?;
        if !self.email.contains('@') || self.email.chars().count() > LONGEST_EMAIL {
            return Err(Error::bad_request(
                "You have to enter a valid email address",
            ));
        }
        if self.password.is_empty() {
            return Err(Error::bad_request("You have to enter a password"));
        }
        within("password", &self.password, LONGEST_PASSWORD)?;
        if repeated.is_some_and(|repeated| repeated != self.password) {
            return Err(Error::bad_request("The two passwords do not match"));
        }
        Ok(())
    }

    /// Adds the user. The error is a 400 if the name is taken, a 503 if the service is busy.
    pub async fn add(self, context: &Context) -> Result<()> {
        let Self {
            name,
            email,
            password,
        } = self;
        if context.app.reserved_names.contains(name.as_str()) {
            return Err(Error::bad_request(NAME_TAKEN));
        }
        // Read first so that a taken name costs no hash; the insert decides.
        let taken = users::exists(&mut context.session().await?, &name).await?;
        if taken {
            return Err(Error::bad_request(NAME_TAKEN));
        }
        let hash = context.app.hasher.hash(password).await?;
        let mut session = context.session().await?;
        let latest = context.take_latest();
        if !users::add(&mut session, (&name, &email, &hash), latest).await? {
            return Err(Error::bad_request(NAME_TAKEN));
        }
        context.app.metrics.usage.users.inc();
        Ok(())
    }
}

fn within(what: &str, value: &str, most: usize) -> Result<()> {
    if value.chars().count() > most {
        let text = format!("The {what} is longer than {most} characters");
        return Err(Error::bad_request(text));
    }
    Ok(())
}
