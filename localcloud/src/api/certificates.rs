//! `/v2/certificates`

use super::app::App;
use super::request::{Body, HandlerResult, Id, Listing, created, no_content, ok};
use super::shapes::time;
use crate::cloud::operations::certificates::NewCertificate;
use crate::cloud::resources::certificates::Certificate;
use axum::extract::State;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// The end of validity that the platform returns for a pending certificate.
const NEVER: &str = "0001-01-01T00:00:00Z";

fn view(certificate: &Certificate) -> Value {
    let end = |end: Timestamp| time(end);
    json!({
        "id": certificate.id,
        "name": certificate.name,
        "not_after": certificate.not_after.map_or_else(|| NEVER.to_owned(), end),
        "sha1_fingerprint": certificate.sha1,
        "created_at": time(certificate.created_at),
        "dns_names": certificate.dns_names,
        "state": certificate.state,
        "type": certificate.r#type,
    })
}

/// All certificates, or the one with a name.
pub async fn list(State(app): State<Arc<App>>, listing: Listing) -> HandlerResult {
    let record = app.store.record();
    let name = listing.get("name");
    let wanted = record.certificates.values();
    let wanted = wanted.filter(|certificate| name.is_none_or(|name| certificate.name == name));
    ok(listing.page("certificates", wanted, view))
}

/// Adds a certificate.
pub async fn create(State(app): State<Arc<App>>, Body(new): Body<NewCertificate>) -> HandlerResult {
    // Read at once, before a job starts: the response must show the state right after the request.
    let made = app.store.change(|record| {
        let id = record.create_certificate(&new)?;
        Ok(view(record.certificate(id)?))
    });
    created(json!({"certificate": made.await?}))
}

/// One certificate.
pub async fn show(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    ok(json!({"certificate": view(app.store.record().certificate(id)?)}))
}

/// Removes a certificate.
pub async fn delete(State(app): State<Arc<App>>, Id(id): Id<Uuid>) -> HandlerResult {
    app.store
        .change(|record| record.delete_certificate(id))
        .await?;
    no_content()
}
