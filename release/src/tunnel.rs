//! A connection to the database by way of a droplet, which is among its trusted sources: TLS end to end, so the droplet sees
//! no password and no row, and whatever version runs there does not matter.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;
use tokio_postgres::config::Host;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::environment::{Database, Droplet};
use crate::error::{Error, Result};
use crate::ssh::Ssh;

const CONNECT: Duration = Duration::from_secs(6);

/// Connects as the service's user. The connection ends with the client.
///
/// # Errors
/// [`Error::Failed`] when the droplet or the database does not answer in time.
pub async fn connect(ssh: &Ssh, droplet: &Droplet, database: &Database) -> Result<Client> {
    let failed = |cause: String| {
        Error::Failed(format!(
            "the database can't be reached by way of {}: {cause}",
            droplet.name
        ))
    };
    let config: Config = database
        .uri
        .parse()
        .map_err(|_| failed("its address in the outputs is no PostgreSQL URI".to_owned()))?;
    let (Some(Host::Tcp(host)), Some(port)) =
        (config.get_hosts().first(), config.get_ports().first())
    else {
        return Err(failed("its address in the outputs has no host".to_owned()));
    };
    let mut tls = trusting(&database.ca_certificate).map_err(failed)?;
    let tls =
        <MakeRustlsConnect as MakeTlsConnect<tokio::io::Empty>>::make_tls_connect(&mut tls, host)
            .map_err(|error| failed(error.to_string()))?;
    let mut child = ssh.tunnel(droplet, host, *port)?;
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
        // How it ended shows in the client's next call; ssh ends with its child handle.
        let _ = connection.await;
        drop(child);
    });
    Ok(client)
}

/// Database errors show only "db error" by themselves.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
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
