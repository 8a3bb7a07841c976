//! `minitwitctl inventory`: Ansible's dynamic inventory of the app droplets and the monitor, from Terraform's outputs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use operate::environment::{Environment, Outputs, repository};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// A socket's path may have 107 bytes; Ansible's names for its sockets take the rest.
const LONGEST_SOCKET_DIRECTORY: usize = 74;

pub fn run(environment: &Environment, host: Option<&str>) -> Result<ExitCode> {
    let sockets = repository()?.join(".cache/ansible/cp");
    let access = Access {
        key: environment.ssh.key().map(absolute),
        known_hosts: environment.ssh.known_hosts().map(absolute),
        sockets,
    };
    let inventory = inventory(&environment.outputs, &access).map_err(Error::NotInEnvironment)?;
    let shown = match host {
        None => &inventory,
        Some(host) => inventory["_meta"]["hostvars"].get(host).ok_or_else(|| {
            Error::NotInEnvironment(format!("This environment has no droplet {host}."))
        })?,
    };
    println!("{shown:#}");
    Ok(ExitCode::SUCCESS)
}

/// How Ansible gets onto the droplets.
struct Access {
    key: Option<PathBuf>,
    known_hosts: Option<PathBuf>,
    sockets: PathBuf,
}

impl Access {
    fn variables(&self) -> Map<String, Value> {
        let mut options = vec![
            "-o".to_owned(),
            "StrictHostKeyChecking=accept-new".to_owned(),
        ];
        if let Some(known_hosts) = &self.known_hosts {
            options.extend([
                "-o".to_owned(),
                format!("UserKnownHostsFile={}", known_hosts.display()),
            ]);
        }
        let mut variables = Map::from_iter([("ansible_user".to_owned(), json!("root"))]);
        if let Some(key) = &self.key {
            variables.insert("ansible_ssh_private_key_file".to_owned(), json!(key));
            options.extend(["-o".to_owned(), "IdentitiesOnly=yes".to_owned()]);
        }
        let options: Vec<String> = options.iter().map(|option| shell_quote(option)).collect();
        variables.insert(
            "ansible_ssh_common_args".to_owned(),
            json!(options.join(" ")),
        );
        // Inside the working copy, like all that Ansible writes, unless that path is too long for a socket.
        if self.sockets.as_os_str().len() <= LONGEST_SOCKET_DIRECTORY {
            variables.insert("ansible_control_path_dir".to_owned(), json!(self.sockets));
        }
        variables
    }
}

fn inventory(outputs: &Outputs, access: &Access) -> std::result::Result<Value, String> {
    let [a, b] = outputs.pair()?;
    let mut hosts = Map::new();
    for (droplet, peer) in [(a, b), (b, a)] {
        let variables = json!({
            "ansible_host": droplet.public_ip,
            "private_ip": droplet.private_ip,
            "droplet_id": droplet.id.to_string(),
            "peer_name": peer.name,
            "peer_private_ip": peer.private_ip,
        });
        hosts.insert(droplet.name.clone(), variables);
    }
    let mut shared = access.variables();
    shared.insert("live_ip".to_owned(), json!(outputs.live_ip));
    shared.insert("stage_ip".to_owned(), json!(outputs.stage_ip));
    shared.insert("vpc_ip_range".to_owned(), json!(outputs.vpc_ip_range));
    shared.insert("database".to_owned(), outputs.database.whole.clone());
    let mut monitors = json!({ "hosts": [] });
    if let Some(monitor) = &outputs.monitor {
        let variables =
            json!({ "ansible_host": monitor.public_ip, "private_ip": monitor.private_ip });
        hosts.insert(monitor.name.clone(), variables);
        shared.insert("monitor_private_ip".to_owned(), json!(monitor.private_ip));
        let backups = outputs.backups.as_ref().map(|backups| &backups.whole);
        monitors = json!({ "hosts": [monitor.name], "vars": { "backups": backups } });
    }
    Ok(json!({
        "app": { "hosts": [a.name, b.name] },
        "monitor": monitors,
        "all": { "children": ["app", "monitor"], "vars": shared },
        "_meta": { "hostvars": hosts },
    }))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Ansible splits its ssh arguments as a shell does.
fn shell_quote(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r#"'"'"'"#))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUTS: &str = include_str!("../../tests/inventory/outputs.json");

    fn access() -> Access {
        Access {
            key: Some("/home/op/my keys/ssh-key".into()),
            known_hosts: Some("/home/op/known hosts".into()),
            sockets: "/srv/minitwit/.cache/ansible/cp".into(),
        }
    }

    #[test]
    fn the_inventory_has_what_the_roles_use() {
        let outputs = Outputs::parse(OUTPUTS.as_bytes()).unwrap();
        let expected: Value =
            serde_json::from_str(include_str!("../../tests/inventory/expected.json")).unwrap();
        assert_eq!(inventory(&outputs, &access()).unwrap(), expected);
    }

    #[test]
    fn an_environment_may_lack_monitor_and_backups() {
        let mut outputs = Outputs::parse(OUTPUTS.as_bytes()).unwrap();
        outputs.backups = None;
        let with_monitor = inventory(&outputs, &access()).unwrap();
        assert_eq!(with_monitor["monitor"]["vars"], json!({ "backups": null }));
        outputs.monitor = None;
        let without = inventory(&outputs, &access()).unwrap();
        assert_eq!(without["monitor"], json!({ "hosts": [] }));
        assert!(without["all"]["vars"].get("monitor_private_ip").is_none());
    }

    #[test]
    fn one_droplet_is_no_pair() {
        let mut outputs = Outputs::parse(OUTPUTS.as_bytes()).unwrap();
        outputs.droplets.pop();
        let problem = inventory(&outputs, &access()).unwrap_err();
        assert!(problem.contains("1 app droplets"), "{problem}");
    }

    #[test]
    fn a_long_path_leaves_the_sockets_directory_to_ansible() {
        let mut access = access();
        access.sockets = format!("/{}", "x".repeat(80)).into();
        assert!(access.variables().get("ansible_control_path_dir").is_none());
    }
}
