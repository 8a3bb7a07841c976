//! A client that keeps its connection open between requests, as browsers and proxies do.

use std::time::Duration;

use tokio::time::Instant;

use super::connection::Connection;
use super::request::Afterwards;
use super::{Failure, Request, Response, Target};

/// Such a client. It connects when it has no connection or the server has closed it; after a failure it connects again.
#[derive(Debug, Default)]
pub struct KeepAlive {
    connection: Option<Connection>,
}

impl KeepAlive {
    /// Sends a request and reads the whole response, all within `limit`, a connect included. All requests of one client
    /// go to one target.
    ///
    /// # Errors
    /// How the request failed. Never [`Failure::Status`]: the caller decides which statuses are good.
    pub async fn send(
        &mut self,
        target: &Target,
        request: &Request,
        limit: Duration,
    ) -> Result<Response, Failure> {
        let deadline = Instant::now() + limit;
        let request = request.build(target, Afterwards::Keep)?;
        let mut connection = match self.reusable().await {
            Some(connection) => connection,
            None => Connection::open(target, deadline).await?,
        };
        let response = connection.exchange(request, deadline).await?;
        self.connection = Some(connection);
        Ok(response)
    }

    async fn reusable(&mut self) -> Option<Connection> {
        let mut connection = self.connection.take()?;
        connection.is_open().await.then_some(connection)
    }
}
