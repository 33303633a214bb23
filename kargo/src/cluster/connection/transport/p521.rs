//! ECDSA on the curve P-521 for rustls: ring doesn't have this curve, and kubectl takes such keys and certificates.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use p521::{
    SecretKey,
    ecdsa::{
        Signature, SigningKey as Key, VerifyingKey,
        signature::{Signer as _, hazmat::PrehashVerifier},
    },
};
use rustls::{
    Error, SignatureAlgorithm, SignatureScheme,
    crypto::{CryptoProvider, KeyProvider, WebPkiSupportedAlgorithms, ring},
    pki_types::{
        AlgorithmIdentifier, InvalidSignature, PrivateKeyDer, SignatureVerificationAlgorithm,
        SubjectPublicKeyInfoDer, alg_id,
    },
    sign::{Signer, SigningKey, public_key_to_spki},
};
use sha2::{Digest, Sha256, Sha384, Sha512};

const SCHEME: SignatureScheme = SignatureScheme::ECDSA_NISTP521_SHA512;
/// Bytes of a number on the curve.
const FIELD: usize = 66;

/// Cryptography of all connections: ring's, and the curve P-521.
pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        let ring = ring::default_provider();
        let known = ring.signature_verification_algorithms;
        // rustls takes `'static` lists. They are made once.
        let all: Vec<_> = known.all.iter().copied().chain(VERIFIERS).collect();
        let added: (SignatureScheme, &[&dyn SignatureVerificationAlgorithm]) = (SCHEME, &SHA512);
        let mapping: Vec<_> = known.mapping.iter().copied().chain([added]).collect();
        Arc::new(CryptoProvider {
            signature_verification_algorithms: WebPkiSupportedAlgorithms {
                all: Vec::leak(all),
                mapping: Vec::leak(mapping),
            },
            key_provider: &Keys,
            ..ring
        })
    });
    Arc::clone(&PROVIDER)
}

/// Loads keys of ring's kinds, and those on P-521.
#[derive(Debug)]
struct Keys;

impl KeyProvider for Keys {
    fn load_private_key(&self, der: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        match secret_key(&der) {
            Some(secret) => Key::from_slice(&secret.to_bytes())
                .map(|key| Arc::new(ClientKey(key)) as Arc<dyn SigningKey>)
                .map_err(|_| Error::General("the private key is damaged".to_owned())),
            None => ring::sign::any_supported_type(&der),
        }
    }
}

fn secret_key(der: &PrivateKeyDer<'_>) -> Option<SecretKey> {
    use p521::pkcs8::DecodePrivateKey;
    match der {
        PrivateKeyDer::Pkcs8(der) => SecretKey::from_pkcs8_der(der.secret_pkcs8_der()).ok(),
        PrivateKeyDer::Sec1(der) => SecretKey::from_sec1_der(der.secret_sec1_der()).ok(),
        _ => None,
    }
}

#[derive(Clone)]
struct ClientKey(Key);

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKey")
    }
}

impl SigningKey for ClientKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered
            .contains(&SCHEME)
            .then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        let point = VerifyingKey::from(&self.0).to_encoded_point(false);
        Some(public_key_to_spki(&alg_id::ECDSA_P521, point.as_bytes()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for ClientKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature: Signature = self
            .0
            .try_sign(message)
            .map_err(|_| Error::General("signing failed".to_owned()))?;
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SCHEME
    }
}

/// Verifies signatures with one hash function.
#[derive(Debug)]
struct Verifier {
    hash: fn(&[u8]) -> Vec<u8>,
    algorithm: AlgorithmIdentifier,
}

static WITH_SHA256: Verifier = Verifier {
    hash: |message| Sha256::digest(message).to_vec(),
    algorithm: alg_id::ECDSA_SHA256,
};
static WITH_SHA384: Verifier = Verifier {
    hash: |message| Sha384::digest(message).to_vec(),
    algorithm: alg_id::ECDSA_SHA384,
};
static WITH_SHA512: Verifier = Verifier {
    hash: |message| Sha512::digest(message).to_vec(),
    algorithm: alg_id::ECDSA_SHA512,
};
static SHA512: [&dyn SignatureVerificationAlgorithm; 1] = [&WITH_SHA512];
static VERIFIERS: [&dyn SignatureVerificationAlgorithm; 3] =
    [&WITH_SHA512, &WITH_SHA384, &WITH_SHA256];

impl SignatureVerificationAlgorithm for Verifier {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        let hash = (self.hash)(message);
        // The hash as a number of the field's width: p521 refuses shorter ones.
        let mut number = [0; FIELD];
        number[FIELD - hash.len()..].copy_from_slice(&hash);
        key.verify_prehash(&number, &signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_verified() {
        let key = Key::from_slice(&[7; FIELD - 1].iter().copied().fold(
            vec![0],
            |mut all, byte| {
                all.push(byte);
                all
            },
        ))
        .expect("a key");
        let public = VerifyingKey::from(&key).to_encoded_point(false);
        let signature = ClientKey(key).sign(b"message").expect("signed");
        let verify =
            |message: &[u8]| WITH_SHA512.verify_signature(public.as_bytes(), message, &signature);
        assert!(verify(b"message").is_ok());
        assert!(verify(b"another").is_err());
        assert!(
            WITH_SHA384
                .verify_signature(public.as_bytes(), b"message", &signature)
                .is_err()
        );
    }
}
