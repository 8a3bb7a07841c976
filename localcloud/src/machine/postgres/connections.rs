//! Takes all connections of a cluster, for the fault `database-connections`.

use super::cluster::Cluster;
use super::node::PLATFORM_CONNECTIONS;
use anyhow::Result;
use std::time::Duration;
use tokio::time::sleep;
use tokio_postgres::Client;

impl Cluster {
    /// Opens connections until clients get no more, and holds them for as long as this runs.
    pub async fn hold_connections(&self) {
        let mut held: Vec<Client> = Vec::new();
        loop {
            held.retain(|client| !client.is_closed());
            // The last ones are reserved for the platform, as on the real one.
            while let Ok((client, left)) = self.take_connection().await {
                if left >= 0 {
                    held.push(client);
                }
                if left <= 0 {
                    break;
                }
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Opens a connection to the primary; returns it with the number that clients may still open.
    async fn take_connection(&self) -> Result<(Client, i64)> {
        let primary = self.node(self.roles()?.primary);
        let client = primary.connect("postgres").await?;
        let left = "SELECT current_setting('max_connections')::int8 - $1 - count(*) \
             FROM pg_stat_activity WHERE backend_type = 'client backend'";
        let kept = i64::from(PLATFORM_CONNECTIONS);
        let left = client.query_one(left, &[&kept]).await?.get(0);
        Ok((client, left))
    }
}
