//! MiniTwit on a database of its own: one of several that are compared.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;
use tokio_postgres::{Client, NoTls};

use crate::process::Server;
use crate::seed;
use crate::target::{Target, sign_in};

/// A running server with its database, and the cookie of a signed-in user.
pub struct Side {
    pub server: Server,
    pub database: Client,
    cookie: String,
    users: u32,
}

/// The contents of a side's database.
#[derive(Clone, Copy)]
pub struct Contents<'a> {
    pub users: u32,
    pub messages: u32,
    /// Executed after the vacuum, or empty.
    pub then: &'a str,
}

impl Side {
    /// Creates the database `name` on the server of `url`, migrates and fills it, and starts `binary`.
    pub async fn start(
        binary: &Path,
        directory: &Path,
        (url, name): (&str, &str),
        contents: Contents<'_>,
    ) -> Result<Self> {
        let side = Self::prepare(binary, directory, (url, name), contents).await;
        side.with_context(|| format!("preparing {name}"))
    }

    async fn prepare(
        binary: &Path,
        directory: &Path,
        (url, name): (&str, &str),
        contents: Contents<'_>,
    ) -> Result<Self> {
        let create = format!("CREATE DATABASE {name}");
        connect(url).await?.batch_execute(&create).await?;
        let (server, _) = url.rsplit_once('/').context("DATABASE_URL has no path")?;
        let url = format!("{server}/{name}");
        let migrate = ["migrate", "--database-url", &url];
        let output = Command::new(binary).args(migrate).output().await?;
        ensure!(output.status.success(), "minitwit migrate failed");
        let database = connect(&url).await?;
        let Contents {
            users,
            messages,
            then,
        } = contents;
        eprintln!("filling {name} with {messages} messages");
        seed::fill(&database, users, messages).await?;
        database.batch_execute(then).await?;
        let log = directory.join(format!("{name}.log"));
        let (server, _) = Server::minitwit(binary, &url, &log).await?;
        let cookie = sign_in(&server.address).await?;
        Ok(Self {
            server,
            database,
            cookie,
            users,
        })
    }

    pub fn target(&self, seconds: u64) -> Target<'_> {
        Target {
            address: &self.server.address,
            cookie: Some(&self.cookie),
            users: self.users,
            seconds,
        }
    }
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
