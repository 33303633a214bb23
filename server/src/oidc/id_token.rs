//! An ID token: whether the issuer has signed it, and for this sign-in. Claims that the protocol doesn't need may have any type: Kargo takes
//! such tokens, too.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kargo::value::Value;
use openidconnect::{
    JsonWebKey,
    core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm as Algorithm},
};
use serde::Deserialize;
use serde_json::Value as Json;
use subtle::ConstantTimeEq;

use super::{error::OidcError, registered::Registered};

/// Algorithms of signatures that are accepted: those with a public key. With an algorithm of shared secrets, whoever knows the public key could
/// sign.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

/// Longest subject in bytes. The protocol allows 255, and some issuers write more.
const LONGEST_SUBJECT: usize = 1000;

/// An ID token.
pub struct IdToken {
    text: Value,
    header: Header,
    signature: Vec<u8>,
    payload: String,
    registered: Registered,
}

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    kid: Option<String>,
    /// Names of fields that whoever reads the token must understand.
    crit: Option<Json>,
}

/// What an ID token must say.
pub struct Expected<'a> {
    /// Address of the issuer.
    pub issuer: &'a str,
    /// This client at the issuer.
    pub client: &'a str,
    /// What the sign-in was begun with.
    pub nonce: &'a str,
}

impl IdToken {
    /// Reads a signed token. Nothing of it is verified yet.
    pub fn parse(token: Value) -> Result<Self, OidcError> {
        let bad = OidcError::BadToken;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part.trim_end_matches('='));
        let not_signed = || bad("it is no signed token");
        let (signed, signature) = token.expose().rsplit_once('.').ok_or_else(not_signed)?;
        let (header, payload) = signed.split_once('.').ok_or_else(not_signed)?;
        let text = |part: &str| String::from_utf8(decode(part).ok()?).ok();
        let header = text(header).and_then(|header| object::<Header>(&header));
        let header = header.ok_or_else(|| bad("its header can't be read"))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(bad("it is signed with no algorithm of public keys"));
        }
        if header.crit.is_some() {
            return Err(bad("its header wants something unknown (crit)"));
        }
        let not_an_object = || bad("its payload is no JSON object");
        let payload = text(payload).ok_or_else(not_an_object)?;
        Ok(Self {
            registered: object(&payload).ok_or_else(not_an_object)?,
            header,
            signature: decode(signature).map_err(|_| not_signed())?,
            payload,
            text: token,
        })
    }

    /// Whether one of the keys has made the signature: with its algorithm and for its use, and of the name that the token says, if it does.
    pub fn is_signed_by(&self, keys: &CoreJsonWebKeySet) -> bool {
        let Header { alg, kid, .. } = &self.header;
        let signed = self.text.expose().rsplit_once('.');
        let (message, _) = signed.unwrap_or_default();
        keys.keys()
            .iter()
            .filter(|key| match (kid, key.key_id()) {
                (Some(kid), id) => id.is_some_and(|id| id.as_str() == kid),
                (None, _) => true,
            })
            .any(|key| {
                key.verify_signature(alg, message.as_bytes(), &self.signature)
                    .is_ok()
            })
    }

    /// Checks that the token is of an issuer, for a client, and for a sign-in. Other audiences beside the client are allowed, as by Kargo.
    pub fn check(&self, expected: &Expected) -> Result<(), OidcError> {
        let claims = &self.registered;
        let is = |claim: &Json, text: &str| claim.as_str() == Some(text);
        let is_for_client = match &claims.aud {
            Json::Array(all) => all.iter().any(|one| is(one, expected.client)),
            one => is(one, expected.client),
        };
        let nonce = claims.nonce.as_str().unwrap_or_default();
        let is_of_sign_in: bool = nonce.as_bytes().ct_eq(expected.nonce.as_bytes()).into();
        let problem = if !is(&claims.iss, expected.issuer) {
            "it is of another issuer (iss)"
        } else if !is_for_client {
            "it is not for this client (aud)"
        } else if !claims.azp.is_null() && !is(&claims.azp, expected.client) {
            "it was issued to another client (azp)"
        } else if !is_of_sign_in || nonce.is_empty() {
            "it is not for this sign-in (nonce)"
        } else {
            return Ok(());
        };
        Err(OidcError::BadToken(problem))
    }

    /// Issuer.
    pub fn issuer(&self) -> &str {
        self.registered.iss.as_str().unwrap_or_default()
    }

    /// The person's name at the issuer: always the same, and nobody else's.
    pub fn subject(&self) -> Result<&str, OidcError> {
        let subject = self.registered.sub.as_str().filter(|subject| {
            let is_plain = !subject.contains(char::is_control) && subject.trim() == *subject;
            is_plain && (1..=LONGEST_SUBJECT).contains(&subject.len())
        });
        subject.ok_or(OidcError::BadToken(
            "its sub is no text, empty, too long, or has control characters",
        ))
    }

    /// The claims that the protocol itself needs.
    pub fn registered(&self) -> &Registered {
        &self.registered
    }

    /// All claims, as JSON.
    pub fn payload(&self) -> &str {
        &self.payload
    }

    /// The token itself.
    pub fn into_text(self) -> Value {
        self.text
    }
}

/// Reads a JSON object; a list of its fields' values is none.
fn object<T: serde::de::DeserializeOwned>(json: &str) -> Option<T> {
    json.trim_start().starts_with('{').then_some(())?;
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use ring::{
        rand::SystemRandom,
        signature::{Ed25519KeyPair, KeyPair},
    };
    use serde_json::json;

    use super::*;

    const EXPECTED: Expected = Expected {
        issuer: "https://issuer.example.com",
        client: "kargo",
        nonce: "of-this-sign-in",
    };

    fn new_key() -> Ed25519KeyPair {
        let pair = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("random");
        Ed25519KeyPair::from_pkcs8(pair.as_ref()).expect("a key")
    }

    fn published(key: &Ed25519KeyPair, name: &str, usage: &str) -> CoreJsonWebKeySet {
        let x = BASE64_URL_SAFE_NO_PAD.encode(key.public_key());
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x, "kid": name, "use": usage });
        serde_json::from_value(json!({ "keys": [key] })).expect("keys")
    }

    fn signed(key: &Ed25519KeyPair, header: &Json, payload: &str) -> String {
        let header = BASE64_URL_SAFE_NO_PAD.encode(header.to_string());
        let content = format!("{header}.{}", BASE64_URL_SAFE_NO_PAD.encode(payload));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(content.as_bytes()));
        format!("{content}.{signature}")
    }

    fn parse(token: &str) -> Result<IdToken, OidcError> {
        IdToken::parse(Value::new(token.to_owned()))
    }

    fn of(payload: &str) -> IdToken {
        let token = signed(&new_key(), &json!({ "alg": "EdDSA" }), payload);
        parse(&token).expect("a token")
    }

    fn good() -> Json {
        json!({ "iss": EXPECTED.issuer, "aud": EXPECTED.client, "nonce": EXPECTED.nonce, "sub": "1", "exp": 1 })
    }

    #[test]
    fn only_a_published_key_of_the_right_name_and_use_signs() {
        let key = new_key();
        let token = |header: Json| {
            let token = parse(&signed(&key, &header, "{}"));
            token.expect("a token")
        };
        let named = token(json!({ "alg": "EdDSA", "kid": "a", "typ": "JWT" }));
        assert!(named.is_signed_by(&published(&key, "a", "sig")));
        assert!(!named.is_signed_by(&published(&key, "b", "sig")));
        assert!(!named.is_signed_by(&published(&key, "a", "enc")));
        assert!(!named.is_signed_by(&published(&new_key(), "a", "sig")));
        assert!(!named.is_signed_by(&CoreJsonWebKeySet::new(vec![])));
        let unnamed = token(json!({ "alg": "EdDSA" }));
        assert!(unnamed.is_signed_by(&published(&key, "a", "sig")));
        let other_algorithm = token(json!({ "alg": "RS256" }));
        assert!(!other_algorithm.is_signed_by(&published(&key, "a", "sig")));
        let changed = signed(&key, &json!({ "alg": "EdDSA" }), "{}").replace(".e30.", ".e30K.");
        let changed = parse(&changed).expect("a token");
        assert!(!changed.is_signed_by(&published(&key, "a", "sig")));
    }

    #[test]
    fn tokens_that_nobody_has_signed_with_a_public_key_are_refused_unread() {
        let key = new_key();
        for header in [
            json!({ "alg": "none" }),
            json!({ "alg": "HS256", "kid": "a" }),
            json!({ "alg": "made-up" }),
            json!({ "alg": 1 }),
            json!({ "alg": "EdDSA", "kid": 7 }),
            json!({ "alg": "EdDSA", "crit": ["b64"] }),
            json!({}),
        ] {
            let token = signed(&key, &header, "{}");
            assert!(parse(&token).is_err(), "{header}");
        }
        for payload in ["", "[]", "7", "{", r#"{"sub":"a","sub":"b"}"#] {
            let token = signed(&key, &json!({ "alg": "EdDSA" }), payload);
            assert!(parse(&token).is_err(), "{payload}");
        }
        for token in ["", "a", "a.b", "e30.e30.!", "e30.e30.e30.e30.e30"] {
            assert!(parse(token).is_err(), "{token}");
        }
    }

    #[test]
    fn a_token_of_another_issuer_client_or_sign_in_is_refused() {
        let check = |claim: &str, value: Json| {
            let mut payload = good();
            payload[claim] = value;
            of(&payload.to_string()).check(&EXPECTED).is_ok()
        };
        assert!(check("aud", json!(["other", EXPECTED.client])));
        assert!(check("azp", json!(EXPECTED.client)) && check("azp", json!(null)));
        for (claim, value) in [
            ("iss", json!("https://issuer.example.com/")),
            ("iss", json!([EXPECTED.issuer])),
            ("iss", json!(null)),
            ("aud", json!("other")),
            ("aud", json!([])),
            ("aud", json!([[EXPECTED.client]])),
            ("aud", json!({ "kargo": true })),
            ("azp", json!("other")),
            ("azp", json!(7)),
            ("nonce", json!("of-another-sign-in")),
            ("nonce", json!("")),
            ("nonce", json!(null)),
        ] {
            assert!(!check(claim, value.clone()), "{claim}: {value}");
        }
    }

    #[test]
    fn claims_of_odd_types_do_not_matter() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        for odd in [
            r#""preferred_username":42"#.to_owned(),
            r#""name":["Ana"],"email_verified":"perhaps""#.to_owned(),
            r#""locale":{},"address":"here","updated_at":"today""#.to_owned(),
            r#""nickname":"\ud800""#.to_owned(),
            r#""groups":["a"],"groups":7"#.to_owned(),
            format!(r#""about":{deep}"#),
        ] {
            let good = good().to_string();
            let payload = format!("{{{odd},{}", &good[1..]);
            let token = of(&payload);
            assert!(token.check(&EXPECTED).is_ok(), "{odd}");
            assert_eq!(token.subject().ok(), Some("1"), "{odd}");
        }
    }

    #[test]
    fn a_subject_that_names_nobody_is_refused() {
        let long = "x".repeat(LONGEST_SUBJECT + 1);
        for subject in [
            json!(""),
            json!(" "),
            json!("a\nb"),
            json!(7),
            json!(["a"]),
            json!(null),
            json!(long),
        ] {
            let mut payload = good();
            payload["sub"] = subject;
            let token = of(&payload.to_string());
            assert!(token.subject().is_err(), "{payload}");
        }
    }
}
