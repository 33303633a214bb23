//! Keys that encrypt cookies. Replicas that read the same key file read each other's cookies.

use std::{fs, io, path::Path};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf, hmac,
    rand::{SecureRandom, SystemRandom},
};
use thiserror::Error;

/// Length of a key in bytes.
const LENGTH: usize = 32;

/// Length of a mark in bytes: too long to be hit by chance.
const MARK: usize = 16;

/// Keys by age: the first encrypts, and each decrypts.
pub struct Keys(Vec<Key>);

struct Key {
    cipher: LessSafeKey,
    marker: hmac::Key,
}

/// Why a key file can't be used. Quotes nothing of it.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file can't be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// A line is no key.
    #[error("line {0} is not the base64 of {LENGTH} bytes")]
    NotAKey(usize),
    /// There is no key.
    #[error("it contains no key")]
    Empty,
}

impl Keys {
    /// A key of this process only.
    pub fn random() -> Self {
        Self(vec![key(&random::<LENGTH>())])
    }

    /// Reads a file of keys: base64 of 32 bytes on each line, the newest first. `openssl rand -base64 32` makes one.
    pub fn read(file: &Path) -> Result<Self, KeyError> {
        Self::parse(&fs::read_to_string(file)?)
    }

    fn parse(text: &str) -> Result<Self, KeyError> {
        let lines = text.lines().enumerate();
        let keys = lines
            .map(|(number, line)| (number + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(number, line)| match BASE64_STANDARD.decode(line) {
                Ok(bytes) if bytes.len() == LENGTH => Ok(key(&bytes)),
                _ => Err(KeyError::NotAKey(number)),
            })
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(Self(keys))
    }

    /// Encrypts a text for one purpose, as base64url.
    pub fn seal(&self, purpose: &str, text: &[u8]) -> String {
        let nonce = random::<NONCE_LEN>();
        let mut sealed = text.to_vec();
        self.0[0]
            .cipher
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose),
                &mut sealed,
            )
            .expect("cookies are far shorter than what one key can encrypt");
        BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// Decrypts what was sealed for the same purpose with any of the keys; `None` for everything else.
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
        self.0.iter().find_map(|key| {
            let mut text = sealed.to_vec();
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let length = key
                .cipher
                .open_in_place(nonce, Aad::from(purpose), &mut text)
                .ok()?
                .len();
            text.truncate(length);
            Some(text)
        })
    }

    /// Marks of a text, one by each key: 128 bits of its HMAC-SHA-256, as base64url. Who lacks the keys learns nothing of the text, and
    /// can't test a guess.
    pub fn marks(&self, purpose: &str, text: &str) -> Vec<String> {
        let message = [purpose.as_bytes(), &[0], text.as_bytes()].concat();
        let marks = self.0.iter().map(|key| {
            let tag = hmac::sign(&key.marker, &message);
            BASE64_URL_SAFE_NO_PAD.encode(&tag.as_ref()[..MARK])
        });
        marks.collect()
    }
}

fn key(bytes: &[u8]) -> Key {
    let cipher = UnboundKey::new(&AES_256_GCM, bytes).expect("a key has 32 bytes");
    let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, b"kargo-tokens").extract(bytes);
    let marker = derived.expand(&[b"marks"], hmac::HMAC_SHA256);
    Key {
        cipher: LessSafeKey::new(cipher),
        marker: marker.expect("a hash is short enough").into(),
    }
}

/// Random bytes of cryptographic quality.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the operating system provides randomness after boot");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const NEW: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    fn keys(lines: &[&str]) -> Keys {
        Keys::parse(&lines.join("\n")).expect("keys")
    }

    #[test]
    fn only_the_same_keys_and_purpose_open_what_was_sealed() {
        let keys = Keys::random();
        let sealed = keys.seal("session", b"text");
        assert_eq!(keys.open("session", &sealed).as_deref(), Some(&b"text"[..]));
        assert_eq!(keys.open("other", &sealed), None);
        assert_eq!(Keys::random().open("session", &sealed), None);
        for bad in ["", "AAAA", &sealed[1..], &format!("{sealed}A"), "é"] {
            assert_eq!(keys.open("session", bad), None, "{bad}");
        }
        assert_ne!(
            keys.seal("session", b"text"),
            sealed,
            "never the same twice"
        );
    }

    #[test]
    fn an_old_key_still_opens_and_a_removed_one_does_not() {
        let sealed = keys(&[OLD]).seal("session", b"text");
        let rotated = keys(&["# new first", NEW, "", OLD]);
        assert!(rotated.open("session", &sealed).is_some());
        let sealed = rotated.seal("session", b"text");
        assert!(keys(&[NEW]).open("session", &sealed).is_some());
        assert!(keys(&[OLD]).open("session", &sealed).is_none());
    }

    #[test]
    fn marks_are_the_same_for_the_same_keys_only_and_hide_the_text() {
        let both = keys(&[NEW, OLD]).marks("person", "me");
        assert_eq!(both.len(), 2);
        assert_eq!(keys(&[OLD]).marks("person", "me"), both[1..]);
        assert_eq!(both[0].len(), 22);
        assert_ne!(keys(&[OLD]).marks("session", "me"), both[1..]);
        assert_ne!(keys(&[OLD]).marks("person", "you"), both[1..]);
        assert_ne!(Keys::random().marks("person", "me"), both[1..]);
    }

    #[test]
    fn a_bad_key_file_is_refused_without_a_quotation() {
        let error = |text: &str| Keys::parse(text).err().expect("refused").to_string();
        assert_eq!(error(""), "it contains no key");
        assert_eq!(
            error(&format!("{OLD}\nc2hvcnQ=")),
            "line 2 is not the base64 of 32 bytes"
        );
        assert!(!error("sentinel").contains("sentinel"));
    }
}
