//! Sign-in in local mode: the terminal shows a one-time address; opening the address begins a session. The key in the address works once, so
//! a copy in the browser's history is useless.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::sync::watch;

/// Time in which a one-time address can be opened.
const ADDRESS_LIFETIME: Duration = Duration::from_mins(10);

/// A one-time address. Print to the terminal only; never log.
#[derive(Clone)]
pub struct OneTimeAddress(String);

impl OneTimeAddress {
    /// Returns the address for printing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Issues one-time addresses and checks their keys.
pub struct OneTimeAddresses {
    /// Scheme, host and port that people open.
    origin: String,
    current_key: Mutex<CurrentKey>,
    addresses: watch::Sender<OneTimeAddress>,
}

/// The key that can be exchanged.
struct CurrentKey {
    key: SecretString,
    issued: Instant,
}

impl CurrentKey {
    fn new() -> Self {
        Self {
            key: random_key(),
            issued: Instant::now(),
        }
    }

    fn has_expired(&self) -> bool {
        self.issued.elapsed() > ADDRESS_LIFETIME
    }
}

impl OneTimeAddresses {
    /// Creates addresses. `origin`: scheme, host and port that people open. The receiver holds the valid one-time address.
    pub fn new(origin: String) -> (Self, watch::Receiver<OneTimeAddress>) {
        let key = CurrentKey::new();
        let (addresses, receiver) = watch::channel(one_time_address(&origin, &key.key));
        (
            Self {
                origin,
                current_key: Mutex::new(key),
                addresses,
            },
            receiver,
        )
    }

    /// Whether a key is the valid one. The key is then used up and the next address is published. A key that has expired is only replaced.
    pub fn exchange(&self, key: &str) -> bool {
        let mut current = self
            .current_key
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if !bool::from(current.key.expose_secret().as_bytes().ct_eq(key.as_bytes())) {
            return false;
        }
        let has_expired = current.has_expired();
        *current = CurrentKey::new();
        self.addresses
            .send_replace(one_time_address(&self.origin, &current.key));
        !has_expired
    }
}

fn random_key() -> SecretString {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system provides randomness after boot");
    format!("{:032x}", u128::from_ne_bytes(bytes)).into()
}

fn one_time_address(origin: &str, key: &SecretString) -> OneTimeAddress {
    OneTimeAddress(format!("{origin}/sign-in?key={}", key.expose_secret()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(address: &OneTimeAddress) -> String {
        address
            .as_str()
            .rsplit_once('=')
            .expect("a key")
            .1
            .to_owned()
    }

    #[test]
    fn a_key_works_once_and_the_next_address_is_published() {
        let (issuer, mut addresses) = OneTimeAddresses::new("http://127.0.0.1:3000".to_owned());
        let first = key(&addresses.borrow_and_update());
        assert!(!issuer.exchange(""));
        assert!(!issuer.exchange("0123"));
        assert!(issuer.exchange(&first));
        assert!(!issuer.exchange(&first), "only once");
        assert!(addresses.has_changed().expect("still there"));
        let second = key(&addresses.borrow_and_update());
        assert_ne!(first, second);
        assert!(issuer.exchange(&second));
    }

    #[test]
    fn an_expired_address_is_replaced_and_opens_nothing() {
        let (issuer, mut addresses) = OneTimeAddresses::new("https://tokens.example".to_owned());
        let address = addresses.borrow().as_str().to_owned();
        assert!(address.starts_with("https://tokens.example/"), "{address}");
        let first = key(&addresses.borrow_and_update());
        issuer.current_key.lock().expect("a key").issued = Instant::now()
            .checked_sub(ADDRESS_LIFETIME + Duration::from_secs(1))
            .expect("this machine runs for longer");
        assert!(!issuer.exchange(&first));
        let next = key(&addresses.borrow_and_update());
        assert_ne!(next, first);
        assert!(issuer.exchange(&next));
    }
}
