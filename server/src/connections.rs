//! Accepts connections: a bounded number, each with a bounded time for the head of its next request. Idle and slow clients thus leave room for
//! everybody else, and for the probes.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    time::{sleep, timeout},
};

/// Open connections. Well below the 1,024 files that many systems let a program open.
const MOST: usize = 512;
/// Time for the head of a request, from the end of the one before.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// Wait after a connection could not be accepted, for instance because the program has too many files open.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown` resolves, then ends idle connections and waits for the others, at most for `patience`.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    shutdown: impl Future<Output = ()>,
    patience: Duration,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN);
    let (connections, free) = (GracefulShutdown::new(), Arc::new(Semaphore::new(MOST)));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &free) => accepted,
            () = &mut shutdown => break,
        };
        let Ok((stream, permit)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        let service = TowerToHyperService::new(app.clone());
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that breaks off is no error of ours.
            let _ = connection.await;
            drop(permit);
        });
    }
    drop(listener);
    let _ = timeout(patience, connections.shutdown()).await;
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = free
        .clone()
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, permit))
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        sync::oneshot,
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_sends_nothing_is_closed_and_shutdown_ends_the_server() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let app = Router::new().route("/", get(async || "ok"));
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let server = tokio::spawn(serve(listener, app, shutdown, Duration::from_secs(1)));
        let mut idle = TcpStream::connect(address).await.expect("a connection");
        let mut answer = Vec::new();
        // Time passes by itself while everybody waits.
        idle.read_to_end(&mut answer).await.expect("closed");
        let mut busy = TcpStream::connect(address).await.expect("a connection");
        let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        busy.write_all(request).await.expect("sent");
        busy.read_to_end(&mut answer).await.expect("answered");
        assert!(String::from_utf8_lossy(&answer).ends_with("ok"));
        stop.send(()).expect("it runs");
        server.await.expect("it ends");
    }
}
