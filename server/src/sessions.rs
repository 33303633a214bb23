//! Sessions of signed-in people. A session is an encrypted cookie, so that any replica with the same keys can serve any request; the program
//! stores nothing but which sessions were ended early: in memory, and in a ConfigMap for other replicas.

mod clock;
mod cookies;
mod keys;
mod revocations;
mod transactions;

use std::{
    fmt,
    io::{Read, Write},
    path::Path,
    sync::Arc,
    time::Duration,
};

use app::sign_in::{OidcMode, SessionFacts, Ways};
use axum::http::{HeaderMap, HeaderValue};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use jiff::Timestamp;
use kargo::{
    cluster::{Cluster, Error},
    identity::{PersonNote, ServiceAccountRef},
    name::ConfigMapRef,
    value::Value,
};
use serde::{Deserialize, Serialize};

pub use clock::now;
use clock::seconds;
use cookies::SplitCookie;
pub use keys::KeyError;
#[cfg(test)]
pub use tests::sent;

use keys::{Keys, random};
use revocations::{Revocations, SKEW, Shared};
use tokio::sync::watch;

/// Largest session before it is compressed, in bytes.
const LARGEST: u64 = 64 * 1024;
/// A session is written anew when this part of its idle time is over.
const RENEW_AFTER: i64 = 8;

/// As whom a session acts.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// The identity of the program's kubeconfig.
    Local,
    /// The owner of a Kubernetes bearer token.
    Token {
        /// The token.
        value: Secret,
        /// User name that the API server gave to its owner at the sign-in.
        user: String,
    },
    /// A person who acts as the ServiceAccounts that accept their claims.
    Oidc {
        /// Issuer, subject and user name.
        note: PersonNote,
        /// The claims that can match, as JSON.
        claims: String,
    },
    /// The owner of an ID token that the API server accepts.
    Forwarded {
        /// The ID token.
        value: Secret,
        /// User name that the API server gave to its owner at the sign-in.
        user: String,
    },
}

/// A bearer token inside of a session.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Secret(pub Value);

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.expose())
    }
}

impl Credential {
    /// The person's name, for people. Names can change, and two people can have the same.
    pub fn person(&self) -> String {
        match self {
            Self::Local => "local".to_owned(),
            Self::Token { user, .. } | Self::Forwarded { user, .. } => user.clone(),
            Self::Oidc { note, .. } => note.name(),
        }
    }

    /// What is the same for all sessions of exactly this person: they have limits together, and can be ended all at once.
    pub fn key(&self) -> String {
        let parts = match self {
            Self::Local => vec!["local"],
            // Kubernetes doesn't care with which credential a user comes.
            Self::Token { user, .. } | Self::Forwarded { user, .. } => vec!["kubernetes", user],
            Self::Oidc { note, .. } => vec!["oidc", &note.issuer, &note.subject],
        };
        serde_json::Value::from(parts).to_string()
    }

    /// Whether a configuration offers the way of signing in. One that was offered with the same keys before is over.
    pub fn is_offered(&self, ways: &Ways) -> bool {
        match self {
            Self::Local => ways.local,
            Self::Token { .. } => ways.token,
            Self::Oidc { .. } => ways.oidc == Some(OidcMode::Mapped),
            Self::Forwarded { .. } => ways.oidc == Some(OidcMode::Forwarded),
        }
    }

    /// Whether an issuer signed the person in.
    pub fn is_of_issuer(&self) -> bool {
        matches!(self, Self::Oidc { .. } | Self::Forwarded { .. })
    }
}

/// A signed-in person's session. Times are Unix times in seconds.
#[derive(Serialize, Deserialize)]
pub struct Session {
    /// Random name of the session.
    pub id: String,
    /// As whom it acts.
    pub credential: Credential,
    /// Time of the sign-in.
    pub issued: i64,
    /// Time of the last request that wrote the cookie.
    seen: i64,
    /// Latest end.
    ends: i64,
    /// The only ServiceAccount that the person wants to act as. A cookie of its own has it: an answer that comes late and renews the session
    /// must not undo a choice.
    #[serde(skip)]
    pub only: Option<ServiceAccountRef>,
}

impl fmt::Debug for Session {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Session({})", self.id)
    }
}

/// How long sessions last.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A session ends after so much time without a request.
    pub idle: Duration,
    /// A session ends at the latest so long after the sign-in.
    pub lifetime: Duration,
}

/// What the cookie's name says.
#[derive(Debug, Clone, Copy)]
pub struct CookieName {
    /// People reach the program over HTTPS. Browsers accept the name then only from this host.
    pub is_secure: bool,
    /// The program's port, where people reach it by that.
    pub port: Option<u16>,
}

impl fmt::Display for CookieName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_secure { "__Host-" } else { "" })?;
        f.write_str("kargo-tokens")?;
        self.port.map_or(Ok(()), |port| write!(f, "-{port}"))
    }
}

/// Issues sessions and reads them.
pub struct Sessions {
    keys: Keys,
    /// What sessions are begun under, such as the issuer. Part of what is authenticated.
    context: String,
    cookie: SplitCookie,
    /// The choice of whom to act as.
    acting_cookie: SplitCookie,
    limits: Limits,
    revocations: Arc<Revocations>,
    /// Where other replicas are told of ended sessions.
    shared: Option<Arc<Shared>>,
}

/// What a sign-out leads to. It holds in this process.
pub struct SignedOut {
    /// Headers that delete the cookie.
    pub cookies: Vec<HeaderValue>,
    /// `false` if other replicas could not be told yet.
    pub is_told: bool,
}

/// The session is too long for cookies.
#[derive(Debug)]
pub struct TooLong;

impl Sessions {
    /// `key_file`: keys that other replicas have, too; without one, the sessions end with this process. `context`: settings that sessions are
    /// begun under; with other ones they are over.
    pub fn new(
        key_file: Option<&Path>,
        limits: Limits,
        cookie: CookieName,
        context: String,
    ) -> Result<Self, KeyError> {
        let cookie = SplitCookie::strict(cookie.to_string(), cookie.is_secure);
        Ok(Self {
            keys: key_file.map_or_else(|| Ok(Keys::random()), Keys::read)?,
            context,
            acting_cookie: cookie.beside("acting"),
            cookie,
            limits,
            revocations: Arc::default(),
            shared: None,
        })
    }

    /// Shares ended sessions with other replicas, in a ConfigMap that must exist. Answers with the task that follows it.
    pub async fn share(
        &mut self,
        cluster: Cluster,
        at: ConfigMapRef,
    ) -> Result<impl Future<Output = ()> + Send + 'static, Error> {
        let shared = Shared::open(cluster, at, Arc::clone(&self.revocations)).await?;
        let shared = Arc::new(shared);
        self.shared = Some(Arc::clone(&shared));
        Ok(async move { shared.follow().await })
    }

    /// Sees a change each time that other replicas have ended sessions.
    pub fn changes_elsewhere(&self) -> watch::Receiver<()> {
        self.revocations.changes_elsewhere()
    }

    /// Whether a session was ended. `person`: their [`Credential::key`]; `issued`: when it began.
    pub fn is_ended(&self, id: &str, person: &str, issued: i64) -> bool {
        self.revocations.is_ended(&self.keys, id, person, issued)
    }

    /// What is sealed, for a part of what is authenticated.
    fn purpose(&self, of: &str) -> String {
        format!("{of}\0{}", self.context)
    }

    /// Begins a session, and answers with its cookies.
    pub fn begin(&self, credential: Credential) -> Result<Vec<HeaderValue>, TooLong> {
        self.begin_until(credential, i64::MAX)
    }

    /// The same for a credential that ends at a Unix time in seconds.
    pub fn begin_until(
        &self,
        credential: Credential,
        credential_ends: i64,
    ) -> Result<Vec<HeaderValue>, TooLong> {
        let now = now();
        let ended = self.revocations.ended_until(&self.keys, &credential.key());
        // After a sign-out everywhere, which counts for a while into the future because clocks differ.
        let issued = now.max(ended.saturating_add(1));
        let session = Session {
            id: random_id(),
            credential,
            issued,
            seen: now,
            ends: credential_ends.min(now + seconds(self.limits.lifetime)),
            only: None,
        };
        self.write(&session, now)
    }

    /// Cookies with another choice of whom to act as in a session. `None`: as everybody who accepts the person's claims.
    pub fn acting_only_as(
        &self,
        session: &Session,
        account: Option<&ServiceAccountRef>,
    ) -> Result<Vec<HeaderValue>, TooLong> {
        let Some(account) = account else {
            return Ok(self.acting_cookie.delete());
        };
        let choice = serde_json::to_vec(account).map_err(|_| TooLong)?;
        let sealed = self.keys.seal(&self.acting_purpose(&session.id), &choice);
        let cookies = self.acting_cookie.write(&sealed, session.left(now()));
        cookies.ok_or(TooLong)
    }

    /// The choice of a request, if it was made in a session.
    fn only(&self, headers: &HeaderMap, session: &str) -> Option<ServiceAccountRef> {
        let sealed = self.acting_cookie.read(headers)?;
        let choice = self.keys.open(&self.acting_purpose(session), &sealed)?;
        serde_json::from_slice(&choice).ok()
    }

    fn acting_purpose(&self, session: &str) -> String {
        self.purpose(&format!("acting\0{session}"))
    }

    /// The session of a request, if it has a valid one.
    pub fn of(&self, headers: &HeaderMap) -> Option<Session> {
        self.read(headers, now())
    }

    fn read(&self, headers: &HeaderMap, now: i64) -> Option<Session> {
        let sealed = self.cookie.read(headers)?;
        let sealed = self.keys.open(&self.purpose("session"), &sealed)?;
        let mut json = Vec::new();
        DeflateDecoder::new(sealed.as_slice())
            .take(LARGEST)
            .read_to_end(&mut json)
            .ok()?;
        let mut session: Session = serde_json::from_slice(&json).ok()?;
        session.only = self.only(headers, &session.id);
        // A limit that was made shorter holds for older sessions, too.
        let is_over = now >= session.ends
            || now >= session.issued + seconds(self.limits.lifetime)
            || now >= session.seen + seconds(self.limits.idle);
        let is_ended = self.is_ended(&session.id, &session.credential.key(), session.issued);
        (!is_over && !is_ended).then_some(session)
    }

    /// What the page of a session says.
    pub fn facts(&self, session: &Session) -> SessionFacts {
        let time = |seconds| Timestamp::from_second(seconds).unwrap_or_default();
        SessionFacts {
            way: match &session.credential {
                Credential::Local => "with the one-time address",
                Credential::Token { .. } => "with a Kubernetes token",
                Credential::Oidc { .. } | Credential::Forwarded { .. } => "with single sign-on",
            },
            is_local: matches!(session.credential, Credential::Local),
            began: time(session.issued),
            end: time(session.ends),
            idle_end: time((session.seen + seconds(self.limits.idle)).min(session.ends)),
        }
    }

    /// Whether a request has a cookie of a session, valid or not.
    pub fn has_cookie(&self, headers: &HeaderMap) -> bool {
        self.cookie.read(headers).is_some()
    }

    /// Cookies that keep a session from ending as idle; empty where they aren't needed yet.
    pub fn renewed(&self, session: &mut Session) -> Vec<HeaderValue> {
        let now = now();
        if now < session.seen + seconds(self.limits.idle) / RENEW_AFTER {
            return vec![];
        }
        session.seen = now;
        self.write(session, now).unwrap_or_default()
    }

    /// Ends a session in this process, also for whoever has a copy of its cookie.
    pub fn end(&self, session: &Session) {
        let (person, times) = (session.credential.key(), (session.issued, session.ends));
        self.revocations
            .end(&self.keys, &session.id, &person, times, now());
    }

    /// Ends all sessions of a session's person in this process.
    pub fn end_all(&self, session: &Session) {
        // Another replica's clock may be ahead.
        let until = now().saturating_add(SKEW).max(session.issued);
        let ends = until + seconds(self.limits.lifetime);
        self.revocations
            .end_all(&self.keys, &session.credential.key(), until, ends, now());
    }

    /// Tells other replicas of what was ended.
    pub async fn publish(&self) -> SignedOut {
        let is_told = match &self.shared {
            Some(shared) => shared.publish().await,
            None => true,
        };
        let cookies = [self.cookie.delete(), self.acting_cookie.delete()].concat();
        SignedOut { cookies, is_told }
    }

    fn write(&self, session: &Session, now: i64) -> Result<Vec<HeaderValue>, TooLong> {
        let json = serde_json::to_vec(session).map_err(|_| TooLong)?;
        if u64::try_from(json.len()).map_or(true, |length| length > LARGEST) {
            return Err(TooLong);
        }
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(&json).map_err(|_| TooLong)?;
        let compressed = deflate.finish().map_err(|_| TooLong)?;
        let sealed = self.keys.seal(&self.purpose("session"), &compressed);
        self.cookie.write(&sealed, session.left(now)).ok_or(TooLong)
    }
}

impl Session {
    /// Seconds until its latest end.
    fn left(&self, now: i64) -> u64 {
        u64::try_from(self.ends.saturating_sub(now)).unwrap_or_default()
    }
}

/// A name that nobody can guess: 32 hexadecimal digits.
pub fn random_id() -> String {
    format!("{:032x}", u128::from_ne_bytes(random()))
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;
    use base64::{Engine, prelude::BASE64_STANDARD};
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const NAME: CookieName = CookieName {
        is_secure: false,
        port: Some(3000),
    };

    #[test]
    fn the_cookie_is_named_by_how_people_reach_the_program() {
        let name = |is_secure, port| CookieName { is_secure, port }.to_string();
        assert_eq!(name(false, Some(3000)), "kargo-tokens-3000");
        assert_eq!(name(true, Some(8443)), "__Host-kargo-tokens-8443");
        assert_eq!(name(true, None), "__Host-kargo-tokens");
    }

    pub fn sessions() -> Sessions {
        of_context(None, "")
    }

    fn of_context(key_file: Option<&Path>, context: &str) -> Sessions {
        let limits = Limits {
            idle: HOUR,
            lifetime: 12 * HOUR,
        };
        Sessions::new(key_file, limits, NAME, context.to_owned()).expect("a key")
    }

    /// The header that a browser sends back.
    pub fn sent(set: &[HeaderValue]) -> HeaderMap {
        let pairs: Vec<&str> = set
            .iter()
            .filter_map(|value| value.to_str().ok()?.split(';').next())
            .filter(|pair| !pair.ends_with('='))
            .collect();
        let header = HeaderValue::from_str(&pairs.join("; ")).expect("a header");
        HeaderMap::from_iter([(COOKIE, header)])
    }

    fn token(value: &str, user: &str) -> Credential {
        Credential::Token {
            value: Secret(Value::new(value.to_owned())),
            user: user.to_owned(),
        }
    }

    fn mapped(subject: &str, user: &str) -> Credential {
        Credential::Oidc {
            note: PersonNote {
                issuer: "https://issuer.example.com".to_owned(),
                subject: subject.to_owned(),
                user: user.to_owned(),
            },
            claims: "{}".to_owned(),
        }
    }

    #[test]
    fn a_session_holds_only_under_the_settings_that_it_was_begun_under() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("keys");
        std::fs::write(&file, BASE64_STANDARD.encode(random::<32>())).expect("a file");
        let of = |context| of_context(Some(&file), context);
        let headers = sent(&of("one issuer").begin(mapped("1", "ana")).expect("short"));
        assert!(of("one issuer").of(&headers).is_some(), "another replica");
        assert!(of("another issuer").of(&headers).is_none());
    }

    #[test]
    fn a_person_is_known_by_what_no_other_one_can_have() {
        let user = |user: &str| token("value", user).key();
        let forwarded = |user: &str| Credential::Forwarded {
            value: Secret(Value::new("value".to_owned())),
            user: user.to_owned(),
        };
        assert_eq!(mapped("1", "ana").key(), mapped("1", "ana.new").key());
        assert_ne!(mapped("1", "ana").key(), mapped("2", "ana").key());
        assert_ne!(user("local"), Credential::Local.key());
        assert_eq!(user("ana"), forwarded("ana").key());
        assert_ne!(user(&mapped("1", "ana").person()), mapped("1", "ana").key());
        assert_ne!(user("a\",\"b"), mapped("a", "b").key());
    }

    #[test]
    fn signing_out_everywhere_ends_sessions_under_an_older_user_name() {
        let sessions = sessions();
        let old = sent(&sessions.begin(mapped("1", "ana")).expect("short"));
        let new = sent(&sessions.begin(mapped("1", "ana.new")).expect("short"));
        let other = sent(&sessions.begin(mapped("2", "ana.new")).expect("short"));
        let local = sent(&sessions.begin(Credential::Local).expect("short"));
        let named_so = sent(&sessions.begin(token("value", "local")).expect("short"));
        sessions.end_all(&sessions.of(&new).expect("valid"));
        assert!(sessions.of(&old).is_none() && sessions.of(&new).is_none());
        assert!(sessions.of(&other).is_some(), "another person");
        sessions.end_all(&sessions.of(&named_so).expect("valid"));
        assert!(sessions.of(&local).is_some(), "another person");
    }

    /// What a browser sends that has got cookies of several answers.
    fn sent_all(sets: &[&[HeaderValue]]) -> HeaderMap {
        sent(&sets.concat())
    }

    #[test]
    fn an_answer_that_comes_late_does_not_undo_the_choice_to_act_as_less() {
        let sessions = sessions();
        let set = sessions.begin(mapped("1", "ana")).expect("short");
        let mut session = sessions.of(&sent(&set)).expect("valid");
        assert!(session.only.is_none());
        session.seen -= seconds(HOUR) / 2;
        let account = ServiceAccountRef::of_user("system:serviceaccount:kargo:viewer");
        let account = account.expect("a ServiceAccount");
        let choice = sessions.acting_only_as(&session, Some(&account));
        let choice = choice.expect("short");
        let late = sessions.renewed(&mut session);
        assert!(!late.is_empty());
        let chosen = sessions.of(&sent_all(&[&choice, &late])).expect("valid");
        assert_eq!(chosen.only, Some(account));
        // Only in this session.
        let again = sessions.begin(mapped("1", "ana")).expect("short");
        let other = sessions.of(&sent_all(&[&again, &choice])).expect("valid");
        assert!(other.only.is_none());
        let all = sessions.acting_only_as(&session, None).expect("short");
        let all = sessions.of(&sent_all(&[&late, &all])).expect("valid");
        assert!(all.only.is_none());
    }

    #[test]
    fn a_session_comes_back_with_its_credential_and_hides_it() {
        let sessions = sessions();
        let set = sessions.begin(token("sentinel", "me")).expect("short");
        let headers = sent(&set);
        assert!(!format!("{headers:?}").contains("sentinel"));
        let session = sessions.of(&headers).expect("valid");
        assert!(!format!("{session:?}").contains("sentinel"));
        let Credential::Token { value, user } = session.credential else {
            panic!("another kind")
        };
        assert_eq!((value.0.expose(), user.as_str()), ("sentinel", "me"));
        assert!(self::sessions().of(&headers).is_none(), "other keys");
    }

    #[test]
    fn a_session_ends_after_its_idle_time_and_at_its_absolute_end() {
        let sessions = sessions();
        let headers = sent(&sessions.begin(Credential::Local).expect("short"));
        let begun = now();
        let hour = seconds(HOUR);
        assert!(sessions.read(&headers, begun + hour - 5).is_some());
        assert!(sessions.read(&headers, begun + hour + 5).is_none(), "idle");
        // A person who goes on using it.
        let mut session = sessions.of(&headers).expect("valid");
        assert!(sessions.renewed(&mut session).is_empty(), "just written");
        session.seen -= hour / 2;
        session.ends -= 11 * hour;
        let headers = sent(&sessions.renewed(&mut session));
        assert!(sessions.read(&headers, begun + hour - 5).is_some());
        assert!(sessions.read(&headers, begun + hour + 5).is_none(), "over");
    }

    #[tokio::test]
    async fn an_ended_session_is_void_for_a_copy_of_its_cookie() {
        let sessions = sessions();
        let one = sent(&sessions.begin(token("a", "me")).expect("short"));
        let two = sent(&sessions.begin(token("b", "me")).expect("short"));
        let other = sent(&sessions.begin(token("c", "you")).expect("short"));
        sessions.end(&sessions.of(&one).expect("valid"));
        let ended = sessions.publish().await;
        assert!(
            ended
                .cookies
                .iter()
                .all(|header| header.to_str().is_ok_and(|text| text.contains("Max-Age=0")))
        );
        assert!(sessions.of(&one).is_none());
        let session = sessions.of(&two).expect("another session");
        sessions.end_all(&session);
        assert!(sessions.publish().await.is_told);
        assert!(sessions.of(&two).is_none());
        assert!(sessions.of(&other).is_some(), "another person");
        let again = sent(&sessions.begin(token("d", "me")).expect("short"));
        assert!(sessions.of(&again).is_some(), "signed in again at once");
    }

    #[test]
    fn a_session_of_a_way_that_is_no_longer_offered_is_over() {
        const MAPPED: Option<OidcMode> = Some(OidcMode::Mapped);
        let ways = |local, token, oidc| Ways { local, token, oidc };
        let local = Credential::Local;
        assert!(local.is_offered(&ways(true, false, None)));
        assert!(!local.is_offered(&ways(false, true, MAPPED)));
        let token = token("value", "me");
        assert!(token.is_offered(&ways(false, true, None)));
        assert!(!token.is_offered(&ways(true, false, MAPPED)));
        let mapped = mapped("1", "ana");
        assert!(mapped.is_offered(&ways(false, false, MAPPED)));
        let forwarded = ways(false, false, Some(OidcMode::Forwarded));
        assert!(
            !mapped.is_offered(&forwarded),
            "people act as themselves now"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_cookie_with_other_bytes_is_no_session(
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), "[!#-+--:<-\\[\\]-~]"), 1..4),
            cut in 0..20usize,
        ) {
            let sessions = sessions();
            let set = sessions.begin(Credential::Local).expect("short");
            let pair = set[0].to_str().expect("text").split(';').next().expect("a pair").to_owned();
            let start = pair.find('=').expect("a name") + 1;
            let mut text = pair.clone();
            for (index, byte) in changes {
                let at = start + index.index(text.len() - start);
                text.replace_range(at..=at, &byte);
            }
            text.truncate(text.len() - cut);
            prop_assume!(text != pair);
            let header = HeaderValue::from_str(&text).expect("a header");
            let headers = HeaderMap::from_iter([(COOKIE, header)]);
            prop_assert!(sessions.of(&headers).is_none(), "{}", text);
        }
    }

    #[test]
    fn a_damaged_cookie_is_no_session() {
        let sessions = sessions();
        let set = sessions.begin(Credential::Local).expect("short");
        let text = set[0].to_str().expect("text").split(';').next();
        let text = text.expect("name and value");
        for bad in [
            text.replace("3000", "3001"),
            format!("{text}A"),
            text[..text.len() - 1].to_owned(),
            text.replace("=1.", "=2."),
        ] {
            let header = HeaderValue::from_str(&bad).expect("a header");
            let headers = HeaderMap::from_iter([(COOKIE, header)]);
            assert!(sessions.of(&headers).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_credential_that_is_too_long_is_refused() {
        let sessions = sessions();
        // Repetitions compress well.
        for length in [9000, 60_000, 65_000, 65_536, 70_000] {
            let set = sessions.begin(token(&"a".repeat(length), "me"));
            let is_read = set.map(|set| sessions.of(&sent(&set)).is_some());
            assert!(is_read.unwrap_or(length > 65_000), "{length}");
        }
        let random = BASE64_STANDARD.encode(random::<9000>());
        assert!(sessions.begin(token(&random, "me")).is_err());
    }
}
