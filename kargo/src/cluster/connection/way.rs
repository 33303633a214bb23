//! The way to a cluster: address, trust, server name and proxy. It contains no credential of a person.

use std::path::PathBuf;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{Uri, uri::Scheme};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

use super::proxy::Proxy;

/// The way to a cluster.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// Address of the API server, without a user.
    pub server: Uri,
    /// Which certificates the server may have.
    pub trust: Trust,
    /// Name that the server's certificate must have; `None`: the address's host.
    pub server_name: Option<ServerName<'static>>,
    /// Proxy to go through.
    pub proxy: Option<Proxy>,
    /// `true` if the server may compress its answers.
    pub compressed: bool,
}

/// Which certificates an API server may have.
#[derive(Debug, Clone)]
pub(super) enum Trust {
    /// Those that the operating system trusts.
    System,
    /// Those of these authorities. The file is read again from time to time.
    Authorities {
        certificates: Vec<CertificateDer<'static>>,
        file: Option<PathBuf>,
    },
    /// Any.
    Unverified,
}

impl Way {
    /// `true` if the connection is encrypted. Credentials are sent over encrypted connections only, as kubectl does.
    pub fn is_encrypted(&self) -> bool {
        self.server.scheme() == Some(&Scheme::HTTPS)
    }

    /// The address as text, without a slash at its end.
    pub fn server_text(&self) -> String {
        self.server.to_string().trim_end_matches('/').to_owned()
    }
}

/// Certificates of a PEM text that can be authorities; at least one.
pub(super) fn authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem).filter_map(Result::ok) {
        if RootCertStore::empty().add(certificate.clone()).is_ok() {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err("it has no certificate in PEM");
    }
    Ok(certificates)
}

/// The certificates as PEM.
pub(super) fn pem(certificates: &[CertificateDer<'_>]) -> String {
    let mut text = String::new();
    for certificate in certificates {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let base64 = BASE64_STANDARD.encode(certificate);
        for line in base64.as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_written_as_pem() {
        assert_eq!(
            pem(&[CertificateDer::from(vec![0; 49])]),
            format!(
                "-----BEGIN CERTIFICATE-----\n{}\nAA==\n-----END CERTIFICATE-----\n",
                "A".repeat(64)
            )
        );
        assert!(authorities(b"").is_err());
        assert!(
            authorities(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err()
        );
    }
}
