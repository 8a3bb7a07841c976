//! `minitwitctl sql`: SQL as the database's owner. `psql` runs on the monitor, which is one of the database's trusted
//! sources; the password is passed as input, so no list of processes shows it.

use std::io::Read;
use std::process::ExitCode;

use operate::client::percent_decode;
use operate::environment::Environment;

use super::{monitor, passed_on};
use crate::error::{Error, Result};

pub async fn run(
    environment: &Environment,
    statement: Option<String>,
    database: Option<String>,
) -> Result<ExitCode> {
    let droplet = monitor::droplet(environment)?;
    let owner = Owner::parse(&environment.outputs.database.admin_uri).ok_or_else(|| {
        Error::NotInEnvironment(
            "The outputs have no usable admin_uri of the database: run `make up`.".to_owned(),
        )
    })?;
    let statement = match statement {
        Some(statement) => statement,
        None => standard_input()?,
    };
    let database = database
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| environment.outputs.database.name.clone());
    let command = owner.psql(&database);
    let input = format!("{}\n{statement}\n", owner.password);
    let code = environment
        .ssh
        .feed(droplet, &command, input.as_bytes())
        .await?;
    Ok(passed_on(code))
}

fn standard_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Error::Usage(format!("standard input can't be read as text: {error}")))?;
    Ok(text)
}

/// How the database's owner signs in.
#[derive(Debug, PartialEq, Eq)]
pub struct Owner {
    pub host: String,
    pub port: String,
    pub user: String,
    pub password: String,
}

impl Owner {
    /// Reads `postgresql://USER:PASSWORD@HOST:PORT/NAME?…`.
    pub fn parse(uri: &str) -> Option<Self> {
        let (_, rest) = uri.split_once("://")?;
        let authority = rest.split(['/', '?']).next()?;
        let (credential, address) = authority.rsplit_once('@')?;
        let (user, password) = credential.split_once(':')?;
        let (host, port) = address.rsplit_once(':')?;
        Some(Self {
            host: host.to_owned(),
            port: port.to_owned(),
            user: percent_decode(user)?,
            password: percent_decode(password)?,
        })
    }

    fn psql(&self, database: &str) -> String {
        let connection = [
            ("host", self.host.as_str()),
            ("port", &self.port),
            ("dbname", database),
            ("user", &self.user),
            ("sslmode", "verify-ca"),
            ("sslrootcert", "/etc/prometheus/database-ca.crt"),
            ("connect_timeout", "5"),
        ];
        let connection = connection.map(|(key, value)| format!("{key}={}", libpq_quote(value)));
        format!(
            "read -r PGPASSWORD && export PGPASSWORD && exec psql --no-psqlrc --set=ON_ERROR_STOP=1 --file=- {}",
            shell_quote(&connection.join(" "))
        )
    }
}

fn libpq_quote(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

fn shell_quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_read_from_the_uri() {
        let owner =
            Owner::parse("postgresql://doadmin:p%40%2Fss@10.0.0.5:25060/minitwit?sslmode=require");
        let expected = Owner {
            host: "10.0.0.5".to_owned(),
            port: "25060".to_owned(),
            user: "doadmin".to_owned(),
            password: "p@/ss".to_owned(),
        };
        assert_eq!(owner, Some(expected));
        assert_eq!(Owner::parse("postgresql://10.0.0.5/minitwit"), None);
    }

    #[test]
    fn names_are_quoted_for_libpq_and_for_the_shell() {
        let owner = Owner::parse("postgresql://u:p@h:1/d").unwrap();
        let command = owner.psql("it's");
        assert!(command.contains(r"dbname='\''it\'\''s'\''"), "{command}");
        assert!(!command.contains("PGPASSWORD=p"));
    }
}
