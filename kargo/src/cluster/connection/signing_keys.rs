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

/// What is remembered of the keys.
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
    /// Whether the API server signed a value; `None` if the person may not read its keys, or they are of another kind than RSA and P-256 or
    /// P-384.
    pub(in crate::cluster) async fn is_signed(&self, value: &Value) -> Option<bool> {
        let jwt = value.expose();
        let (signed, signature) = jwt.rsplit_once('.')?;
        let header: Header = decoded_json(jwt.split('.').next()?)?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
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

impl Key {
    fn verifies(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> Option<bool> {
        let bytes = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let result = match algorithm {
            "RS256" => {
                let (n, e) = (bytes(&self.n)?, bytes(&self.e)?);
                RsaPublicKeyComponents { n, e }.verify(
                    &RSA_PKCS1_2048_8192_SHA256,
                    signed,
                    signature,
                )
            }
            "ES256" | "ES384" => {
                // The uncompressed form of a point.
                let point = [vec![4], bytes(&self.x)?, bytes(&self.y)?].concat();
                let kind = if algorithm == "ES256" {
                    &ECDSA_P256_SHA256_FIXED
                } else {
                    &ECDSA_P384_SHA384_FIXED
                };
                UnparsedPublicKey::new(kind, point).verify(signed, signature)
            }
            _ => return None,
        };
        Some(result.is_ok())
    }
}

fn decoded_json<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
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
        for unknown in ["none", "HS256", "ES512"] {
            assert_eq!(verify(&public(&own), unknown, b"text"), None, "{unknown}");
        }
    }
}
