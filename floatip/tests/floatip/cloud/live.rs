//! The live IP of the fake cloud.

use tokio::net::TcpListener;

use super::{Cloud, LIVE, Service};

/// The live IP: answers as the service of the droplet that holds it.
pub async fn serve(listener: TcpListener, cloud: Cloud) {
    let mut kept = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let holder = cloud.holder(LIVE);
        let service = {
            let mut inner = cloud.lock();
            inner.live_asked += 1;
            holder.map_or(Service::Closed, |droplet| inner.services[&droplet])
        };
        match service {
            Service::Closed => drop(stream),
            Service::Silent => kept.push(stream),
            Service::Up => {
                tokio::spawn(async move {
                    use tokio::io::{AsyncReadExt, AsyncWriteExt};
                    let mut request = [0; 2048];
                    let _ = stream.read(&mut request).await;
                    let answer = "HTTP/1.1 200 OK\r\nminitwit-version: 1.2.3\r\ncontent-length: 13\r\n\r\n{\"latest\":-1}";
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        }
    }
}
