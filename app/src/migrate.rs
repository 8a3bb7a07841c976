//! Brings the schema up to date: numbered SQL files, each in a transaction of its own.
//!
//! Two runs at once are safe: the second waits for the first. A schema that is newer than this binary is not changed. The
//! previous release must be able to run on the schema, so a file only adds, unless its name contains `contract`: such a
//! file removes what no version needs any more, and is applied only with `--contract`.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use tokio::runtime;
use tokio::time::{sleep, timeout};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::config::MigrateConfig;
use crate::database::Target;

/// One numbered file.
#[derive(Debug, Serialize)]
pub struct Migration {
    pub version: i32,
    /// The file's name without `.sql`.
    pub name: &'static str,
    pub sql: &'static str,
}

impl Migration {
    /// Whether it removes something that an older version may need.
    const fn is_contract(&self) -> bool {
        let (name, word) = (self.name.as_bytes(), b"_contract_");
        let mut at = 0;
        while at < word.len() {
            if at + 4 >= name.len() || name[at + 4] != word[at] {
                return false;
            }
            at += 1;
        }
        true
    }
}

/// In order. A released file is never changed.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "0001_create_tables",
        sql: include_str!("../migrations/0001_create_tables.sql"),
    },
    Migration {
        version: 2,
        name: "0002_create_release_journal",
        sql: include_str!("../migrations/0002_create_release_journal.sql"),
    },
    Migration {
        version: 3,
        name: "0003_index_texts_by_author",
        sql: include_str!("../migrations/0003_index_texts_by_author.sql"),
    },
];

/// The advisory lock's key, the same in all releases.
const LOCK: i64 = 0x6d69_6e69_7477_6974;

/// Attempts with a table that is in use before the run fails.
const ATTEMPTS: u32 = 5;

/// The version that this binary's statements need; no contract is needed.
pub const NEEDED: i32 = {
    let mut last = MIGRATIONS.len() - 1;
    while MIGRATIONS[last].is_contract() {
        last -= 1;
    }
    MIGRATIONS[last].version
};

/// Runs `minitwit migrate` and prints what it has applied.
///
/// # Errors
/// As for [`run`].
pub fn command(config: &MigrateConfig) -> Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("starting the runtime")?;
    let applied = runtime.block_on(run(config))?;
    for name in &applied {
        println!("applied {name}");
    }
    if applied.is_empty() {
        println!("the schema is up to date");
    }
    Ok(())
}

/// Prints all migrations as JSON.
///
/// # Errors
/// If they have no JSON form: a defect.
pub fn print_all() -> Result<()> {
    let text = serde_json::to_string(MIGRATIONS).context("writing JSON")?;
    println!("{text}");
    Ok(())
}

/// Applies the missing files and returns their names, oldest first.
///
/// # Errors
/// If the database can't be reached, another migration does not end in time, or a file fails; the files before it stay applied.
pub async fn run(config: &MigrateConfig) -> Result<Vec<&'static str>> {
    let target = Target::new(&config.database)?;
    let mut connection = target
        .connect()
        .await
        .context("connecting to the database")?;
    let client = connection.client_mut();
    lock(client, config.wait_limit).await?;
    // The server releases the lock when the connection ends.
    client
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS schema_migration (
                version integer PRIMARY KEY,
                name text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )",
        )
        .await
        .context("creating the table of migrations")?;
    let rows = client
        .query("SELECT version FROM schema_migration", &[])
        .await
        .context("reading the schema's version")?;
    let present: BTreeSet<i32> = rows.iter().map(|row| row.get(0)).collect();

    let mut applied = Vec::new();
    let missing = MIGRATIONS
        .iter()
        .filter(|it| !present.contains(&it.version));
    for migration in missing.filter(|it| config.contract || !it.is_contract()) {
        apply(client, migration, config.lock_limit)
            .await
            .with_context(|| format!("applying {}", migration.name))?;
        applied.push(migration.name);
    }
    if let Some(user) = &config.grant_to {
        grant(client, user)
            .await
            .with_context(|| format!("granting {user} what serving needs"))?;
    }
    Ok(applied)
}

/// Lets `user` read and write the rows of every table. On a managed PostgreSQL 15 only the database's owner may create
/// tables, so migrations and the service have a user each.
async fn grant(client: &Client, user: &str) -> Result<(), tokio_postgres::Error> {
    let user = format!("\"{}\"", user.replace('"', "\"\""));
    let grants = format!(
        "GRANT USAGE ON SCHEMA public TO {user};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user};
         GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {user}"
    );
    client.batch_execute(&grants).await
}

async fn lock(client: &Client, limit: Duration) -> Result<()> {
    let waiting = client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]);
    match timeout(limit, waiting).await {
        Ok(result) => {
            result.context("taking the migration lock")?;
            Ok(())
        }
        Err(_) => bail!("another migration has been running for more than {limit:?}"),
    }
}

async fn apply(client: &mut Client, migration: &Migration, lock_limit: Duration) -> Result<()> {
    let mut attempt = 1;
    loop {
        let error = match apply_once(client, migration, lock_limit).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let in_use = error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE);
        if !in_use || attempt == ATTEMPTS {
            return Err(error.into());
        }
        sleep(Duration::from_secs(1) * attempt).await;
        attempt += 1;
    }
}

async fn apply_once(
    client: &mut Client,
    migration: &Migration,
    lock_limit: Duration,
) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    // A change that waits for a table blocks all others there, so it must not wait long.
    let limit = format!("SET LOCAL lock_timeout = {}", lock_limit.as_millis());
    transaction.batch_execute(&limit).await?;
    transaction.batch_execute(migration.sql).await?;
    transaction
        .execute(
            "INSERT INTO schema_migration (version, name) VALUES ($1, $2)",
            &[&migration.version, &migration.name],
        )
        .await?;
    transaction.commit().await
}

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;

    #[test]
    fn migrations_are_numbered_without_gaps_and_all_embedded() {
        for (migration, expected) in MIGRATIONS.iter().zip(1..) {
            assert_eq!(migration.version, expected);
            assert!(migration.name.starts_with(&format!("{expected:04}_")));
        }
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let files = std::fs::read_dir(directory).expect("the directory is in the package");
        assert_eq!(files.count(), MIGRATIONS.len());
    }
}
