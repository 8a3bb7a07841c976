//! Tags: names that group resources, and that cloud firewalls and trusted sources refer to.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use std::collections::BTreeSet;

impl Record {
    /// Creates a tag unless it exists; returns its name as first written.
    ///
    /// # Errors
    /// When the name has characters that tags don't have.
    pub fn create_tag(&mut self, name: &str) -> Result<String, Refusal> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':');
        if name.is_empty() || name.len() > 255 || !name.chars().all(allowed) {
            return Err(Refusal::unprocessable(format!(
                "Tag name {name:?} is invalid: only letters, digits, colons, dashes and underscores, at most 255"
            )));
        }
        if let Ok(known) = self.tag(name) {
            return Ok(known.to_owned());
        }
        self.tags.insert(name.to_owned());
        Ok(name.to_owned())
    }

    /// Makes sure that each of `names` exists.
    ///
    /// # Errors
    /// When one of them can't be a tag.
    pub fn create_tags(&mut self, names: &[String]) -> Result<BTreeSet<String>, Refusal> {
        names.iter().map(|name| self.create_tag(name)).collect()
    }

    /// A tag's name as first written; case does not count.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn tag(&self, name: &str) -> Result<&str, Refusal> {
        self.tags
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name))
            .map(String::as_str)
            .ok_or(Refusal::NotFound)
    }

    /// Removes a tag from the account and from everything that has it.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete_tag(&mut self, name: &str) -> Result<(), Refusal> {
        let name = self.tag(name)?.to_owned();
        self.tags.remove(&name);
        for droplet in self.droplets.values_mut() {
            droplet.tags.remove(&name);
        }
        for database in self.databases.values_mut() {
            database.tags.remove(&name);
        }
        self.purge_firewalls(Some(&name), None);
        self.purge_database_rules("tag", &name);
        Ok(())
    }

    /// Puts a tag on resources, or takes it off them.
    ///
    /// # Errors
    /// When the tag or a resource does not exist, or a resource's type takes no tags here.
    pub fn tag_resources(
        &mut self,
        name: &str,
        resources: &[(String, String)],
        on: bool,
    ) -> Result<(), Refusal> {
        let name = self.tag(name)?.to_owned();
        for (kind, id) in resources {
            let tags = self.tags_of(kind, id)?;
            if on {
                tags.insert(name.clone());
            } else {
                tags.remove(&name);
            }
        }
        Ok(())
    }

    fn tags_of(&mut self, kind: &str, id: &str) -> Result<&mut BTreeSet<String>, Refusal> {
        match kind {
            "droplet" => {
                let id = id.parse().map_err(|_| Refusal::NotFound)?;
                Ok(&mut self.droplet_mut(id)?.tags)
            }
            "database" => {
                let id = id.parse().map_err(|_| Refusal::NotFound)?;
                Ok(&mut self.database_mut(id)?.tags)
            }
            _ => Err(Refusal::unprocessable(format!(
                "Resources of type {kind:?} can't be tagged"
            ))),
        }
    }

    /// Ids of the droplets that have a tag.
    #[must_use]
    pub fn tagged_droplets(&self, name: &str) -> Vec<u64> {
        let live = self.droplets.values().filter(|droplet| !droplet.destroying);
        let tagged = live.filter(|droplet| {
            droplet
                .tags
                .iter()
                .any(|own| own.eq_ignore_ascii_case(name))
        });
        tagged.map(|droplet| droplet.id).collect()
    }

    /// Ids of the resources of one kind (`droplets`, `databases`) that have a tag.
    #[must_use]
    pub fn tagged(&self, name: &str, kind: &str) -> Vec<String> {
        match kind {
            "droplets" => self
                .tagged_droplets(name)
                .iter()
                .map(u64::to_string)
                .collect(),
            "databases" => {
                let live = self
                    .databases
                    .values()
                    .filter(|database| !database.destroying);
                let tagged = live.filter(|database| database.tags.contains(name));
                tagged.map(|database| database.id.to_string()).collect()
            }
            _ => Vec::new(),
        }
    }
}
