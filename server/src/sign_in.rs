//! Sign-in in local mode: the terminal shows a one-time address; opening the address sets a cookie.
//!
//! The key in the address works once, so a copy in the browser's history is useless. The cookie is encrypted with a key that exists only
//! in memory, so a restart signs everybody out.

use std::{
    net::SocketAddr,
    sync::Mutex,
    time::{Duration, Instant, SystemTime},
};

use axum::{http::HeaderMap, response::AppendHeaders};
use axum_extra::extract::{
    PrivateCookieJar,
    cookie::{Cookie, Key, SameSite},
};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::sync::watch;

/// Time in which a one-time address can be opened.
const ADDRESS_LIFETIME: Duration = Duration::from_mins(10);

/// Lifetime of a sign-in.
const SESSION_LIFETIME: Duration = Duration::from_hours(12);

/// A one-time address. Print to the terminal only; never log.
#[derive(Clone)]
pub struct OneTimeAddress(String);

impl OneTimeAddress {
    /// Returns the address for printing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Issues one-time addresses and checks sign-in cookies.
pub struct SignIn {
    address: SocketAddr,
    current_key: Mutex<CurrentKey>,
    cookie_key: Key,
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

impl SignIn {
    /// Creates the sign-in for the server at `address`. The receiver holds the valid one-time address.
    pub fn new(address: SocketAddr) -> (Self, watch::Receiver<OneTimeAddress>) {
        let key = CurrentKey::new();
        let (addresses, receiver) = watch::channel(one_time_address(address, &key.key));
        (
            Self {
                address,
                current_key: Mutex::new(key),
                cookie_key: Key::generate(),
                addresses,
            },
            receiver,
        )
    }

    /// Exchanges the valid key for a cookie and publishes the next address; `None` for any other key. A key that has expired is only replaced.
    pub fn exchange(
        &self,
        key: &str,
    ) -> Option<AppendHeaders<[(axum::http::HeaderName, String); 1]>> {
        let mut current = self
            .current_key
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if !bool::from(current.key.expose_secret().as_bytes().ct_eq(key.as_bytes())) {
            return None;
        }
        let has_expired = current.has_expired();
        *current = CurrentKey::new();
        self.addresses
            .send_replace(one_time_address(self.address, &current.key));
        drop(current);
        if has_expired {
            return None;
        }
        let expires = seconds(SystemTime::now() + SESSION_LIFETIME).to_string();
        let cookie = Cookie::build((self.cookie_name(), expires))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict)
            .build();
        let jar = PrivateCookieJar::new(self.cookie_key.clone()).add(cookie);
        let response = axum::response::IntoResponse::into_response(jar);
        let set = response
            .headers()
            .get(axum::http::header::SET_COOKIE)?
            .to_str()
            .ok()?
            .to_owned();
        Some(AppendHeaders([(axum::http::header::SET_COOKIE, set)]))
    }

    /// Returns whether a request has a valid sign-in cookie.
    pub fn is_signed_in(&self, headers: &HeaderMap) -> bool {
        let jar = PrivateCookieJar::from_headers(headers, self.cookie_key.clone());
        let expires = jar
            .get(&self.cookie_name())
            .and_then(|cookie| cookie.value().parse::<u64>().ok());
        expires.is_some_and(|expires| expires > seconds(SystemTime::now()))
    }

    // The name includes the port because cookies ignore ports: otherwise two dashboards on one machine would sign each other out.
    fn cookie_name(&self) -> String {
        format!("kargo-tokens-{}", self.address.port())
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |d| d.as_secs())
}

fn random_key() -> SecretString {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system provides randomness after boot");
    format!("{:032x}", u128::from_ne_bytes(bytes)).into()
}

fn one_time_address(address: SocketAddr, key: &SecretString) -> OneTimeAddress {
    OneTimeAddress(format!(
        "http://{address}/sign-in?key={}",
        key.expose_secret()
    ))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header::COOKIE};

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
        let (sign_in, mut addresses) = SignIn::new(([127, 0, 0, 1], 3000).into());
        let first = key(&addresses.borrow_and_update());
        assert!(sign_in.exchange("").is_none());
        assert!(sign_in.exchange("0123").is_none());
        assert!(sign_in.exchange(&first).is_some());
        assert!(sign_in.exchange(&first).is_none(), "only once");
        assert!(addresses.has_changed().expect("still there"));
        let second = key(&addresses.borrow_and_update());
        assert_ne!(first, second);
        assert!(sign_in.exchange(&second).is_some());
    }

    #[test]
    fn a_cookie_is_valid_in_its_own_process_only() {
        let (sign_in, addresses) = SignIn::new(([127, 0, 0, 1], 3000).into());
        // A separate statement, because the borrow blocks publishing the next address.
        let first = key(&addresses.borrow());
        let set = sign_in.exchange(&first).expect("the right key").0[0]
            .1
            .clone();
        for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(set.contains(attribute), "{set}");
        }
        let mut headers = HeaderMap::new();
        assert!(!sign_in.is_signed_in(&headers));
        let cookie = set.split(';').next().expect("name and value");
        headers.insert(COOKIE, HeaderValue::from_str(cookie).expect("a header"));
        assert!(sign_in.is_signed_in(&headers));
        let (other, _) = SignIn::new(([127, 0, 0, 1], 3000).into());
        assert!(
            !other.is_signed_in(&headers),
            "another process has another key"
        );
    }

    #[test]
    fn an_expired_address_is_replaced_and_opens_nothing() {
        let (sign_in, mut addresses) = SignIn::new("127.0.0.1:3000".parse().expect("an address"));
        let first = key(&addresses.borrow_and_update());
        sign_in.current_key.lock().expect("a key").issued = Instant::now()
            .checked_sub(ADDRESS_LIFETIME + Duration::from_secs(1))
            .expect("this machine runs for longer");
        assert!(sign_in.exchange(&first).is_none());
        let next = key(&addresses.borrow_and_update());
        assert_ne!(next, first);
        assert!(sign_in.exchange(&next).is_some());
    }
}
