//! TLS of our own: a certificate and its key from files, which are read again when they change, for instance because a new certificate was
//! issued.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use ring::digest::{SHA256, digest};
use rustls::{
    InconsistentKeys, ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use thiserror::Error;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Why the files can't be used. Quotes nothing of them.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("can't read {0}: {1}")]
    Unreadable(PathBuf, io::Error),
    /// The first file is no certificate.
    #[error("{0} has no certificate in PEM")]
    NoCertificate(PathBuf),
    /// The second file is no key.
    #[error("{0} has no private key in PEM. A key with a passphrase can't be used")]
    NoKey(PathBuf),
    /// The key is of no known kind.
    #[error("the key in {0} is damaged, or of a kind that is not supported")]
    BadKey(PathBuf),
    /// The key is another certificate's.
    #[error("the key in {0} doesn't belong to the certificate")]
    OtherKey(PathBuf),
}

/// Accepts TLS connections.
#[derive(Clone)]
pub struct Tls {
    /// Does the handshakes.
    pub acceptor: TlsAcceptor,
    certificate: Arc<Certificate>,
}

/// The certificate of new connections.
struct Certificate {
    file: PathBuf,
    key_file: PathBuf,
    current: RwLock<Current>,
}

#[derive(Clone)]
struct Current {
    key: Arc<CertifiedKey>,
    /// Hash of both files.
    hash: Vec<u8>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Certificate({})", self.file.display())
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current().key)
    }
}

impl Certificate {
    fn current(&self) -> Current {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }

    /// Reads the files, and takes over what they have if they have changed. `true` if they have.
    fn read_again(&self) -> Result<bool, TlsError> {
        let (certificate, key) = contents(&self.file, &self.key_file)?;
        let hash = hash(&certificate, &key);
        if hash == self.current().hash {
            return Ok(false);
        }
        let key = certified_key(&self.file, &self.key_file, &certificate, &key)?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Current { key, hash };
        Ok(true)
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// Says what is wrong with them.
    pub fn read(file: PathBuf, key_file: PathBuf) -> Result<Self, TlsError> {
        let (certificate, key) = contents(&file, &key_file)?;
        let current = Current {
            hash: hash(&certificate, &key),
            key: certified_key(&file, &key_file, &certificate, &key)?,
        };
        let certificate = Arc::new(Certificate {
            file,
            key_file,
            current: RwLock::new(current),
        });
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has suites for both versions")
            .with_no_client_auth()
            .with_cert_resolver(certificate.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate,
        })
    }

    /// Follows the files for good. New connections get a new certificate within seconds. Files that can't be used change nothing.
    pub async fn follow(self) {
        let mut last_problem = None;
        loop {
            sleep(LOOK_EVERY).await;
            let problem = match self.certificate.read_again() {
                Ok(has_changed) => {
                    if has_changed || last_problem.is_some() {
                        tracing::info!(file = %self.certificate.file.display(), "the TLS certificate was read again");
                    }
                    None
                }
                Err(error) => Some(error.to_string()),
            };
            if let Some(problem) = problem.as_ref().filter(|_| problem != last_problem) {
                tracing::warn!(%problem, "the new TLS certificate can't be used, so connections get the old one");
            }
            last_problem = problem;
        }
    }
}

fn contents(file: &Path, key_file: &Path) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
    let read =
        |file: &Path| fs::read(file).map_err(|error| TlsError::Unreadable(file.to_owned(), error));
    Ok((read(file)?, read(key_file)?))
}

fn hash(certificate: &[u8], key: &[u8]) -> Vec<u8> {
    let both = [digest(&SHA256, certificate), digest(&SHA256, key)];
    [both[0].as_ref(), both[1].as_ref()].concat()
}

fn certified_key(
    file: &Path,
    key_file: &Path,
    certificate: &[u8],
    key: &[u8],
) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate)
        .filter_map(Result::ok)
        .collect();
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(file.to_owned()));
    }
    let key =
        PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey(key_file.to_owned()))?;
    let key = default_provider()
        .key_provider
        .load_private_key(key)
        .map_err(|_| TlsError::BadKey(key_file.to_owned()))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(TlsError::OtherKey(key_file.to_owned()))
        }
        Err(rustls::Error::InvalidCertificate(_)) => Err(TlsError::NoCertificate(file.to_owned())),
        _ => Ok(Arc::new(certified)),
    }
}

#[cfg(test)]
pub mod test {
    use tempfile::TempDir;

    use super::*;

    pub const ONE: (&str, &str) = (
        include_str!("tls/test/one.pem"),
        include_str!("tls/test/one-key.pem"),
    );
    pub const TWO: (&str, &str) = (
        include_str!("tls/test/two.pem"),
        include_str!("tls/test/two-key.pem"),
    );

    /// Files with a certificate and a key.
    pub fn files(folder: &TempDir, (certificate, key): (&str, &str)) -> (PathBuf, PathBuf) {
        let path = |name| folder.path().join(name);
        let files = (path("tls.crt"), path("tls.key"));
        fs::write(&files.0, certificate).expect("a file");
        fs::write(&files.1, key).expect("a file");
        files
    }

    fn leaf(pem: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(pem.as_bytes()).expect("PEM")
    }

    #[test]
    fn changed_files_are_used_and_unusable_ones_change_nothing() {
        let folder = TempDir::new().expect("a folder");
        let (file, key_file) = files(&folder, ONE);
        let tls = Tls::read(file, key_file).expect("both fit");
        let shown = || tls.certificate.current().key.cert[0].clone();
        assert_eq!(shown(), leaf(ONE.0));
        assert!(!tls.certificate.read_again().expect("the same"));
        // Between the two writes of somebody who replaces both.
        files(&folder, (TWO.0, ONE.1));
        assert!(tls.certificate.read_again().is_err());
        assert_eq!(shown(), leaf(ONE.0));
        files(&folder, TWO);
        assert!(tls.certificate.read_again().expect("both fit"));
        assert_eq!(shown(), leaf(TWO.0));
    }

    #[test]
    fn unusable_files_are_refused_without_a_quotation() {
        let folder = TempDir::new().expect("a folder");
        for (pair, expected) in [
            (("sentinel", ONE.1), "no certificate"),
            ((ONE.1, ONE.1), "no certificate"),
            ((ONE.0, "sentinel"), "no private key"),
            ((ONE.0, ONE.0), "no private key"),
            ((ONE.0, TWO.1), "doesn't belong"),
        ] {
            let (file, key_file) = files(&folder, pair);
            let error = Tls::read(file, key_file).err().expect("refused");
            let text = error.to_string();
            assert!(text.contains(expected), "{text}");
            assert!(!text.contains("sentinel"), "{text}");
        }
        let missing = folder.path().join("missing");
        let error = Tls::read(missing.clone(), missing).err().expect("refused");
        assert!(error.to_string().contains("missing: "), "{error}");
    }
}
