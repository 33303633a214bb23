//! Signing in, in local mode: whoever reads the terminal gets a one-time address; opening it sets a cookie.
//!
//! The key in the address works once, so that it is worth nothing in a browser's history. The cookie is encrypted with a key that
//! lives as long as the program: a restart signs everybody out.

use std::{
    net::SocketAddr,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use axum::{http::HeaderMap, response::AppendHeaders};
use axum_extra::extract::{
    PrivateCookieJar,
    cookie::{Cookie, Key, SameSite},
};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::sync::watch;

/// How long a sign-in lasts.
const LASTS: Duration = Duration::from_hours(12);

/// A one-time address, for the terminal only.
#[derive(Clone)]
pub struct OneTimeAddress(String);

impl OneTimeAddress {
    /// The address, to be printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who may sign in, and who is.
pub struct SignIn {
    address: SocketAddr,
    key: Mutex<SecretString>,
    cookies: Key,
    next: watch::Sender<OneTimeAddress>,
}

impl SignIn {
    /// For the server at `address`. The receiver has the one-time address that is valid now.
    pub fn new(address: SocketAddr) -> (Self, watch::Receiver<OneTimeAddress>) {
        let key = random_key();
        let (next, current) = watch::channel(one_time_address(address, &key));
        (
            Self {
                address,
                key: Mutex::new(key),
                cookies: Key::generate(),
                next,
            },
            current,
        )
    }

    /// Exchanges the key for a cookie; `None` if it isn't the one that is valid now. The next one becomes valid at once.
    pub fn exchange(
        &self,
        key: &str,
    ) -> Option<AppendHeaders<[(axum::http::HeaderName, String); 1]>> {
        let mut current = self
            .key
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if !bool::from(current.expose_secret().as_bytes().ct_eq(key.as_bytes())) {
            return None;
        }
        *current = random_key();
        self.next
            .send_replace(one_time_address(self.address, &current));
        drop(current);
        let until = seconds(SystemTime::now() + LASTS).to_string();
        let cookie = Cookie::build((self.cookie_name(), until))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict)
            .build();
        let jar = PrivateCookieJar::new(self.cookies.clone()).add(cookie);
        let response = axum::response::IntoResponse::into_response(jar);
        let set = response
            .headers()
            .get(axum::http::header::SET_COOKIE)?
            .to_str()
            .ok()?
            .to_owned();
        Some(AppendHeaders([(axum::http::header::SET_COOKIE, set)]))
    }

    /// Whether a request comes from somebody who signed in.
    pub fn is_signed_in(&self, headers: &HeaderMap) -> bool {
        let jar = PrivateCookieJar::from_headers(headers, self.cookies.clone());
        let until = jar
            .get(&self.cookie_name())
            .and_then(|cookie| cookie.value().parse::<u64>().ok());
        until.is_some_and(|until| until > seconds(SystemTime::now()))
    }

    // Cookies ignore ports: without the port in its name, two dashboards on one machine would sign each other out.
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
    getrandom::fill(&mut bytes)
        .expect("the operating system always has randomness once it has started");
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
    fn a_key_works_once_and_the_next_one_is_told() {
        let (sign_in, mut told) = SignIn::new(([127, 0, 0, 1], 3000).into());
        let first = key(&told.borrow_and_update());
        assert!(sign_in.exchange("").is_none());
        assert!(sign_in.exchange("0123").is_none());
        assert!(sign_in.exchange(&first).is_some());
        assert!(sign_in.exchange(&first).is_none(), "only once");
        assert!(told.has_changed().expect("still there"));
        let second = key(&told.borrow_and_update());
        assert_ne!(first, second);
        assert!(sign_in.exchange(&second).is_some());
    }

    #[test]
    fn the_cookie_signs_in_here_and_nowhere_else() {
        let (sign_in, told) = SignIn::new(([127, 0, 0, 1], 3000).into());
        // In a statement of its own: what is borrowed from the channel keeps the next key from being told.
        let first = key(&told.borrow());
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
}
