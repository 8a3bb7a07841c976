//! Makes the databases and users of a server equal to the cluster's specification.

use super::super::spec::DatabaseSpec;
use super::node::Node;
use anyhow::{Context, Result};
use tokio_postgres::Client;

/// Creates what is missing and drops what is not specified. As on the platform, `doadmin` owns each database;
/// other users may connect and own nothing.
///
/// # Errors
/// When a statement fails.
pub async fn sync(primary: &Node, spec: &DatabaseSpec) -> Result<()> {
    let client = primary.connect("postgres").await?;
    for (user, password) in &spec.users {
        let known = "SELECT 1 FROM pg_roles WHERE rolname = $1";
        let verb = if exists(&client, known, user).await? {
            "ALTER"
        } else {
            "CREATE"
        };
        let rights = if user == "doadmin" {
            "CREATEDB CREATEROLE REPLICATION"
        } else {
            ""
        };
        let (name, password) = (identifier(user), literal(password));
        let statement = format!("{verb} ROLE {name} LOGIN {rights} PASSWORD {password}");
        client
            .batch_execute(&statement)
            .await
            .with_context(|| format!("setting up the database user {user}"))?;
    }
    for database in &spec.databases {
        let known = "SELECT 1 FROM pg_database WHERE datname = $1";
        if !exists(&client, known, database).await? {
            let name = identifier(database);
            client
                .batch_execute(&format!("CREATE DATABASE {name} OWNER doadmin"))
                .await
                .with_context(|| format!("creating the database {database}"))?;
        }
    }
    drop_databases(&client, spec).await?;
    drop_users(primary, &client, spec).await
}

async fn drop_databases(client: &Client, spec: &DatabaseSpec) -> Result<()> {
    let there = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'";
    for name in names(client, there).await? {
        if !spec.databases.contains(&name) {
            let name = identifier(&name);
            client
                .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
                .await?;
        }
    }
    Ok(())
}

async fn drop_users(primary: &Node, client: &Client, spec: &DatabaseSpec) -> Result<()> {
    let there = "SELECT rolname FROM pg_roles WHERE rolname <> 'postgres' AND rolname !~ '^pg_'";
    for user in names(client, there).await? {
        if spec.users.iter().any(|(name, _)| *name == user) {
            continue;
        }
        let name = identifier(&user);
        for database in &spec.databases {
            let here = primary.connect(database).await?;
            let hand_over = format!("REASSIGN OWNED BY {name} TO doadmin; DROP OWNED BY {name}");
            here.batch_execute(&hand_over).await?;
        }
        client.batch_execute(&format!("DROP ROLE {name}")).await?;
    }
    Ok(())
}

async fn names(client: &Client, query: &str) -> Result<Vec<String>> {
    let rows = client.query(query, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn exists(client: &Client, query: &str, name: &str) -> Result<bool> {
    Ok(client.query_opt(query, &[&name]).await?.is_some())
}

/// Quotes an SQL identifier.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes an SQL string.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
