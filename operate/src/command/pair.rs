//! Which droplet is live and which is standby, as the droplets' agents report it.

use std::time::Duration;

use operate::environment::{Droplet, Environment};

use crate::error::{Error, Result};

const STATUS: Duration = Duration::from_secs(15);

/// The table of `floatip status` from the first droplet that answers.
pub async fn status(environment: &Environment, arguments: &[String]) -> Result<String> {
    let command = ["floatip status", &arguments.join(" ")].join(" ");
    let mut failures = Vec::new();
    for droplet in &environment.outputs.droplets {
        match environment.ssh.run(droplet, &command, b"", STATUS).await {
            Ok(table) => return Ok(table),
            Err(error) => failures.push(error.to_string()),
        }
    }
    Err(Error::NoAnswer(format!(
        "No droplet reports its status ({}): see docs/OPERATIONS.md, section 'Both droplets are gone'.",
        failures.join("; ")
    )))
}

/// The droplet that `live`, `standby`, `monitor` or a name stands for.
pub async fn find<'e>(environment: &'e Environment, name: &str) -> Result<&'e Droplet> {
    let name = match name {
        "live" | "standby" => {
            let table = status(environment, &[]).await?;
            with_role(&table, name).ok_or_else(|| {
                Error::NotInEnvironment(format!(
                    "No droplet is {name} now: see `minitwitctl status`."
                ))
            })?
        }
        name => name.to_owned(),
    };
    environment.outputs.droplet(&name).ok_or_else(|| {
        Error::NotInEnvironment(format!(
            "This environment has no droplet {name}: `minitwitctl status` shows their names."
        ))
    })
}

/// The first column of the row with this role.
fn with_role(table: &str, role: &str) -> Option<String> {
    let mut rows = table.lines().map(|line| line.split_whitespace());
    let column = rows.next()?.position(|heading| heading == "ROLE")?;
    rows.find_map(|row| {
        let row: Vec<&str> = row.collect();
        (row.get(column) == Some(&role)).then(|| row[0].to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
DROPLET       ADDRESS      ROLE     VRRP    FIT
minitwit-a    198.18.1.1   standby  backup  yes
minitwit-b    198.18.1.2   live     master  yes

The record and VRRP agree.
";

    #[test]
    fn a_droplet_is_found_by_its_role() {
        assert_eq!(with_role(TABLE, "live").as_deref(), Some("minitwit-b"));
        assert_eq!(with_role(TABLE, "standby").as_deref(), Some("minitwit-a"));
        assert_eq!(with_role(TABLE, "unknown"), None);
        assert_eq!(with_role("", "live"), None);
    }
}
