//! Starts a cloud's Spaces: the account's own key, and the files from which clients read endpoint and key.

use super::state::Spaces;
use crate::atomic_file;
use crate::cloud::resources::spaces_keys::{Grant, KeySettings, Permission};
use crate::store::Store;
use anyhow::{Context, Result};
use slog::Logger;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// File with the URL of the first listener.
pub const ENDPOINT_FILE: &str = "spaces-endpoint";
/// File with the account's own key: its id, a space and its secret.
pub const KEY_FILE: &str = "spaces-key";

/// Opens the buckets below the cloud's directory, and writes [`ENDPOINT_FILE`] and [`KEY_FILE`].
///
/// # Errors
/// When the directory can't be used, or contains something that is no bucket.
pub async fn start(
    directory: &Path,
    store: &Arc<Store>,
    day: Duration,
    listeners: &[TcpListener],
    log: Logger,
) -> Result<Arc<Spaces>> {
    create_owner_key(store, &directory.join(KEY_FILE)).await?;
    if let Some(listener) = listeners.first() {
        let address = listener
            .local_addr()
            .context("asking for the address of Spaces")?;
        let url = format!("http://{address}\n");
        atomic_file::replace(&directory.join(ENDPOINT_FILE), url.as_bytes())?;
    }
    let spaces = Spaces::open(&directory.join("spaces"), Arc::clone(store), day, log)?;
    spaces.record_buckets().await?;
    Ok(spaces)
}

/// Creates a key with full access once. A key that was deleted through the API stays deleted.
async fn create_owner_key(store: &Store, file: &Path) -> Result<()> {
    if fs::exists(file)? {
        return Ok(());
    }
    let owner = KeySettings {
        name: Some("localcloud".to_owned()),
        grants: Some(vec![Grant {
            bucket: String::new(),
            permission: Permission::FullAccess,
        }]),
    };
    let id = store
        .change(|record| record.create_spaces_key(owner))
        .await?;
    let record = store.record();
    let key = record.spaces_key(&id)?;
    let text = format!("{} {}\n", key.access_key, key.secret_key);
    atomic_file::replace(file, text.as_bytes())
}
