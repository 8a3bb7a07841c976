//! A connection that receives notifications.

use std::future::poll_fn;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio_postgres::{AsyncMessage, Connection, Error, NoTls};

use super::{Dedicated, Target};

impl Target {
    /// A connection outside the pool. Every notification wakes `received`, and so does the end of the connection.
    /// Notifications in quick succession can wake it once.
    pub async fn listen(&self, received: Arc<Notify>) -> Result<Dedicated, Error> {
        if let Some(tls) = &self.tls {
            let (client, connection) = self.postgres.connect(tls.clone()).await?;
            Ok(Dedicated::new(
                client,
                tokio::spawn(forward(connection, received)),
            ))
        } else {
            let (client, connection) = self.postgres.connect(NoTls).await?;
            Ok(Dedicated::new(
                client,
                tokio::spawn(forward(connection, received)),
            ))
        }
    }
}

async fn forward<S, T>(mut connection: Connection<S, T>, received: Arc<Notify>) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let outcome = loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notification(_))) => received.notify_one(),
            Some(Ok(_)) => {}
            Some(Err(error)) => break Err(error),
            None => break Ok(()),
        }
    };
    drop(connection);
    received.notify_one();
    outcome
}
