//! What is inside a database cluster: databases, users, trusted sources.

use crate::cloud::random;
use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::databases::{
    DEFAULT_DATABASE, DEFAULT_USER, DatabaseRule, DatabaseUser,
};
use crate::cloud::resources::firewall_rules::is_address;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

/// Most trusted sources of a cluster; a droplet counts twice.
const RULE_LIMIT: usize = 100;

/// A trusted source as a client describes it.
#[derive(Debug, Deserialize)]
pub struct NewDatabaseRule {
    /// The rule's id, if it was there before.
    #[serde(default)]
    pub uuid: Option<String>,
    /// `ip_addr`, `droplet` or `tag`.
    pub r#type: String,
    /// An address or range, a droplet's id, a tag.
    pub value: String,
}

impl Record {
    /// Makes a database; returns the revision in which it is there.
    ///
    /// # Errors
    /// When there is no such cluster, it is not online, or the name is unfit or taken.
    pub fn create_database_in(&mut self, cluster: Uuid, name: &str) -> Result<u64, Refusal> {
        check_identifier(name)?;
        let cluster = self.online_database(cluster)?;
        if cluster.databases.iter().any(|own| own == name) {
            return Err(Refusal::unprocessable(format!(
                "database {name} exists already"
            )));
        }
        cluster.databases.push(name.to_owned());
        cluster.revision += 1;
        Ok(cluster.revision)
    }

    /// Forgets a database; returns the revision in which it is gone.
    ///
    /// # Errors
    /// When it does not exist, or it is the one that every cluster has.
    pub fn delete_database_in(&mut self, cluster: Uuid, name: &str) -> Result<u64, Refusal> {
        let cluster = self.online_database(cluster)?;
        if name == DEFAULT_DATABASE {
            return Err(Refusal::Forbidden(
                "the default database can't be deleted".to_owned(),
            ));
        }
        let at = cluster
            .databases
            .iter()
            .position(|own| own == name)
            .ok_or(Refusal::NotFound)?;
        cluster.databases.remove(at);
        cluster.revision += 1;
        Ok(cluster.revision)
    }

    /// Makes a user with a password; returns the revision in which it can log in.
    ///
    /// # Errors
    /// When there is no such cluster, it is not online, or the name is unfit or taken.
    pub fn create_user(&mut self, cluster: Uuid, name: &str) -> Result<u64, Refusal> {
        check_identifier(name)?;
        let cluster = self.online_database(cluster)?;
        if cluster.user(name).is_ok() {
            return Err(Refusal::unprocessable(format!(
                "user {name} exists already"
            )));
        }
        cluster.users.push(DatabaseUser {
            name: name.to_owned(),
            password: random::password(),
        });
        cluster.revision += 1;
        Ok(cluster.revision)
    }

    /// Gives a user a new password; returns the revision in which it counts.
    ///
    /// # Errors
    /// When there is no such cluster or user, or the cluster is not online.
    pub fn reset_user(&mut self, cluster: Uuid, name: &str) -> Result<u64, Refusal> {
        let cluster = self.online_database(cluster)?;
        let user = cluster
            .users
            .iter_mut()
            .find(|user| user.name == name)
            .ok_or(Refusal::NotFound)?;
        user.password = random::password();
        cluster.revision += 1;
        Ok(cluster.revision)
    }

    /// Removes a user; returns the revision in which it is gone.
    ///
    /// # Errors
    /// When it does not exist, or it is the one that every cluster has.
    pub fn delete_user(&mut self, cluster: Uuid, name: &str) -> Result<u64, Refusal> {
        let cluster = self.online_database(cluster)?;
        if name == DEFAULT_USER {
            return Err(Refusal::Forbidden(
                "the default user can't be deleted".to_owned(),
            ));
        }
        let at = cluster
            .users
            .iter()
            .position(|user| user.name == name)
            .ok_or(Refusal::NotFound)?;
        cluster.users.remove(at);
        cluster.revision += 1;
        Ok(cluster.revision)
    }

    /// Replaces a cluster's trusted sources. Those that stay keep their ids.
    ///
    /// # Errors
    /// When there is no such cluster, a source is invalid or does not exist, or there are too many.
    pub fn set_database_rules(
        &mut self,
        cluster: Uuid,
        rules: &[NewDatabaseRule],
    ) -> Result<(), Refusal> {
        let old = self.database(cluster)?.rules.clone();
        let cost = |rule: &NewDatabaseRule| if rule.r#type == "droplet" { 2 } else { 1 };
        if rules.iter().map(cost).sum::<usize>() > RULE_LIMIT {
            return Err(Refusal::unprocessable(format!(
                "a cluster has at most {RULE_LIMIT} trusted sources"
            )));
        }
        for rule in rules {
            self.check_database_rule(rule)?;
        }
        let keep_or_make = |rule: &NewDatabaseRule| {
            let same = old
                .iter()
                .find(|old| old.r#type == rule.r#type && old.value == rule.value);
            same.cloned().unwrap_or_else(|| DatabaseRule {
                uuid: Uuid::new_v4(),
                r#type: rule.r#type.clone(),
                value: rule.value.clone(),
                created_at: Timestamp::now(),
            })
        };
        self.database_mut(cluster)?.rules = rules.iter().map(keep_or_make).collect();
        Ok(())
    }

    fn check_database_rule(&self, rule: &NewDatabaseRule) -> Result<(), Refusal> {
        let value = &rule.value;
        let good = match rule.r#type.as_str() {
            "ip_addr" => is_address(value) && !value.contains(':'),
            "droplet" => value.parse().is_ok_and(|id| self.droplet(id).is_ok()),
            "tag" => self.tag(value).is_ok(),
            other => {
                return Err(Refusal::unprocessable(format!(
                    "invalid type of trusted source: {other:?}"
                )));
            }
        };
        if good {
            return Ok(());
        }
        Err(Refusal::unprocessable(format!(
            "invalid trusted source: {} {value:?}",
            rule.r#type
        )))
    }

    /// Removes a deleted tag or droplet from all trusted sources.
    pub(super) fn purge_database_rules(&mut self, kind: &str, value: &str) {
        for database in self.databases.values_mut() {
            database
                .rules
                .retain(|rule| rule.r#type != kind || rule.value != value);
        }
    }
}

fn check_identifier(name: &str) -> Result<(), Refusal> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if name.len() <= 63 && starts && name.chars().all(allowed) {
        return Ok(());
    }
    Err(Refusal::unprocessable(format!(
        "invalid name {name:?}: a letter, then letters, digits, underscores and dashes, at most 63"
    )))
}
