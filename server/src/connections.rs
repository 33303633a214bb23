//! Accepts connections: a bounded number, and fewer of one address. Each has a bounded time for its TLS handshake, for the head of its next
//! request, whose size is bounded, too, and for each pause in taking an answer. Idle and slow clients thus leave room for everybody else, and
//! for the probes.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;

use crate::{
    config::StartError,
    http::{Peer, TrustedProxies, network},
    tls::Tls,
};

/// Open connections. Well below the 1,024 files that many systems let a program open.
const MOST: usize = 512;
/// Open connections of one address that isn't a trusted proxy's. A /64 of IPv6 is one address.
const MOST_OF_ONE: usize = 448;
/// Longest pause in which a client takes nothing of its answer.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);
/// Time for the head of a request, from the end of the one before.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// Time for a TLS handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// Largest head of a request, in bytes: a session has up to 12 KB of cookies.
const LARGEST_HEAD: usize = 32 * 1024;
/// Wait after a connection could not be accepted, for instance because the program has too many files open.
const PAUSE: Duration = Duration::from_millis(200);

/// Listens on an address. Answers with the address, too, which has the port that was chosen for port 0. `flag`: the flag that names it.
///
/// # Errors
/// The address can't be listened on.
pub async fn listen(
    address: SocketAddr,
    flag: &'static str,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let explained = |error| StartError::bind(address, flag, &error);
    let listener = TcpListener::bind(address).await.map_err(explained)?;
    let address = listener.local_addr().map_err(explained)?;
    Ok((listener, address))
}

/// Serves until `shutdown` resolves, then ends idle connections and waits for the others, at most for `patience`. With `tls`: over HTTPS only.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    proxies: TrustedProxies,
    app: Router,
    shutdown: impl Future<Output = ()>,
    patience: Duration,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_header_size(LARGEST_HEAD);
    let (connections, free) = (GracefulShutdown::new(), Arc::new(Semaphore::new(MOST)));
    let addresses = Addresses::default();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &free) => accepted,
            () = &mut shutdown => break,
        };
        let Ok((stream, address, permit)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        let Some(place) = addresses.place(address, &proxies) else {
            continue;
        };
        let is_https = tls.is_some();
        let app = app.clone().layer(Extension(Peer { address, is_https }));
        let (http, watcher, tls) = (http.clone(), connections.watcher(), tls.clone());
        tokio::spawn(async move {
            match tls {
                Some(tls) => {
                    // A client that doesn't finish its handshake, or doesn't trust the certificate, gets no answer.
                    let handshake = timeout(HANDSHAKE_WITHIN, tls.acceptor.accept(stream)).await;
                    if let Ok(Ok(stream)) = handshake {
                        answer(&http, watcher, stream, app).await;
                    }
                }
                None => answer(&http, watcher, stream, app).await,
            }
            drop((permit, place));
        });
    }
    drop(listener);
    let _ = timeout(patience, connections.shutdown()).await;
}

/// Open connections by address.
#[derive(Clone, Default)]
struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection's place among those of its address.
struct Place {
    addresses: Addresses,
    /// `None`: a trusted proxy's.
    address: Option<IpAddr>,
}

impl Addresses {
    /// A place for one more connection; `None` if its address has too many.
    fn place(&self, address: IpAddr, proxies: &TrustedProxies) -> Option<Place> {
        let address = address.to_canonical();
        let address = (!proxies.trusts(address)).then(|| network(address));
        if let Some(address) = address {
            let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let count = open.entry(address).or_default();
            if *count >= MOST_OF_ONE {
                return None;
            }
            *count += 1;
        }
        let addresses = self.clone();
        Some(Place { addresses, address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let open = &self.addresses.0;
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&address);
            }
        }
    }
}

/// A connection that breaks off if the client takes nothing for too long.
type Stream = std::pin::Pin<Box<TimeoutStream<TcpStream>>>;

fn with_deadline(stream: TcpStream) -> Stream {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(TAKEN_WITHIN));
    Box::pin(stream)
}

/// Answers the requests of a connection until it ends.
async fn answer<S>(http: &http1::Builder, watcher: Watcher, stream: S, app: Router)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = TowerToHyperService::new(app);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    // A client that breaks off is no error of ours.
    let _ = watcher.watch(connection).await;
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> io::Result<(Stream, IpAddr, OwnedSemaphorePermit)> {
    let permit = free
        .clone()
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((with_deadline(stream), peer.ip(), permit))
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use rustls::{
        ClientConfig, RootCertStore,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    };
    use tempfile::TempDir;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::oneshot,
        task::JoinHandle,
    };
    use tokio_rustls::TlsConnector;

    use super::*;
    use crate::tls::test::{ONE, files};

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    /// Bytes of an answer that no buffer of a connection holds.
    const LARGE: usize = 32 * 1024 * 1024;

    struct Server {
        address: std::net::SocketAddr,
        stop: oneshot::Sender<()>,
        task: JoinHandle<()>,
    }

    impl Server {
        async fn start(tls: Option<Tls>) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let scheme = async |Extension(peer): Extension<Peer>| {
                if peer.is_https { "ok https" } else { "ok http" }
            };
            let app = Router::new()
                .route("/", get(scheme))
                .route("/large", get(async || vec![b'x'; LARGE]));
            let (stop, stopped) = oneshot::channel::<()>();
            let shutdown = async move {
                let _ = stopped.await;
            };
            let proxies = TrustedProxies::default();
            let patience = Duration::from_secs(1);
            let task = tokio::spawn(serve(listener, tls, proxies, app, shutdown, patience));
            Self {
                address,
                stop,
                task,
            }
        }

        async fn connect(&self) -> TcpStream {
            let stream = TcpStream::connect(self.address).await;
            stream.expect("a connection")
        }

        async fn stop(self) {
            self.stop.send(()).expect("it runs");
            self.task.await.expect("it ends");
        }
    }

    async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &[u8]) -> String {
        stream.write_all(request).await.expect("sent");
        let mut answer = Vec::new();
        // The server may close before everything is read.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_sends_nothing_is_closed_and_shutdown_ends_the_server() {
        let server = Server::start(None).await;
        let mut idle = server.connect().await;
        let mut answer = Vec::new();
        // Time passes by itself while everybody waits.
        idle.read_to_end(&mut answer).await.expect("closed");
        let answer = ask(server.connect().await, REQUEST).await;
        assert!(answer.ends_with("ok http"), "{answer}");
        server.stop().await;
    }

    /// Asks for 32 MB, and takes nothing of them for a while. Answers with the number of bytes that come after all.
    async fn take_late(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> usize {
        let request = b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n";
        stream.write_all(request).await.expect("sent");
        sleep(TAKEN_WITHIN * 2).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer.len()
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_take_its_answer_is_closed() {
        let server = Server::start(None).await;
        let taken = take_late(server.connect().await).await;
        assert!(taken < LARGE, "{taken}");
        server.stop().await;
        let server = Server::start(Some(tls())).await;
        let stream = connector().connect(name(), server.connect().await).await;
        let taken = take_late(stream.expect("trusted")).await;
        assert!(taken < LARGE, "{taken}");
        server.stop().await;
    }

    #[test]
    fn one_address_leaves_room_for_the_others() {
        let addresses = Addresses::default();
        let proxies = TrustedProxies(
            [crate::config::network::network("10.0.0.0/8").expect("a network")].into(),
        );
        let place = |address: &str| addresses.place(address.parse().expect("an address"), &proxies);
        let held: Vec<_> = (0..MOST_OF_ONE)
            .map(|_| place("192.0.2.1").expect("room"))
            .collect();
        assert!(place("192.0.2.1").is_none());
        assert!(place("::ffff:192.0.2.1").is_none(), "the same");
        assert!(place("192.0.2.2").is_some(), "another one");
        drop(held);
        assert!(place("192.0.2.1").is_some());
        let held: Vec<_> = (0..MOST_OF_ONE)
            .map(|_| place("2001:db8::1").expect("room"))
            .collect();
        assert!(place("2001:db8::2").is_none(), "the same network");
        drop(held);
        let of_proxy = (0..MOST).filter_map(|_| place("10.0.0.1"));
        assert_eq!(
            of_proxy.collect::<Vec<_>>().len(),
            MOST,
            "it speaks for many"
        );
        assert!(addresses.0.lock().expect("a map").is_empty());
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_refused_as_such() {
        let server = Server::start(None).await;
        let request = |size: usize| {
            let cookie = "x".repeat(size);
            format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n")
        };
        let largest_session = ask(server.connect().await, request(12_000).as_bytes()).await;
        assert!(
            largest_session.starts_with("HTTP/1.1 200 "),
            "{largest_session}"
        );
        let refused = ask(server.connect().await, request(LARGEST_HEAD).as_bytes()).await;
        assert!(refused.starts_with("HTTP/1.1 431 "), "{refused}");
        server.stop().await;
    }

    fn tls() -> Tls {
        let folder = TempDir::new().expect("a folder");
        let (file, key_file) = files(&folder, ONE);
        Tls::read(file, key_file).expect("both fit")
    }

    fn name() -> ServerName<'static> {
        ServerName::try_from("localhost").expect("a name")
    }

    /// Trusts the server's certificate.
    fn connector() -> TlsConnector {
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_slice(ONE.0.as_bytes()).expect("PEM");
        roots.add(certificate).expect("a certificate");
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    }

    #[tokio::test]
    async fn https_is_answered_with_the_certificate_and_plain_http_is_not() {
        let server = Server::start(Some(tls())).await;
        let stream = connector()
            .connect(name(), server.connect().await)
            .await
            .expect("the certificate is trusted");
        let answer = ask(stream, REQUEST).await;
        assert!(answer.ends_with("ok https"), "{answer}");
        let answer = ask(server.connect().await, REQUEST).await;
        assert!(!answer.contains("HTTP/1.1"), "{answer}");
        server.stop().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_handshake_that_is_not_finished_ends() {
        let server = Server::start(Some(tls())).await;
        let mut idle = server.connect().await;
        let begun = tokio::time::Instant::now();
        let mut answer = Vec::new();
        let _ = idle.read_to_end(&mut answer).await;
        assert!(begun.elapsed() >= HANDSHAKE_WITHIN);
        assert_eq!(answer, b"");
        server.stop().await;
    }
}
