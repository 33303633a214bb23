//! Why the program doesn't start, in words that say what to do.

use std::{io, net::SocketAddr, path::PathBuf};

use kargo::{cluster::ConnectError, name::ConfigMapRef};
use thiserror::Error;

use super::oidc::OidcFlagsError;
use crate::{audit::FileError, sessions::KeyError, tls::TlsError};

/// Errors that prevent a start or end the server. Each message says what to do.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address isn't a loopback address, and `--allow-remote` is missing.
    #[error(
        "{0} can be reached from other machines. Use 127.0.0.1, serve HTTPS with --tls-cert and --tls-key, name the HTTPS address of your proxy with --external-url, or add --allow-remote to allow plain HTTP."
    )]
    Remote(SocketAddr),
    /// The program was built without the site, and no folder has it.
    #[error("the files of the pages are missing. Build the program with `tools/build`.")]
    Site,
    /// Binding the listener failed.
    #[error(
        "can't serve on {address}: {why}. Choose another address with {flag}, for example {flag} 127.0.0.1:0 for a free port."
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The flag that names it.
        flag: &'static str,
        /// Why not.
        why: String,
    },
    /// The file with the keys of sessions can't be used.
    #[error("can't use the session keys in {0}: {1}. `openssl rand -base64 32` makes a key.")]
    SessionKeys(PathBuf, KeyError),
    /// People's tokens would be sent over plain HTTP.
    #[error(
        "the API server's address {0} is plain HTTP, so nobody's token may be sent there. Use its https:// address, or --sign-in local."
    )]
    PlainHttp(String),
    /// The flags of signing in with OIDC can't be used.
    #[error(transparent)]
    Oidc(#[from] OidcFlagsError),
    /// Flags of signing in with OIDC, and nobody signs in with it.
    #[error("--oidc-issuer-url and --oidc-forward need --sign-in oidc.")]
    NoOidc,
    /// The file of the audit log can't be opened.
    #[error("can't write the audit log to {0}.")]
    Audit(#[from] FileError),
    /// Certificate or key can't be used.
    #[error("can't serve HTTPS: {0}.")]
    Tls(#[from] TlsError),
    /// The ConfigMap of `--revocations` doesn't exist.
    #[error(
        "there is no ConfigMap {0} for --revocations. Create it: kubectl create configmap {name} --namespace {namespace}",
        name = .0.name,
        namespace = .0.namespace
    )]
    NoRevocations(ConfigMapRef),
    /// The ConfigMap of `--revocations` can't be used.
    #[error("can't use the ConfigMap {0} for --revocations. {1}")]
    Revocations(ConfigMapRef, String),
    /// The program may not use the ConfigMap of `--revocations`.
    #[error(
        "Kargo Tokens may not read the ConfigMap {0} for --revocations. Create it and the Role for it: docs/SIGN_IN.md, Sign-outs on several replicas."
    )]
    ForbiddenRevocations(ConfigMapRef),
    /// There is no such command.
    #[error("there is no command {0}. kargo-tokens --help lists all.")]
    NoCommand(String),
    /// Connecting to the cluster failed.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl StartError {
    /// Explains why an address can't be listened on. `flag`: the flag that names it.
    pub fn bind(address: SocketAddr, flag: &'static str, error: &io::Error) -> Self {
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => "another program uses this port".to_owned(),
            _ => error.to_string(),
        };
        Self::Bind { address, flag, why }
    }
}
