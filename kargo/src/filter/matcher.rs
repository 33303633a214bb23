//! The judgement of tokens by a filter.

use jiff::Timestamp;

use super::{
    ExpiryFilter, StateFilter, TokenFilter, UseFilter,
    days::{Ago, AgoRange, days_from},
};
use crate::{
    name::RoleName,
    token::{TokenState, TokenSummary},
};

/// A filter together with everything that its judgement needs, prepared for many tokens.
#[derive(Debug, Clone)]
pub struct TokenMatcher<'a> {
    filter: TokenFilter,
    roles: Option<&'a [RoleName]>,
    now: Timestamp,
    cleanup: Option<UnusedSince>,
    age: Option<AgoRange>,
    used: Option<Used>,
    expires: Option<Expires>,
}

/// A filter by use at a time.
#[derive(Debug, Clone)]
pub(super) enum Used {
    Ever,
    Never,
    Untracked,
    NotSince(UnusedSince),
    Within(AgoRange),
}

/// A filter by the end at a time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expires {
    Never,
    /// After a time, and up to another one.
    Between(Timestamp, Timestamp),
}

impl Used {
    pub fn at(filter: UseFilter, now: Timestamp) -> Self {
        match filter {
            UseFilter::Ever => Self::Ever,
            UseFilter::Never => Self::Never,
            UseFilter::Untracked => Self::Untracked,
            UseFilter::NotFor(days) => Self::NotSince(UnusedSince::days_before(now, days)),
            UseFilter::Ago(range) => Self::Within(AgoRange::of(range, now)),
        }
    }

    pub fn passes(&self, token: &TokenSummary) -> bool {
        let used = token.last_used.as_deref();
        match self {
            Self::Ever => used.is_some(),
            Self::Never => token.was_never_used(),
            Self::Untracked => token.is_expiring(),
            Self::NotSince(since) => since.is_true_of(token),
            Self::Within(range) => used.is_some_and(|used| range.has_day(used)),
        }
    }
}

impl Expires {
    pub fn at(filter: ExpiryFilter, now: Timestamp) -> Self {
        let after = |days: u32| days_from(now, i64::from(days));
        match filter {
            ExpiryFilter::Never => Self::Never,
            ExpiryFilter::Over => Self::Between(Timestamp::MIN, now),
            ExpiryFilter::Within(days) => Self::Between(Timestamp::MIN, after(days)),
            ExpiryFilter::In(range) => {
                Self::Between(after(range.from), range.until.map_or(Timestamp::MAX, after))
            }
        }
    }

    pub fn passes(self, token: &TokenSummary) -> bool {
        match (self, token.expires) {
            (Self::Never, end) => end.is_none(),
            (Self::Between(after, until), Some(end)) => end > after && end <= until,
            (Self::Between(..), None) => false,
        }
    }
}

/// A time since which tokens were not used: since their last use, or since their creation where they were never used. Kubernetes doesn't
/// track the use of expiring tokens.
#[derive(Debug, Clone)]
pub(crate) struct UnusedSince(Ago);

impl UnusedSince {
    pub fn days_before(now: Timestamp, days: u32) -> Self {
        Self(Ago::days(now, days))
    }

    pub fn is_true_of(&self, token: &TokenSummary) -> bool {
        !token.is_expiring()
            && match &token.last_used {
                Some(used) if self.0.is_possible(used) => self.0.is_after(used),
                _ => token.created <= self.0.time,
            }
    }
}

/// Whether neither a contact nor a creator is recorded.
pub(crate) fn has_no_owner(token: &TokenSummary) -> bool {
    token.contact.is_none() && token.created_by.is_none()
}

/// Parts of a filter.
pub(super) mod part {
    pub const STATE: u8 = 1;
    pub const AGE: u8 = 2;
    pub const USED: u8 = 4;
    pub const EXPIRES: u8 = 8;
    pub const MANAGED: u8 = 16;
    pub const OWNER: u8 = 32;
}

impl<'a> TokenMatcher<'a> {
    /// Prepares a filter. `roles`: the roles that exist; `None` where they can't be read. `now`: by the API server's clock.
    pub fn new(filter: TokenFilter, roles: Option<&'a [RoleName]>, now: Timestamp) -> Self {
        let cleanup = match filter.state {
            StateFilter::CleanUp { unused_days } => {
                Some(UnusedSince::days_before(now, unused_days))
            }
            _ => None,
        };
        Self {
            filter,
            roles,
            now,
            cleanup,
            age: filter.age.map(|range| AgoRange::of(range, now)),
            used: filter.used.map(|used| Used::at(used, now)),
            expires: filter.expires.map(|expires| Expires::at(expires, now)),
        }
    }

    /// The time of the judgement, by the API server's clock.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The judgement of tokens of one role.
    pub fn of_role(&self, role: &str) -> RoleMatcher<'_> {
        RoleMatcher {
            matcher: self,
            has_no_role: self
                .roles
                .is_some_and(|roles| !roles.iter().any(|other| other.as_str() == role)),
        }
    }

    /// Whether a token passes. The clean-up also includes every token whose role doesn't exist.
    pub fn matches(&self, token: &TokenSummary) -> bool {
        self.of_role(&token.role).matches(token)
    }
}

/// The judgement of tokens of one role.
#[derive(Debug, Clone, Copy)]
pub struct RoleMatcher<'a> {
    matcher: &'a TokenMatcher<'a>,
    /// The role is known not to exist.
    has_no_role: bool,
}

impl RoleMatcher<'_> {
    /// Whether a token of the role passes.
    pub fn matches(&self, token: &TokenSummary) -> bool {
        self.failed(token) == 0
    }

    /// The parts of the filter that a token doesn't pass.
    pub(super) fn failed(&self, token: &TokenSummary) -> u8 {
        let TokenMatcher {
            filter,
            age,
            used,
            expires,
            ..
        } = self.matcher;
        let unless = |part: u8, passes: bool| if passes { 0 } else { part };
        unless(part::STATE, self.has_state(filter.state, None, token))
            | unless(
                part::AGE,
                age.as_ref().is_none_or(|age| age.has_time(token.created)),
            )
            | unless(
                part::USED,
                used.as_ref().is_none_or(|used| used.passes(token)),
            )
            | unless(
                part::EXPIRES,
                expires.is_none_or(|expires| expires.passes(token)),
            )
            | unless(
                part::MANAGED,
                filter
                    .managed
                    .is_none_or(|managed| managed == token.is_managed()),
            )
            | unless(part::OWNER, !filter.has_no_owner || has_no_owner(token))
    }

    /// Whether a token passes a filter by state. `usual`: the limit of a clean-up, unless the filter itself is one.
    pub(super) fn has_state(
        &self,
        state: StateFilter,
        usual: Option<&UnusedSince>,
        token: &TokenSummary,
    ) -> bool {
        match state {
            StateFilter::All => true,
            StateFilter::Active => token.state == TokenState::Active,
            StateFilter::Unrevealed => {
                matches!(token.state, TokenState::Preparing | TokenState::Unrevealed)
            }
            StateFilter::Suspended => matches!(token.state, TokenState::Suspended { .. }),
            StateFilter::Deleting => matches!(token.state, TokenState::Deleting { .. }),
            StateFilter::Expired => matches!(token.state, TokenState::Expired { .. }),
            StateFilter::Ending => {
                matches!(token.state, TokenState::Deleting { .. })
                    || token.retire_after.is_some()
                    || token.cleanup_reason(self.matcher.now).is_some()
            }
            StateFilter::CleanUp { .. } => {
                self.has_no_role
                    || !token.is_managed()
                    || self
                        .matcher
                        .cleanup
                        .as_ref()
                        .or(usual)
                        .is_some_and(|since| since.is_true_of(token))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{filter::DayRange, sample, token::Missing};

    fn now() -> Timestamp {
        sample::time("2026-11-24T12:00:00Z")
    }

    fn matches(filter: TokenFilter, token: &TokenSummary) -> bool {
        TokenMatcher::new(filter, None, now()).matches(token)
    }

    #[test]
    fn each_state_accepts_its_tokens() {
        let active = sample::token();
        let in_state = |state| TokenSummary {
            state,
            ..sample::token()
        };
        let suspended = in_state(TokenState::Suspended {
            since: "2026-01-02".to_owned(),
        });
        let unrevealed = in_state(TokenState::Unrevealed);
        let deleting = in_state(TokenState::Deleting { until: now() });
        let expired = in_state(TokenState::Expired { time: now() });
        let used = TokenSummary {
            last_used: Some("2026-11-20".to_owned()),
            ..sample::token()
        };
        let retiring = TokenSummary {
            retire_after: Some(sample::time("2026-12-01T00:00:00Z")),
            ..sample::token()
        };
        let unmanaged = TokenSummary {
            missing: vec![Missing::Label],
            ..used.clone()
        };
        let clean_up = StateFilter::CleanUp { unused_days: 90 };
        for (state, token, expected) in [
            (StateFilter::All, &suspended, true),
            (StateFilter::Active, &active, true),
            (StateFilter::Active, &suspended, false),
            (StateFilter::Unrevealed, &unrevealed, true),
            (StateFilter::Unrevealed, &active, false),
            (StateFilter::Suspended, &suspended, true),
            (StateFilter::Deleting, &deleting, true),
            (StateFilter::Deleting, &suspended, false),
            (StateFilter::Expired, &expired, true),
            (StateFilter::Expired, &active, false),
            (StateFilter::Ending, &retiring, true),
            (StateFilter::Ending, &deleting, true),
            (StateFilter::Ending, &active, false),
            (clean_up, &active, true),
            (clean_up, &used, false),
            (clean_up, &unmanaged, true),
        ] {
            assert_eq!(
                matches(TokenFilter::of(state), token),
                expected,
                "{state:?} {token:?}"
            );
        }
    }

    #[test]
    fn each_use_accepts_its_tokens() {
        let never = sample::token();
        let used = |day: &str| TokenSummary {
            last_used: Some(day.to_owned()),
            ..sample::token()
        };
        let (recent, old) = (used("2026-11-20"), used("2026-08-01"));
        let forged = used("9999-12-31");
        let new = TokenSummary {
            created: sample::time("2026-11-23T00:00:00Z"),
            ..sample::token()
        };
        let expiring = TokenSummary {
            expires: Some(sample::time("2026-12-01T00:00:00Z")),
            ..sample::token()
        };
        for (filter, token, expected) in [
            (UseFilter::Never, &never, true),
            (UseFilter::Never, &recent, false),
            (UseFilter::Never, &expiring, false),
            (UseFilter::Ever, &recent, true),
            (UseFilter::Ever, &never, false),
            (UseFilter::Untracked, &expiring, true),
            (UseFilter::Untracked, &never, false),
            (UseFilter::NotFor(90), &old, true),
            (UseFilter::NotFor(90), &recent, false),
            (UseFilter::NotFor(90), &never, true),
            (UseFilter::NotFor(90), &forged, true),
            (UseFilter::Ago(DayRange::new(0, 7)), &forged, false),
            (UseFilter::NotFor(90), &new, false),
            (UseFilter::NotFor(90), &expiring, false),
            (UseFilter::Ago(DayRange::new(0, 7)), &recent, true),
            (UseFilter::Ago(DayRange::new(0, 7)), &old, false),
            (UseFilter::Ago(DayRange::from(90)), &old, true),
            (UseFilter::Ago(DayRange::from(90)), &never, false),
        ] {
            let filter = TokenFilter {
                used: Some(filter),
                ..TokenFilter::default()
            };
            assert_eq!(matches(filter, token), expected, "{filter:?} {token:?}");
        }
    }

    #[test]
    fn each_end_accepts_its_tokens() {
        let ends = |time: &str| TokenSummary {
            expires: Some(sample::time(time)),
            ..sample::token()
        };
        let (over, soon, later) = (
            ends("2026-11-24T11:59:00Z"),
            ends("2026-11-30T00:00:00Z"),
            ends("2027-11-30T00:00:00Z"),
        );
        let endless = sample::token();
        for (filter, token, expected) in [
            (ExpiryFilter::Never, &endless, true),
            (ExpiryFilter::Never, &soon, false),
            (ExpiryFilter::Over, &over, true),
            (ExpiryFilter::Over, &soon, false),
            (ExpiryFilter::Within(7), &over, true),
            (ExpiryFilter::Within(7), &soon, true),
            (ExpiryFilter::Within(7), &later, false),
            (ExpiryFilter::Within(7), &endless, false),
            (ExpiryFilter::In(DayRange::new(0, 7)), &over, false),
            (ExpiryFilter::In(DayRange::new(0, 7)), &soon, true),
            (ExpiryFilter::In(DayRange::from(90)), &later, true),
        ] {
            let filter = TokenFilter {
                expires: Some(filter),
                ..TokenFilter::default()
            };
            assert_eq!(matches(filter, token), expected, "{filter:?} {token:?}");
        }
    }

    #[test]
    fn a_token_passes_every_part() {
        let owned = TokenSummary {
            contact: Some("#web".to_owned()),
            ..sample::token()
        };
        let orphan = TokenSummary {
            contact: None,
            created_by: None,
            ..sample::token()
        };
        let filter = TokenFilter {
            used: Some(UseFilter::Never),
            has_no_owner: true,
            managed: Some(true),
            age: Some(DayRange::from(30)),
            ..TokenFilter::default()
        };
        assert!(matches(filter, &orphan));
        assert!(!matches(filter, &owned));
        let unmanaged = TokenFilter {
            managed: Some(false),
            ..filter
        };
        assert!(!matches(unmanaged, &orphan));
        let young = TokenFilter {
            age: Some(DayRange::new(0, 30)),
            ..filter
        };
        assert!(!matches(young, &orphan));
    }

    #[test]
    fn the_clean_up_includes_tokens_without_a_role() {
        let roles = ["ci".parse().expect("a name")];
        let orphan = TokenSummary {
            role: "gone".to_owned(),
            last_used: Some("2026-11-20".to_owned()),
            ..sample::token()
        };
        let matcher = |filter| TokenMatcher::new(filter, Some(&roles), now());
        assert!(matcher(TokenFilter::of(StateFilter::CLEAN_UP)).matches(&orphan));
        let never_used = TokenFilter {
            used: Some(UseFilter::Never),
            ..TokenFilter::default()
        };
        assert!(!matcher(never_used).matches(&orphan));
    }
}
