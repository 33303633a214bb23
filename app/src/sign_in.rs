//! The ways to sign in that a configuration offers, and why a sign-in was refused.

use jiff::Timestamp;
use kargo::problem::{Kind, Problem};

use crate::base_path::at;

/// The configured ways to sign in. The server puts them into the context of every page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    /// The one-time address that the program prints.
    pub local: bool,
    /// A Kubernetes bearer token.
    pub token: bool,
    /// An OIDC issuer.
    pub oidc: Option<OidcMode>,
}

/// How people who sign in at an issuer reach the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OidcMode {
    /// As the ServiceAccounts that accept their claims.
    Mapped,
    /// By their ID token.
    Forwarded,
}

/// Facts of a session, for the person's own session page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionFacts {
    /// How the person signed in, after `Signed in …,`.
    pub way: &'static str,
    /// Whether the person acts as the program's own kubeconfig.
    pub is_local: bool,
    /// Time of the sign-in.
    pub began: Timestamp,
    /// Latest end.
    pub end: Timestamp,
    /// End if the session isn't used.
    pub idle_end: Timestamp,
}

/// Why a sign-in was refused. Each has a word in the address of the sign-in page: `?refused=WORD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The text can't be a token.
    NotAToken,
    /// The API server refuses the token.
    Refused,
    /// The API server answers, but not about the token's owner.
    Untold,
    /// The API server doesn't answer.
    Unreachable,
    /// The token doesn't fit into cookies.
    TooLong,
    /// Too many tries.
    TooMany,
    /// The issuer doesn't answer, or not as it should.
    Issuer,
    /// The issuer refused to sign the person in.
    Denied,
    /// The browser didn't begin this sign-in, or too long ago.
    OtherTransaction,
    /// The issuer's ID token can't be accepted.
    BadIdToken,
    /// The ID token isn't valid by this machine's clock.
    NotNow,
    /// The claims don't fit into cookies.
    TooManyClaims,
    /// The API server refuses the issuer's ID tokens.
    NotForwarded,
    /// The one-time address can't be used.
    Key,
    /// The session has ended.
    Ended,
    /// The session was ended here, and other replicas could not be told.
    NotTold,
}

impl Refusal {
    /// Every refusal with its word.
    const ALL: [(Self, &str); 16] = [
        (Self::NotAToken, "no-token"),
        (Self::Refused, "refused"),
        (Self::Untold, "untold"),
        (Self::Unreachable, "unreachable"),
        (Self::TooLong, "too-long"),
        (Self::TooMany, "too-many"),
        (Self::Issuer, "issuer"),
        (Self::Denied, "denied"),
        (Self::OtherTransaction, "other"),
        (Self::BadIdToken, "id-token"),
        (Self::NotNow, "not-now"),
        (Self::TooManyClaims, "claims"),
        (Self::NotForwarded, "not-forwarded"),
        (Self::Key, "address"),
        (Self::Ended, "ended"),
        (Self::NotTold, "not-told"),
    ];

    /// Parses the word of an address.
    pub fn parse(word: &str) -> Option<Self> {
        let (refusal, _) = Self::ALL.into_iter().find(|(_, its)| *its == word)?;
        Some(refusal)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        let word = Self::ALL.iter().find(|(refusal, _)| *refusal == self);
        word.map_or("", |(_, word)| word)
    }

    /// The address of the sign-in page that says so.
    pub fn address(self) -> String {
        at(&format!("/sign-in?refused={}", self.word()))
    }

    /// The message on the sign-in page.
    pub fn problem(self) -> Problem {
        let (kind, message, hint) = match self {
            Self::NotAToken => (
                Kind::Invalid,
                "This text is not a token.",
                "A token is one line without spaces. Copy it again.",
            ),
            Self::Refused => (
                Kind::Unauthenticated,
                "The cluster does not accept this token.",
                "It may be of another cluster, expired, suspended or deleted. Use another one.",
            ),
            Self::Untold => (
                Kind::BadAnswer,
                "The cluster did not say whose token this is.",
                "A proxy between Kargo Tokens and the cluster may remove tokens. Ask the people who run Kargo Tokens.",
            ),
            Self::Unreachable => (
                Kind::Unavailable,
                "The cluster does not answer.",
                "Try again later. If this goes on, ask the people who run Kargo Tokens.",
            ),
            Self::TooLong => (
                Kind::Invalid,
                "This token is too long for a browser's cookies.",
                "Use a token with fewer claims, such as one of a ServiceAccount.",
            ),
            Self::TooMany => (
                Kind::TooMany,
                "Too many tries.",
                "Wait a minute, then try again.",
            ),
            Self::Issuer => (
                Kind::Unavailable,
                "The single sign-on service does not answer as it should.",
                "Try again later. If this goes on, ask the people who run Kargo Tokens: its log says why.",
            ),
            Self::Denied => (
                Kind::Forbidden,
                "The single sign-on service did not sign you in.",
                "Try again. If this goes on, ask the people who run the service whether you may use Kargo Tokens.",
            ),
            Self::OtherTransaction => (
                Kind::Conflict,
                "This sign-in was not begun in this browser, took longer than ten minutes, or was used before.",
                "Sign in again.",
            ),
            Self::BadIdToken => (
                Kind::Unauthenticated,
                "The ID token of the single sign-on service can't be accepted.",
                "Ask the people who run Kargo Tokens: its log says why.",
            ),
            Self::NotNow => (
                Kind::Unauthenticated,
                "The ID token of the single sign-on service is not valid at this time.",
                "The clocks of Kargo Tokens and the service may differ. Ask the people who run Kargo Tokens: its log says by how much.",
            ),
            Self::TooManyClaims => (
                Kind::Invalid,
                "Your ID token is too large: it has too many claims.",
                "Ask the people who run the single sign-on service to send fewer claims to this client, such as only the groups that Kargo's roles name.",
            ),
            Self::NotForwarded => (
                Kind::Unauthenticated,
                "The cluster does not accept ID tokens of the single sign-on service.",
                "Ask the people who run Kargo Tokens: with --oidc-forward, the API server must trust the same issuer and client.",
            ),
            Self::Key => (
                Kind::Unauthenticated,
                "This one-time address was used before, is too old, or is wrong.",
                "Open the newest address in the terminal of kargo-tokens.",
            ),
            Self::Ended => (
                Kind::Unauthenticated,
                "Your session has ended.",
                "Sign in again to go on.",
            ),
            Self::NotTold => (
                Kind::Unavailable,
                "You are signed out here, but other replicas of Kargo Tokens could not be told yet.",
                "Until they are, they accept a copy of your cookie. Kargo Tokens goes on trying. If somebody may have a copy, tell the people who run Kargo Tokens.",
            ),
        };
        Problem::new(kind, message, hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_own_word() {
        for (refusal, word) in Refusal::ALL {
            assert_eq!(Refusal::parse(word), Some(refusal));
            assert_eq!(refusal.address(), format!("/sign-in?refused={word}"));
        }
        assert_eq!(Refusal::parse("nonsense"), None);
    }
}
