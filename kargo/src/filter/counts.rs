//! How many tokens each filter would show beside the others that are chosen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    DayRange, EXPIRES_SOON_DAYS, ExpiryFilter, RoleMatcher, STALE_DAYS, StateFilter, UseFilter,
    days::AgoRange,
    matcher::{Expires, UnusedSince, Used, has_no_owner, part},
};
use crate::token::TokenSummary;

/// Days without use that are counted.
pub const UNUSED_DAYS: [u32; 4] = [30, 90, 180, 365];
/// Days until the end that are counted.
pub const EXPIRES_DAYS: [u32; 4] = [7, 14, 30, 90];
/// Spans of days since the last use, and until the end, that are counted.
pub const SPANS: [DayRange; 4] = [
    DayRange::new(0, 7),
    DayRange::new(7, 30),
    DayRange::new(30, 90),
    DayRange::from(90),
];

/// How many tokens a scope, or one role of it, has of each kind, whether a page shows them or not. Each number
/// except `all` says how many tokens the page would show if that choice replaced the current one of its kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All tokens, whether they pass a filter or not.
    pub all: usize,
    /// Tokens that the API server accepts.
    pub active: usize,
    /// Tokens whose value was not revealed yet.
    pub unrevealed: usize,
    /// Tokens that the API server refuses until they are restored.
    pub suspended: usize,
    /// Tokens whose deletion has begun and can be undone.
    pub deleting: usize,
    /// Tokens whose time is over.
    pub expired: usize,
    /// Tokens that are being deleted or retire, and tokens that are due for clean-up.
    pub due: usize,
    /// Candidates for deletion, with the usual number of days without use.
    pub clean_up: usize,
    /// Tokens that were used.
    pub used: usize,
    /// Tokens that were never used.
    pub never_used: usize,
    /// Tokens whose use isn't tracked.
    pub untracked: usize,
    /// Tokens unused for the days of [`UNUSED_DAYS`].
    pub unused: [usize; 4],
    /// Tokens whose last use is so long ago as [`SPANS`] say.
    pub used_ago: [usize; 4],
    /// Tokens that expire soon, and expired ones.
    pub expiring: usize,
    /// Tokens that expire within the days of [`EXPIRES_DAYS`], and expired ones.
    pub expires: [usize; 4],
    /// Tokens whose end is over.
    pub over: usize,
    /// Tokens that end in the spans of [`SPANS`].
    pub expires_in: [usize; 4],
    /// Tokens without an end.
    pub never_expires: usize,
    /// Tokens of the ages of [`Counts::AGES`].
    pub ages: [usize; 4],
    /// Tokens that Kargo manages.
    pub managed: usize,
    /// Tokens that Kargo doesn't manage.
    pub unmanaged: usize,
    /// Tokens without an owner.
    pub no_owner: usize,
}

/// What counting needs to know of a time.
#[derive(Debug)]
pub(crate) struct Counter {
    stale: UnusedSince,
    unused: [Used; 4],
    used_ago: [AgoRange; 4],
    soon: Expires,
    over: Expires,
    expires: [Expires; 4],
    expires_in: [Expires; 4],
    ages: [AgoRange; 4],
}

impl Counter {
    pub fn at(now: Timestamp) -> Self {
        let within = |days| Expires::at(ExpiryFilter::Within(days), now);
        Self {
            stale: UnusedSince::days_before(now, STALE_DAYS),
            unused: UNUSED_DAYS.map(|days| Used::at(UseFilter::NotFor(days), now)),
            used_ago: SPANS.map(|range| AgoRange::of(range, now)),
            soon: within(EXPIRES_SOON_DAYS),
            over: Expires::at(ExpiryFilter::Over, now),
            expires: EXPIRES_DAYS.map(within),
            expires_in: SPANS.map(|range| Expires::at(ExpiryFilter::In(range), now)),
            ages: Counts::AGES.map(|range| AgoRange::of(range, now)),
        }
    }
}

impl Counts {
    /// Ages that are counted.
    pub const AGES: [DayRange; 4] = [
        DayRange::new(0, 30),
        DayRange::new(30, 90),
        DayRange::new(90, 365),
        DayRange::from(365),
    ];

    /// Counts a token. Returns whether it passes the whole filter.
    pub(crate) fn add(
        &mut self,
        token: &TokenSummary,
        matcher: &RoleMatcher<'_>,
        counter: &Counter,
    ) -> bool {
        self.all += 1;
        let failed = matcher.failed(token);
        // Another filter in place of one part can't help a token that fails two.
        if failed.count_ones() > 1 {
            return false;
        }
        let is_open = |part: u8| failed & !part == 0;
        if is_open(part::STATE) {
            self.add_state(token, matcher, counter);
        }
        if is_open(part::USED) {
            self.used += usize::from(Used::Ever.passes(token));
            self.never_used += usize::from(Used::Never.passes(token));
            self.untracked += usize::from(Used::Untracked.passes(token));
            add_each(&mut self.unused, |i| counter.unused[i].passes(token));
            if let Some(used) = &token.last_used {
                add_each(&mut self.used_ago, |i| counter.used_ago[i].has_day(used));
            }
        }
        if is_open(part::EXPIRES) {
            if token.expires.is_none() {
                self.never_expires += 1;
            } else {
                self.expiring += usize::from(counter.soon.passes(token));
                self.over += usize::from(counter.over.passes(token));
                add_each(&mut self.expires, |i| counter.expires[i].passes(token));
                add_each(&mut self.expires_in, |i| {
                    counter.expires_in[i].passes(token)
                });
            }
        }
        if is_open(part::AGE) {
            add_each(&mut self.ages, |i| counter.ages[i].has_time(token.created));
        }
        if is_open(part::MANAGED) {
            let is_managed = token.is_managed();
            self.managed += usize::from(is_managed);
            self.unmanaged += usize::from(!is_managed);
        }
        if is_open(part::OWNER) {
            self.no_owner += usize::from(has_no_owner(token));
        }
        failed == 0
    }

    fn add_state(&mut self, token: &TokenSummary, matcher: &RoleMatcher<'_>, counter: &Counter) {
        let is = |state| usize::from(matcher.has_state(state, Some(&counter.stale), token));
        self.active += is(StateFilter::Active);
        self.unrevealed += is(StateFilter::Unrevealed);
        self.suspended += is(StateFilter::Suspended);
        self.deleting += is(StateFilter::Deleting);
        self.expired += is(StateFilter::Expired);
        self.due += is(StateFilter::Ending);
        self.clean_up += is(StateFilter::CLEAN_UP);
    }
}

fn add_each(counts: &mut [usize; 4], passes: impl Fn(usize) -> bool) {
    for (i, count) in counts.iter_mut().enumerate() {
        *count += usize::from(passes(i));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        filter::{TokenFilter, TokenMatcher},
        sample,
    };

    #[test]
    fn each_number_is_that_of_the_tokens_that_the_filter_would_show() {
        let now = sample::time("2026-11-24T12:00:00Z");
        let token = |used: Option<&str>, contact: Option<&str>| TokenSummary {
            last_used: used.map(str::to_owned),
            contact: contact.map(str::to_owned),
            created_by: None,
            ..sample::token()
        };
        let tokens = [
            token(None, None),
            token(None, Some("#web")),
            token(Some("2026-11-20"), None),
            token(Some("2026-08-01"), Some("#web")),
        ];
        let count = |filter| {
            let matcher = TokenMatcher::new(filter, None, now);
            let (mut counts, counter) = (Counts::default(), Counter::at(now));
            let passed = tokens
                .iter()
                .filter(|token| counts.add(token, &matcher.of_role("ci"), &counter))
                .count();
            (counts, passed)
        };
        let (counts, passed) = count(TokenFilter::default());
        assert_eq!((counts.all, counts.active, passed), (4, 4, 4));
        assert_eq!((counts.used, counts.never_used, counts.no_owner), (2, 2, 2));
        assert_eq!(counts.unused, [3, 3, 2, 2]);
        assert_eq!((counts.never_expires, counts.expiring), (4, 0));

        let (counts, passed) = count(TokenFilter {
            used: Some(UseFilter::Never),
            ..TokenFilter::default()
        });
        assert_eq!(
            (counts.all, counts.active, passed),
            (4, 2, 2),
            "other parts count the shown tokens"
        );
        assert_eq!(
            (counts.used, counts.never_used),
            (2, 2),
            "its own part counts all"
        );
        assert_eq!(counts.no_owner, 1);

        // The clean-up counts by the days that it was asked for.
        let usual = count(TokenFilter::default()).0.clean_up;
        let (counts, passed) = count(TokenFilter::of(StateFilter::CleanUp { unused_days: 1 }));
        assert_eq!(counts.clean_up, passed);
        assert!(passed > usual, "{passed} > {usual}");

        let (counts, passed) = count(TokenFilter {
            used: Some(UseFilter::Never),
            has_no_owner: true,
            ..TokenFilter::default()
        });
        assert_eq!((counts.all, counts.active, passed), (4, 1, 1));
        assert_eq!((counts.used, counts.no_owner), (1, 1));
    }
}
