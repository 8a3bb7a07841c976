//! New users: what the API and the page ask of them, and in which order.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::store::users;

/// The longest values, in characters.
const LONGEST_NAME: usize = 100;
const LONGEST_EMAIL: usize = 320;
const LONGEST_PASSWORD: usize = 1000;

const NAME_TAKEN: &str = "The username is already taken";

/// What a new user gives.
pub struct Registration {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: String,
}

impl Registration {
    /// Checks the values, in the order that clients were promised; `repeated` is the password once
    /// more, where it is asked for twice.
    ///
    /// # Errors
    /// 400 with a text for the one who registers.
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

    /// Adds the user.
    ///
    /// # Errors
    /// 400 when the name is taken, 503 when the service is busy.
    pub async fn add(self, context: &Context) -> Result<()> {
        let Self {
            name,
            email,
            password,
        } = self;
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
        let latest = context.take_progress();
        if !users::add(&mut session, (&name, &email, &hash), latest).await? {
            return Err(Error::bad_request(NAME_TAKEN));
        }
        context.app.metrics.counts.users.inc();
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
