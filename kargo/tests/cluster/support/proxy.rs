//! A proxy that counts. It speaks HTTP (tunnels and plain requests) and SOCKS5, and connects to one server whatever name it is asked for, so
//! that tests can use names that don't exist.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

/// User name and password that the proxy wants where it wants any.
pub const USER: (&str, &str) = ("some@body", "pass:word");

/// A running proxy.
#[derive(Clone)]
pub struct Proxy {
    /// Address and port.
    pub address: SocketAddr,
    count: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts a proxy to a server. `wants_user`: refuses everybody but [`USER`].
    pub async fn to(server: SocketAddr, wants_user: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let count: Arc<AtomicUsize> = Arc::default();
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let count = Arc::clone(&counted);
                tokio::spawn(async move {
                    // The client may hang up at any time.
                    let _ = serve(stream, server, wants_user, &count).await;
                });
            }
        });
        Self { address, count }
    }

    /// Connections that were passed on since the last call.
    pub fn take_count(&self) -> usize {
        self.count.swap(0, Ordering::Relaxed)
    }
}

async fn serve(
    mut stream: TcpStream,
    server: SocketAddr,
    wants_user: bool,
    count: &AtomicUsize,
) -> io::Result<()> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    let mut head = Vec::new();
    if first[0] == 5 {
        socks(&mut stream, wants_user).await?;
    } else {
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let text = String::from_utf8_lossy(&head).into_owned();
        if wants_user && !text.contains(&basic()) {
            return stream
                .write_all(b"HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n")
                .await;
        }
        if text.starts_with("CONNECT ") {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            head.clear();
        } else {
            let (line, rest) = text.split_once("\r\n").expect("a request line");
            let (method, address) = line.split_once(' ').expect("a method");
            let path = address
                .strip_prefix("http://")
                .and_then(|address| address.split_once('/'))
                .map(|(_, path)| path)
                .expect("a whole address");
            head = format!("{method} /{path}\r\nConnection: close\r\n{rest}").into_bytes();
        }
    }
    count.fetch_add(1, Ordering::Relaxed);
    let mut upstream = TcpStream::connect(server).await?;
    upstream.write_all(&head).await?;
    copy_bidirectional(&mut stream, &mut upstream).await?;
    Ok(())
}

fn basic() -> String {
    let (name, password) = USER;
    format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("{name}:{password}"))
    )
}

/// Greets and answers as a SOCKS5 server.
async fn socks(stream: &mut TcpStream, wants_user: bool) -> io::Result<()> {
    let mut greeting = [0; 2];
    stream.read_exact(&mut greeting).await?;
    let mut methods = vec![0; greeting[1].into()];
    stream.read_exact(&mut methods).await?;
    stream
        .write_all(&[5, if wants_user { 2 } else { 0 }])
        .await?;
    if wants_user {
        stream.read_u8().await?;
        for expected in [USER.0, USER.1] {
            let mut text = vec![0; stream.read_u8().await?.into()];
            stream.read_exact(&mut text).await?;
            if text != expected.as_bytes() {
                stream.write_all(&[1, 1]).await?;
                return Err(io::ErrorKind::PermissionDenied.into());
            }
        }
        stream.write_all(&[1, 0]).await?;
    }
    let mut request = [0; 4];
    stream.read_exact(&mut request).await?;
    let length = match request[3] {
        1 => 4,
        4 => 16,
        _ => stream.read_u8().await?.into(),
    };
    let mut address = vec![0; length + 2];
    stream.read_exact(&mut address).await?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await
}
