//! The database's address and its trust: plain on loopback, else TLS with a given CA.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::DatabaseConfig;

/// Why the settings are invalid. No text quotes the URL, which contains a password.
#[derive(Debug, Error)]
pub enum TargetError {
    /// The URL is not a PostgreSQL URL.
    #[error("DATABASE_URL is not a PostgreSQL URL that can be used")]
    Url(#[source] tokio_postgres::Error),
    /// TLS is required, and there is no CA.
    #[error("sslmode=require needs the database's CA: set MINITWIT_DATABASE_CA to its PEM file")]
    NoCa,
    /// TLS is neither required nor disabled, and the database is on another machine.
    #[error("the database is not on this machine: add ?sslmode=require to DATABASE_URL")]
    PlainAcrossNetwork,
    /// The CA file can't be read or contains no valid certificate.
    #[error("MINITWIT_DATABASE_CA: {path} is not a readable PEM certificate")]
    Ca {
        path: PathBuf,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Where to connect, with which limits and which trusted CA.
#[derive(Clone)]
pub struct Target {
    pub(super) postgres: Config,
    pub(super) tls: Option<MakeRustlsConnect>,
}

impl Target {
    /// Checks the settings; does not connect. A URL without TLS to another machine is an error unless it contains
    /// `sslmode=disable`.
    pub fn new(config: &DatabaseConfig) -> Result<Self, TargetError> {
        let mut postgres: Config = config.database_url.parse().map_err(TargetError::Url)?;
        let tls = match (postgres.get_ssl_mode(), &config.database_ca) {
            (SslMode::Disable, _) => None,
            (SslMode::Require, Some(ca)) => Some(trusting(ca)?),
            (SslMode::Require, None) => return Err(TargetError::NoCa),
            _ if is_local(&postgres) => None,
            (_, Some(ca)) => {
                postgres.ssl_mode(SslMode::Require);
                Some(trusting(ca)?)
            }
            (_, None) => return Err(TargetError::PlainAcrossNetwork),
        };
        if tls.is_none() {
            postgres.ssl_mode(SslMode::Disable);
        }
        // Keepalives detect a dead database on an idle connection, unacknowledged data on a busy one.
        postgres
            .application_name("minitwit")
            .connect_timeout(config.database_connect_limit)
            .keepalives_idle(Duration::from_secs(5))
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(5));
        Ok(Self { postgres, tls })
    }

    /// Makes the server cancel statements that take longer, and plan each statement once: the plans are the same for all
    /// values, and planning costs more than most statements.
    pub fn limit_statements(&mut self, limit: Duration) {
        let given = self.postgres.get_options().unwrap_or_default();
        let options = format!(
            "{given} -c statement_timeout={} -c plan_cache_mode=force_generic_plan -c jit=off",
            limit.as_millis()
        );
        self.postgres.options(options.trim());
    }

    /// A connection outside the pool.
    pub async fn connect(&self) -> Result<Dedicated, tokio_postgres::Error> {
        if let Some(tls) = &self.tls {
            let (client, connection) = self.postgres.connect(tls.clone()).await?;
            Ok(Dedicated::new(client, tokio::spawn(connection)))
        } else {
            let (client, connection) = self.postgres.connect(NoTls).await?;
            Ok(Dedicated::new(client, tokio::spawn(connection)))
        }
    }
}

/// A connection outside the pool. It ends when dropped, even if the server is silent.
pub struct Dedicated {
    client: Client,
    task: JoinHandle<Result<(), tokio_postgres::Error>>,
}

impl Dedicated {
    pub(super) fn new(client: Client, task: JoinHandle<Result<(), tokio_postgres::Error>>) -> Self {
        Self { client, task }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// For transactions.
    pub fn client_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

impl Drop for Dedicated {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn is_local(config: &Config) -> bool {
    let addresses = config.get_hostaddrs();
    if !addresses.is_empty() {
        return addresses.iter().all(IpAddr::is_loopback);
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        Host::Unix(_) => true,
    })
}

fn trusting(path: &Path) -> Result<MakeRustlsConnect, TargetError> {
    let roots = roots(path).map_err(|source| TargetError::Ca {
        path: path.to_owned(),
        source,
    })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has the suites of the protocol versions it is built with")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn roots(path: &Path) -> Result<RootCertStore, Box<dyn std::error::Error + Send + Sync>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path)? {
        roots.add(certificate?)?;
    }
    if roots.is_empty() {
        return Err(io::Error::other("no certificate in the file").into());
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str, ca: Option<&str>) -> Result<Target, TargetError> {
        Target::new(&DatabaseConfig {
            database_url: url.to_owned(),
            database_ca: ca.map(PathBuf::from),
            database_connect_limit: Duration::from_secs(2),
        })
    }

    #[test]
    fn loopback_is_plain_unless_tls_is_required() {
        for url in [
            "postgres://a@127.0.0.1/a",
            "postgres://a@localhost/a?sslmode=prefer",
            "postgres://a@[::1]/a",
        ] {
            assert!(target(url, None).is_ok_and(|target| target.tls.is_none()));
        }
        let required = target("postgres://a@127.0.0.1/a?sslmode=require", None);
        assert!(matches!(required, Err(TargetError::NoCa)));
    }

    #[test]
    fn another_machine_is_plain_only_when_asked_for() {
        let silent = target("postgres://a@10.0.0.1/a", None);
        assert!(matches!(silent, Err(TargetError::PlainAcrossNetwork)));
        assert!(target("postgres://a@10.0.0.1/a?sslmode=disable", None).is_ok());
    }

    #[test]
    fn a_wrong_url_or_ca_file_is_named_without_the_password() {
        let Err(error) = target("postgres://a:hunter2@host/a?sslmode=maybe", None) else {
            panic!("was accepted");
        };
        assert!(!crate::log::chain(&error).contains("hunter2"));
        let missing = target(
            "postgres://a@10.0.0.1/a?sslmode=require",
            Some("/no/such.crt"),
        );
        assert!(matches!(missing, Err(TargetError::Ca { .. })));
    }
}
