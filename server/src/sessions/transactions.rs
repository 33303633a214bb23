//! Sign-ins with OIDC that a browser has begun: each in a cookie of its own, named by its state, so that two tabs can sign in at the same time.

use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::CookieJar;

use super::{Sessions, TooLong, clock::seconds, cookies::SplitCookie, now};
use crate::oidc::Transaction;
use std::time::Duration;

/// Longest time between the beginning of a sign-in with OIDC and its end.
const LASTS: Duration = Duration::from_mins(10);
/// Most sign-ins that one browser has begun and not ended. The oldest make room.
const MOST: usize = 5;
/// What is sealed.
const PURPOSE: &str = "oidc";

impl Sessions {
    /// Cookies that keep a sign-in in the browser, encrypted. `headers`: those of the request, with the sign-ins that it has begun before.
    pub fn begin_transaction(
        &self,
        headers: &HeaderMap,
        transaction: &Transaction,
    ) -> Result<Vec<HeaderValue>, TooLong> {
        let kept = serde_json::to_vec(&(now(), transaction)).map_err(|_| TooLong)?;
        let sealed = self.keys.seal(&self.purpose(PURPOSE), &kept);
        let cookie = self.transaction_cookie(transaction.state());
        let new = cookie.write(&sealed, seconds(LASTS).unsigned_abs());
        let mut cookies = new.ok_or(TooLong)?;
        let prefix = self.transaction_cookie("").name().to_owned();
        let jar = CookieJar::from_headers(headers);
        let mut others: Vec<_> = jar
            .iter()
            .filter_map(|cookie| cookie.name().strip_prefix(&prefix))
            .map(|state| {
                let begun = self.open_transaction(headers, state);
                (begun.map(|(begun, _)| begun), state)
            })
            .collect();
        // The newest first; what can't be read last.
        others.sort_by(|one, other| other.cmp(one));
        for (_, state) in others.into_iter().skip(MOST - 1) {
            cookies.extend(self.transaction_cookie(state).delete());
        }
        Ok(cookies)
    }

    /// The sign-in with a state that a browser has begun.
    pub fn transaction(&self, headers: &HeaderMap, state: &str) -> Option<Transaction> {
        let (begun, transaction) = self.open_transaction(headers, state)?;
        let is_its_own = transaction.has_state(state);
        (is_its_own && now() < begun + seconds(LASTS)).then_some(transaction)
    }

    /// Headers that delete it.
    pub fn end_transaction(&self, transaction: &Transaction) -> Vec<HeaderValue> {
        self.transaction_cookie(transaction.state()).delete()
    }

    fn open_transaction(&self, headers: &HeaderMap, state: &str) -> Option<(i64, Transaction)> {
        let sealed = self.transaction_cookie(state).read(headers)?;
        let kept = self.keys.open(&self.purpose(PURPOSE), &sealed)?;
        serde_json::from_slice(&kept).ok()
    }

    fn transaction_cookie(&self, state: &str) -> SplitCookie {
        self.cookie.lax(&format!("oidc-{state}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{sent, sessions},
        *,
    };

    fn transaction(state: &str) -> Transaction {
        let text = format!(r#"{{"state":"{state}","nonce":"n","verifier":"v"}}"#);
        serde_json::from_str(&text).expect("a transaction")
    }

    /// What a browser sends after it has got further cookies.
    fn with(headers: &HeaderMap, set: &[HeaderValue]) -> HeaderMap {
        let cookies = CookieJar::from_headers(headers);
        let kept = cookies.iter().map(|cookie| {
            let text = format!("{}={}; Max-Age=9", cookie.name(), cookie.value());
            HeaderValue::from_str(&text).expect("a header")
        });
        let gone: Vec<_> = set
            .iter()
            .filter_map(|value| value.to_str().ok())
            .filter(|text| text.contains("Max-Age=0"))
            .filter_map(|text| text.split('=').next())
            .collect();
        let all: Vec<_> = kept
            .filter(|kept| {
                let name = kept.to_str().ok().and_then(|text| text.split('=').next());
                name.is_none_or(|name| !gone.contains(&name))
            })
            .chain(set.iter().cloned())
            .collect();
        sent(&all)
    }

    #[test]
    fn two_tabs_sign_in_at_the_same_time() {
        let sessions = sessions();
        let begin = |headers: &HeaderMap, state| {
            let set = sessions.begin_transaction(headers, &transaction(state));
            with(headers, &set.expect("short"))
        };
        let headers = begin(&HeaderMap::new(), "one");
        let headers = begin(&headers, "two");
        for state in ["one", "two"] {
            let found = sessions.transaction(&headers, state).expect("begun");
            assert!(found.has_state(state));
        }
        for other in ["", "three", "one=", "one; two"] {
            assert!(sessions.transaction(&headers, other).is_none(), "{other}");
        }
        let headers = with(&headers, &sessions.end_transaction(&transaction("one")));
        assert!(sessions.transaction(&headers, "one").is_none());
        assert!(sessions.transaction(&headers, "two").is_some());
    }

    #[test]
    fn the_cookie_of_another_sign_in_is_refused_under_a_name_that_fits() {
        let sessions = sessions();
        let set = sessions.begin_transaction(&HeaderMap::new(), &transaction("one"));
        let renamed: Vec<_> = set
            .expect("short")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .map(|text| HeaderValue::from_str(&text.replace("one=", "two=")).expect("a header"))
            .collect();
        assert!(sessions.transaction(&sent(&renamed), "two").is_none());
    }

    #[test]
    fn a_browser_keeps_a_bounded_number_of_sign_ins() {
        let sessions = sessions();
        let mut headers = HeaderMap::new();
        for number in 0..3 * MOST {
            let begun = transaction(&format!("state{number}"));
            let set = sessions.begin_transaction(&headers, &begun);
            headers = with(&headers, &set.expect("short"));
            assert!(sessions.transaction(&headers, begun.state()).is_some());
        }
        assert_eq!(CookieJar::from_headers(&headers).iter().count(), MOST);
    }
}
