//! An API server that follows a script, for faults that a healthy one can't be made to have. It is a real HTTP server, so that the operations
//! run through the whole stack: a test sees what it repeats or logs.

use std::sync::{Arc, Mutex, PoisonError};

use kargo::cluster::Cluster;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::control_plane::connect;

/// A request as the server received it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Method and path, without the query.
    pub line: String,
    pub query: String,
    pub body: String,
}

impl Seen {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}

/// Answer of the server.
pub enum Answer {
    Status(u16, String),
    /// Nothing; the connection is closed.
    HangUp,
    /// Nothing; the connection stays open.
    Silence,
}

impl Answer {
    pub fn ok(body: &Json) -> Self {
        Self::Status(200, body.to_string())
    }

    /// An error because of a field.
    pub fn refused(status: u16, field: &str) -> Self {
        let details = json!({ "causes": [{ "reason": "FieldValueInvalid", "field": field }] });
        let body = json!({ "kind": "Status", "code": status, "metadata": {}, "details": details });
        Self::Status(status, body.to_string())
    }

    pub fn error(status: u16) -> Self {
        Self::Status(
            status,
            json!({ "kind": "Status", "code": status, "metadata": {} }).to_string(),
        )
    }
}

/// The server and a view of it.
pub struct Scripted {
    pub cluster: Cluster,
    seen: Arc<Mutex<Vec<Seen>>>,
    _kubeconfig: TempDir,
}

impl Scripted {
    /// Starts a server. `script` gets each request, and how many with the same method and path came before.
    pub async fn answering(script: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = format!("http://{}", listener.local_addr().expect("an address"));
        let (script, seen) = (Arc::new(script), Arc::new(Mutex::new(Vec::new())));
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&all)));
            }
        });
        let directory = TempDir::new().expect("a directory");
        let kubeconfig = directory.path().join("kubeconfig");
        let content = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{ "name": "it", "cluster": { "server": server } }],
            "users": [{ "name": "it", "user": { "token": "credential-sentinel" } }],
            "contexts": [{ "name": "it", "context": { "cluster": "it", "user": "it" } }],
        });
        std::fs::write(&kubeconfig, content.to_string()).expect("a file");
        Self {
            cluster: connect(&kubeconfig).await,
            seen,
            _kubeconfig: directory,
        }
    }

    /// Number of all requests.
    pub fn count(&self) -> usize {
        let all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        all.len()
    }

    /// The requests with a method and path.
    pub fn seen(&self, line: &str) -> Vec<Seen> {
        let all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .filter(|seen| seen.line == line)
            .cloned()
            .collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<impl Fn(&str, usize) -> Answer>,
    all: Arc<Mutex<Vec<Seen>>>,
) {
    let Some(request) = read(&mut stream).await else {
        return;
    };
    let (line, before) = {
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.iter().filter(|seen| seen.line == request.line).count();
        all.push(request.clone());
        (request.line, before)
    };
    match script(&line, before) {
        Answer::HangUp => {}
        Answer::Silence => std::future::pending().await,
        Answer::Status(status, body) => {
            let answer = format!(
                "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nDate: Tue, 24 Nov 2026 03:04:16 GMT\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            // The client may have given up.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break String::from_utf8_lossy(&bytes.drain(..end + 4).collect::<Vec<u8>>())
                .into_owned();
        }
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    };
    let length = head.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length:")?
            .trim()
            .parse()
            .ok()
    });
    while bytes.len() < length.unwrap_or(0) {
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    }
    let mut words = head.split(' ');
    let (method, address) = (words.next()?, words.next()?);
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    Some(Seen {
        line: format!("{method} {path}"),
        query: query.to_owned(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    })
}
