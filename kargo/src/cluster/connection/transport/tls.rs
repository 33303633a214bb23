//! TLS of a connection: which server certificates are accepted, and which client certificate is shown.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        ResolvesClientCert, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
    sign::CertifiedKey,
};
use rustls_platform_verifier::Verifier as SystemVerifier;

use super::{
    super::way::{Trust, authorities},
    p521::provider,
};

/// Age after which a file with authorities is read again.
const RELOAD: Duration = Duration::from_mins(1);

/// TLS settings for a way to the cluster, with the client certificate that is shown if the server asks for one.
pub(super) fn config(
    trust: &Trust,
    client: Option<Arc<CertifiedKey>>,
) -> Result<ClientConfig, Error> {
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::System => Arc::new(SystemVerifier::new(provider())?),
        Trust::Authorities { certificates, file } => {
            Arc::new(Authorities::new(certificates, file.clone())?)
        }
        Trust::Unverified => Arc::new(Unverified),
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    Ok(match client {
        Some(key) => builder.with_client_cert_resolver(Arc::new(Client(key))),
        None => builder.with_no_client_auth(),
    })
}

/// A client certificate with its key, from PEM.
pub fn client_certificate(
    certificates: &str,
    key: &str,
) -> Result<Arc<CertifiedKey>, &'static str> {
    if key.contains("ENCRYPTED") {
        return Err("the key is encrypted; remove its passphrase");
    }
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| "the certificate is not valid PEM")?;
    if chain.is_empty() {
        return Err("the certificate is not valid PEM");
    }
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|_| "the key is not a private key in PEM")?;
    let key = provider()
        .key_provider
        .load_private_key(key)
        .map_err(|_| "the key is damaged, or of a kind that is not supported")?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Err(Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
            Err("certificate and key don't belong together")
        }
        _ => Ok(Arc::new(certified)),
    }
}

/// Shows the certificate whatever authorities the server names, as kubectl does.
#[derive(Debug)]
struct Client(Arc<CertifiedKey>);

impl ResolvesClientCert for Client {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// The authorities of a kubeconfig.
#[derive(Debug)]
struct Authorities {
    file: Option<PathBuf>,
    current: RwLock<Current>,
}

#[derive(Debug, Clone)]
struct Current {
    verifier: Arc<WebPkiServerVerifier>,
    certificates: Arc<[CertificateDer<'static>]>,
    read: Instant,
}

impl Current {
    fn new(certificates: &[CertificateDer<'static>]) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots.add(certificate.clone())?;
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        Ok(Self {
            verifier,
            certificates: certificates.into(),
            read: Instant::now(),
        })
    }
}

impl Authorities {
    fn new(certificates: &[CertificateDer<'static>], file: Option<PathBuf>) -> Result<Self, Error> {
        Ok(Self {
            file,
            current: RwLock::new(Current::new(certificates)?),
        })
    }

    /// The authorities, read again from their file once a minute. What can't be read leaves them as they are.
    fn current(&self) -> Current {
        let current = self
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(file) = self
            .file
            .as_ref()
            .filter(|_| current.read.elapsed() > RELOAD)
        else {
            return current;
        };
        let read = std::fs::read(file)
            .ok()
            .and_then(|pem| authorities(&pem).ok())
            .and_then(|certificates| Current::new(&certificates).ok());
        let fresh = read.unwrap_or(Current {
            read: Instant::now(),
            ..current
        });
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        fresh
    }
}

impl ServerCertVerifier for Authorities {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let current = self.current();
        let verified = current.verifier.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            // webpki takes no authority for a server. A certificate that the kubeconfig itself names is trusted, as kubectl does; webpki
            // judged its dates before it came to this.
            Err(Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::Other(_),
            )) if current.certificates.iter().any(|named| named == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Accepts any server (`insecure-skip-tls-verify`).
#[derive(Debug)]
struct Unverified;

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = provider()
            .signature_verification_algorithms
            .supported_schemes();
        schemes.push(SignatureScheme::RSA_PKCS1_SHA1);
        schemes
    }
}

#[cfg(test)]
mod tests {
    use rustls::ServerConfig;
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::*;

    const CERTIFICATE: &str = include_str!("tls/p521-certificate.pem");
    const KEY: &str = include_str!("tls/p521-key.pem");

    /// Outcome of a handshake with a server whose certificate is its own authority.
    async fn handshake(trust: &Trust, name: &str) -> Result<(), String> {
        let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).expect("PEM");
        let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).expect("PEM");
        let server = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a key");
        let (near, far) = tokio::io::duplex(64 * 1024);
        let client = config(trust, None).expect("a configuration");
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let accepted = TlsAcceptor::from(Arc::new(server)).accept(far);
        let connected = TlsConnector::from(Arc::new(client)).connect(name, near);
        let (connected, _) = tokio::join!(connected, accepted);
        connected.map(drop).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_server_on_p521_that_is_its_own_authority_is_trusted() {
        let named = Trust::Authorities {
            certificates: authorities(CERTIFICATE.as_bytes()).expect("an authority"),
            file: None,
        };
        assert_eq!(handshake(&named, "localhost").await, Ok(()));
        assert_eq!(handshake(&Trust::Unverified, "x").await, Ok(()));
        let other = handshake(&named, "other.example")
            .await
            .expect_err("another name");
        assert!(other.contains("name"), "{other}");
        let unknown = handshake(&Trust::System, "localhost")
            .await
            .expect_err("unknown");
        assert!(unknown.contains("certificate"), "{unknown}");
    }

    #[test]
    fn certificates_and_keys_are_checked() {
        assert!(client_certificate(CERTIFICATE, KEY).is_ok());
        for (certificate, key, named) in [
            ("", KEY, "certificate"),
            ("sentinel", KEY, "certificate"),
            (CERTIFICATE, "sentinel", "key"),
            (CERTIFICATE, CERTIFICATE, "key"),
            (
                CERTIFICATE,
                "-----BEGIN ENCRYPTED PRIVATE KEY-----",
                "passphrase",
            ),
        ] {
            let why = client_certificate(certificate, key).expect_err("unusable");
            assert!(why.contains(named) && !why.contains("sentinel"), "{why}");
        }
    }
}
