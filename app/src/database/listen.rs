//! A connection that hears notifications.

use std::future::poll_fn;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio_postgres::{AsyncMessage, Connection, Error, NoTls};

use super::{Dedicated, Target};

impl Target {
    /// A connection outside the pool; every notification that it gets wakes `heard`, as does its
    /// end. Notifications that come close together can wake it once.
    ///
    /// # Errors
    /// As for [`Target::connect`].
    pub async fn listen(&self, heard: Arc<Notify>) -> Result<Dedicated, Error> {
        if let Some(tls) = &self.tls {
            let (client, connection) = self.postgres.connect(tls.clone()).await?;
            Ok(Dedicated::new(
                client,
                tokio::spawn(hear(connection, heard)),
            ))
        } else {
            let (client, connection) = self.postgres.connect(NoTls).await?;
            Ok(Dedicated::new(
                client,
                tokio::spawn(hear(connection, heard)),
            ))
        }
    }
}

async fn hear<S, T>(mut connection: Connection<S, T>, heard: Arc<Notify>) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let outcome = loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notification(_))) => heard.notify_one(),
            Some(Ok(_)) => {}
            Some(Err(error)) => break Err(error),
            None => break Ok(()),
        }
    };
    drop(connection);
    heard.notify_one();
    outcome
}
