//! A connection to the database through a droplet, which the database trusts. TLS runs from end to end: the droplet sees no password
//! and no row, and the version that runs there does not matter.

use std::sync::Arc;
use std::time::Duration;

use operate::environment::{Database, Droplet};
use operate::ssh::Ssh;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;
use tokio_postgres::config::Host;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};

const CONNECT: Duration = Duration::from_secs(6);

/// Connects as the service's user. The connection closes when the client is dropped.
///
/// # Errors
/// [`Error::Failed`] if the droplet or the database does not respond in time.
pub async fn connect(ssh: &Ssh, droplet: &Droplet, database: &Database) -> Result<Client> {
    let failed = |cause: String| {
        Error::Failed(format!(
            "the database can't be reached through {}: {cause}",
            droplet.name
        ))
    };
    let config: Config = database
        .uri
        .parse()
        .map_err(|_| failed("its address in the outputs is not a PostgreSQL URI".to_owned()))?;
    let (Some(Host::Tcp(host)), Some(port)) =
        (config.get_hosts().first(), config.get_ports().first())
    else {
        return Err(failed("its address in the outputs has no host".to_owned()));
    };
    let mut tls = trusting(&database.ca_certificate).map_err(failed)?;
    let tls =
        <MakeRustlsConnect as MakeTlsConnect<tokio::io::Empty>>::make_tls_connect(&mut tls, host)
            .map_err(|error| failed(error.to_string()))?;
    let mut child = ssh.stream(droplet, host, *port)?;
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failed("ssh has no pipes".to_owned()));
    };
    let stream = tokio::io::join(stdout, stdin);
    let connecting = timeout(CONNECT, config.connect_raw(stream, tls));
    let (client, connection) = connecting
        .await
        .map_err(|_| failed(format!("no connection within {} s", CONNECT.as_secs())))?
        .map_err(|error| failed(chain(&error)))?;
    tokio::spawn(async move {
        // An error shows in the client's next call. Dropping the child ends ssh.
        let _ = connection.await;
        drop(child);
    });
    Ok(client)
}

/// An error with its causes: a database error alone shows only "db error".
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}

fn trusting(pem: &str) -> Result<MakeRustlsConnect, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() {
        return Err("there is no CA certificate in the outputs".to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
