//! Opens connections to the API server: directly, or through a proxy, with TLS inside.

use std::{
    error::Error as StdError,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures::{FutureExt, future::BoxFuture};
use http::{HeaderValue, Uri, uri::Scheme};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{
        Connected, Connection, HttpConnector,
        proxy::{SocksV5, Tunnel},
    },
    rt::TokioIo,
};
use rustls::{ClientConfig, pki_types::ServerName};
use secrecy::ExposeSecret;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower::{ServiceExt, service_fn};

use super::super::{
    address::{UserInfo, host},
    proxy::{Protocol, Proxy},
    way::Way,
};

/// Name of HTTP/2 in TLS.
const HTTP2: &[u8] = b"h2";
/// Time for a connection, with proxy and TLS.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is needed to open a connection.
pub(super) struct Dialer {
    tcp: HttpConnector,
    /// Offers HTTP/1.1 only.
    tls: TlsConnector,
    /// Offers HTTP/2, too.
    tls_http2: TlsConnector,
    server_name: Option<ServerName<'static>>,
    proxy: Option<Proxy>,
}

/// Protocols that a connection offers to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    Http1,
    /// HTTP/2, or else HTTP/1.1. Only within TLS.
    Http2,
}

impl Dialer {
    pub fn new(way: &Way, tls: ClientConfig) -> Self {
        let mut tls_http2 = tls.clone();
        tls_http2.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(30)));
        Self {
            tcp,
            tls: TlsConnector::from(Arc::new(tls)),
            tls_http2: TlsConnector::from(Arc::new(tls_http2)),
            server_name: way.server_name.clone(),
            proxy: way.proxy.clone(),
        }
    }

    /// Opens a connection to the server of an address.
    pub fn dial(
        self: Arc<Self>,
        server: Uri,
        offer: Offer,
    ) -> BoxFuture<'static, io::Result<Stream>> {
        let dial = async move {
            let late =
                |_| io::Error::new(io::ErrorKind::TimedOut, "no connection within 5 seconds");
            timeout(PATIENCE, self.connect(&server, offer))
                .await
                .map_err(late)?
        };
        dial.boxed()
    }

    async fn connect(self: &Arc<Self>, server: &Uri, offer: Offer) -> io::Result<Stream> {
        let is_encrypted = server.scheme() == Some(&Scheme::HTTPS);
        let stream = match &self.proxy {
            None => self.open(server).await?,
            Some(proxy) => {
                let through = self.through(proxy, server, is_encrypted).await;
                through.map_err(|error| {
                    io::Error::new(error.kind(), format!("through the proxy {proxy}: {error}"))
                })?
            }
        };
        if is_encrypted {
            self.encrypt(stream, server, offer).await
        } else {
            Ok(stream)
        }
    }

    /// Reaches the server by its proxy.
    async fn through(
        self: &Arc<Self>,
        proxy: &Proxy,
        server: &Uri,
        is_encrypted: bool,
    ) -> io::Result<Stream> {
        let (this, protocol) = (Arc::clone(self), proxy.protocol);
        let to_proxy = service_fn(move |address: Uri| {
            let this = Arc::clone(&this);
            async move {
                let stream = this.open(&address).await?;
                if protocol == Protocol::Https {
                    this.encrypt(stream, &address, Offer::Http1).await
                } else {
                    Ok(stream)
                }
            }
        });
        match proxy.protocol {
            Protocol::Socks5 => {
                let mut socks = SocksV5::new(proxy.address.clone(), to_proxy);
                if let Some((name, password)) = &proxy.user {
                    socks = socks.with_auth(name.clone(), password.expose_secret().to_owned());
                }
                socks.oneshot(with_port(server)).await.map_err(cause)
            }
            Protocol::Http | Protocol::Https if is_encrypted => {
                let mut tunnel = Tunnel::new(proxy.address.clone(), to_proxy);
                if let Some(user) = &proxy.user {
                    tunnel = tunnel.with_auth(basic(user)?);
                }
                tunnel.oneshot(server.clone()).await.map_err(cause)
            }
            // Plain HTTP is not tunnelled: the proxy gets the requests themselves.
            Protocol::Http | Protocol::Https => {
                let stream = to_proxy.oneshot(proxy.address.clone()).await?;
                Ok(Stream {
                    is_proxied: true,
                    ..stream
                })
            }
        }
    }

    async fn open(&self, address: &Uri) -> io::Result<Stream> {
        let stream = self.tcp.clone().oneshot(address.clone()).await;
        Ok(Stream::new(stream.map_err(cause)?))
    }

    async fn encrypt(&self, stream: Stream, server: &Uri, offer: Offer) -> io::Result<Stream> {
        let name = match &self.server_name {
            Some(name) => name.clone(),
            None => ServerName::try_from(host(server).to_owned()).map_err(io::Error::other)?,
        };
        let tls = match offer {
            Offer::Http1 => &self.tls,
            Offer::Http2 => &self.tls_http2,
        };
        let stream = tls.connect(name, TokioIo::new(stream)).await?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
        Ok(Stream {
            is_http2,
            ..Stream::new(TokioIo::new(stream))
        })
    }
}

/// The address with a port: SOCKS takes an address without one for HTTPS.
fn with_port(server: &Uri) -> Uri {
    let plain = (server.scheme() == Some(&Scheme::HTTP) && server.port().is_none())
        .then(|| {
            format!("http://{}:80/", server.host().unwrap_or_default())
                .parse()
                .ok()
        })
        .flatten();
    plain.unwrap_or_else(|| server.clone())
}

/// Header that signs in to a proxy or server with a password.
pub fn basic((name, password): &UserInfo) -> io::Result<HeaderValue> {
    let user = BASE64_STANDARD.encode(format!("{name}:{}", password.expose_secret()));
    let mut header = HeaderValue::try_from(format!("Basic {user}")).map_err(io::Error::other)?;
    header.set_sensitive(true);
    Ok(header)
}

/// The deepest cause, which says most, as an error of input and output.
fn cause(error: impl StdError + Send + Sync + 'static) -> io::Error {
    let mut deepest: &(dyn StdError + 'static) = &error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let kind = deepest
        .downcast_ref::<io::Error>()
        .map_or(io::ErrorKind::Other, io::Error::kind);
    io::Error::new(kind, deepest.to_string())
}

/// A connection of whatever kind.
pub(super) struct Stream {
    inner: Box<dyn ReadWrite>,
    /// `true` if requests need the server's whole address, because a proxy reads them.
    is_proxied: bool,
    /// `true` if the server speaks HTTP/2 on it.
    is_http2: bool,
}

trait ReadWrite: Read + Write + Send + Unpin {}

impl<T: Read + Write + Send + Unpin> ReadWrite for T {}

impl Stream {
    fn new(inner: impl ReadWrite + 'static) -> Self {
        Self {
            inner: Box::new(inner),
            is_proxied: false,
            is_http2: false,
        }
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new().proxy(self.is_proxied);
        if self.is_http2 {
            connected.negotiated_h2()
        } else {
            connected
        }
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
