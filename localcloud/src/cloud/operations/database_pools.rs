//! Operations on connection pools.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::database_pools::DatabasePool;
use serde::Deserialize;
use uuid::Uuid;

/// What a client changes of a pool.
#[derive(Debug, Deserialize)]
pub struct PoolChange {
    mode: String,
    size: u32,
    db: String,
    #[serde(default)]
    user: Option<String>,
}

impl Record {
    /// Makes a pool.
    ///
    /// # Errors
    /// When there is no such cluster, it is not online, the name is taken, or the pool is invalid.
    pub fn create_pool(&mut self, cluster: Uuid, pool: DatabasePool) -> Result<(), Refusal> {
        if self.database(cluster)?.pool(&pool.name).is_ok() {
            return Err(Refusal::unprocessable(format!(
                "pool {} exists already",
                pool.name
            )));
        }
        self.put_pool(cluster, pool)
    }

    /// Changes a pool.
    ///
    /// # Errors
    /// When it does not exist, or it would be invalid.
    pub fn update_pool(
        &mut self,
        cluster: Uuid,
        name: &str,
        change: PoolChange,
    ) -> Result<(), Refusal> {
        let old = self.database(cluster)?.pool(name)?;
        let pool = DatabasePool {
            name: name.to_owned(),
            mode: change.mode,
            size: change.size,
            db: change.db,
            user: change.user.or_else(|| old.user.clone()),
        };
        self.put_pool(cluster, pool)
    }

    fn put_pool(&mut self, cluster: Uuid, mut pool: DatabasePool) -> Result<(), Refusal> {
        let invalid = |what: &str| Refusal::unprocessable(format!("invalid pool: {what}"));
        let cluster = self.online_database(cluster)?;
        pool.user = pool.user.filter(|user| !user.is_empty());
        let others = cluster.pools.iter().filter(|other| other.name != pool.name);
        let taken: u32 = others.map(|other| other.size).sum();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if !(1..=63).contains(&pool.name.len()) || !pool.name.chars().all(allowed) {
            return Err(invalid(
                "a name of 1 to 63 letters, digits, dashes, dots and underscores must be given",
            ));
        }
        if !["transaction", "session", "statement"].contains(&pool.mode.as_str()) {
            return Err(invalid("mode is transaction, session or statement"));
        }
        if !cluster.databases.contains(&pool.db) {
            return Err(invalid("there is no such database"));
        }
        if let Some(user) = &pool.user {
            cluster
                .user(user)
                .map_err(|_| invalid("there is no such user"))?;
        }
        if pool.size == 0 || taken.saturating_add(pool.size) > cluster.size().connections {
            return Err(invalid("the cluster has not as many connections left"));
        }
        cluster.pools.retain(|other| other.name != pool.name);
        cluster.pools.push(pool);
        cluster.revision += 1;
        Ok(())
    }

    /// Removes a pool.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete_pool(&mut self, cluster: Uuid, name: &str) -> Result<(), Refusal> {
        let cluster = self.database_mut(cluster)?;
        cluster.pool(name)?;
        cluster.pools.retain(|pool| pool.name != name);
        cluster.revision += 1;
        Ok(())
    }
}
