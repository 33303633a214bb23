//! The keys that the API server signs values with, to check a value without signing in with it: the API server would record that as a use
//! of the token.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

use super::{Cluster, access::Access};
use crate::value::Value;

/// Time after which the keys are read again.
const FRESH_FOR: Duration = Duration::from_mins(10);

/// The keys as they were last read.
#[derive(Clone, Default)]
pub(super) struct SigningKeys(Arc<Mutex<Option<Remembered>>>);

#[derive(Clone)]
struct Remembered {
    keys: Arc<[Key]>,
    read: Instant,
}

/// A public key (RFC 7517). Fields that don't belong to its kind are empty.
#[derive(Deserialize)]
struct Key {
    kid: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Key>,
}

/// Header of a JWT.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

impl Cluster {
    /// Whether the API server signed a value; `None` if the person may not read its keys, or the key is of the curve P-521. A value in
    /// another form than the API server's is not signed.
    pub(in crate::cluster) async fn is_signed(&self, value: &Value) -> Option<bool> {
        let Some((header, signed, signature)) = parts(value) else {
            return Some(false);
        };
        let keys = self.signing_keys(&header.kid).await?;
        match keys.iter().find(|key| key.kid == header.kid) {
            Some(key) => key.verifies(&header.alg, signed.as_bytes(), &signature),
            None => Some(false),
        }
    }

    /// The keys. Read again where none has the wanted name.
    async fn signing_keys(&self, wanted: &str) -> Option<Arc<[Key]>> {
        let SigningKeys(remembered) = self.connector().signing_keys();
        let known = remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(Remembered { keys, read }) = known
            && read.elapsed() < FRESH_FOR
            && keys.iter().any(|key| key.kid == wanted)
        {
            return Some(keys);
        }
        let access = Access::to("get", "/openid/v1/jwks");
        let request = http::Request::get("/openid/v1/jwks")
            .body(Vec::new())
            .map_err(kube::core::request::Error::BuildRequest);
        let set: KeySet = self
            .program()
            .read(&access, request)
            .await
            .ok()?
            .parse(&access)
            .ok()?;
        let keys: Arc<[Key]> = set.keys.into();
        *remembered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Remembered {
            keys: keys.clone(),
            read: Instant::now(),
        });
        Some(keys)
    }
}

/// Header, signed text and signature of a JWT.
fn parts(value: &Value) -> Option<(Header, &str, Vec<u8>)> {
    let header = value.unverified_header()?;
    let (signed, signature) = value.expose().rsplit_once('.')?;
    Some((
        header,
        signed,
        BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?,
    ))
}

impl Key {
    fn verifies(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> Option<bool> {
        let bytes = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let is_rsa = !self.n.is_empty();
        let result = match (algorithm, is_rsa) {
            ("RS256", true) => {
                let (n, e) = (bytes(&self.n)?, bytes(&self.e)?);
                RsaPublicKeyComponents { n, e }.verify(
                    &RSA_PKCS1_2048_8192_SHA256,
                    signed,
                    signature,
                )
            }
            ("ES256" | "ES384", false) => {
                // The uncompressed form of a point.
                let point = [vec![4], bytes(&self.x)?, bytes(&self.y)?].concat();
                let kind = if algorithm == "ES256" {
                    &ECDSA_P256_SHA256_FIXED
                } else {
                    &ECDSA_P384_SHA384_FIXED
                };
                UnparsedPublicKey::new(kind, point).verify(signed, signature)
            }
            ("ES512", false) => return None,
            // The holder of a Secret chooses the header, so a wrong one must not keep the signature from being checked.
            _ => return Some(false),
        };
        Some(result.is_ok())
    }
}

#[cfg(test)]
mod tests {
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
    };

    use super::*;

    #[test]
    fn only_the_key_that_signed_verifies() {
        let random = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = || {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a key");
            EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), &random).expect("a key")
        };
        let public = |pair: &EcdsaKeyPair| {
            let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
            Key {
                kid: String::new(),
                n: String::new(),
                e: String::new(),
                x: BASE64_URL_SAFE_NO_PAD.encode(x),
                y: BASE64_URL_SAFE_NO_PAD.encode(y),
            }
        };
        let (own, other) = (pair(), pair());
        let signature = own.sign(&random, b"text").expect("signed");
        let verify = |key: &Key, algorithm: &str, text: &[u8]| {
            key.verifies(algorithm, text, signature.as_ref())
        };
        assert_eq!(verify(&public(&own), "ES256", b"text"), Some(true));
        assert_eq!(verify(&public(&own), "ES256", b"other"), Some(false));
        assert_eq!(verify(&public(&other), "ES256", b"text"), Some(false));
        for wrong in ["none", "HS256", "RS256"] {
            assert_eq!(
                verify(&public(&own), wrong, b"text"),
                Some(false),
                "{wrong}"
            );
        }
        assert_eq!(verify(&public(&own), "ES512", b"text"), None);
    }

    #[test]
    fn a_text_in_another_form_has_no_parts_to_verify() {
        let has_parts = |text: &str| parts(&Value::new(text.to_owned())).is_some();
        // {"alg":"RS256","kid":"k"}
        let header = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ";
        assert!(has_parts(&format!("{header}.e30.AA")));
        // The last character has bits that belong to no byte.
        assert!(!has_parts(&format!("{header}.e30.AB")));
        assert!(!has_parts("e30.e30.AA"));
        assert!(!has_parts("AA"));
    }
}
