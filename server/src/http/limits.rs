//! How much one address, one person, and all together may send.

use std::{sync::Arc, time::Duration};

use axum::http::{Method, Request};
use governor::{clock::QuantaInstant, middleware::NoOpMiddleware};
use tokio::time::sleep;
use tower_governor::{
    GovernorError,
    governor::{GovernorConfig, GovernorConfigBuilder},
    key_extractor::{GlobalKeyExtractor, KeyExtractor},
};

use super::peer::PeerAddress;
use crate::{background::Tasks, identities::Person};

/// Maximum size of a request body, in bytes. Forms have a few short fields.
pub const BODY: usize = 64 * 1024;
/// Longest pause in the body of a request.
pub const BODY_WITHIN: Duration = Duration::from_secs(10);
/// How often full buckets are forgotten.
const FORGET_EVERY: Duration = Duration::from_mins(1);

/// Buckets by a key.
pub type Limit<K> = Arc<GovernorConfig<K, NoOpMiddleware<QuantaInstant>>>;

/// Key of limits by person: all of their sessions count together.
#[derive(Debug, Clone, Copy)]
pub struct PersonKey;

impl KeyExtractor for PersonKey {
    type Key = Arc<str>;

    fn extract<T>(&self, request: &Request<T>) -> Result<Self::Key, GovernorError> {
        let person = request.extensions().get::<Person>();
        person
            .map(Person::key)
            .ok_or(GovernorError::UnableToExtractKey)
    }
}

/// Limits everybody's POST requests together to bursts of 200 and one per 20 ms. Protects the cluster.
pub fn of_all_writes() -> Limit<GlobalKeyExtractor> {
    let mut limit = GovernorConfigBuilder::default().key_extractor(GlobalKeyExtractor);
    limit.methods(vec![Method::POST]);
    finish(limit.per_millisecond(20).burst_size(200))
}

/// Limits the POST requests of one person to bursts of 100 and one per 40 ms. People stay far below; a script of one person leaves room for
/// the others.
pub fn of_writes_of_a_person(tasks: &Tasks) -> Limit<PersonKey> {
    let mut limit = GovernorConfigBuilder::default().key_extractor(PersonKey);
    limit.methods(vec![Method::POST]);
    let limit = finish(limit.per_millisecond(40).burst_size(100));
    forget_full_buckets(tasks, &limit);
    limit
}

/// Limits the exports of one person: five at once, then one every two seconds.
pub fn of_exports(tasks: &Tasks) -> Limit<PersonKey> {
    let mut limit = GovernorConfigBuilder::default().key_extractor(PersonKey);
    let limit = finish(limit.per_second(2).burst_size(5));
    forget_full_buckets(tasks, &limit);
    limit
}

/// Limits sign-ins from one address, in whatever way: ten at once, then one every two seconds.
pub fn of_sign_ins(tasks: &Tasks) -> Limit<PeerAddress> {
    let mut limit = GovernorConfigBuilder::default().key_extractor(PeerAddress);
    let limit = finish(limit.per_second(2).burst_size(10));
    forget_full_buckets(tasks, &limit);
    limit
}

/// Limits returns from the issuer to one address. Wider than [`of_sign_ins`]: the beginning of each sign-in counts there already.
pub fn of_callbacks(tasks: &Tasks) -> Limit<PeerAddress> {
    let mut limit = GovernorConfigBuilder::default().key_extractor(PeerAddress);
    let limit = finish(limit.per_second(1).burst_size(30));
    forget_full_buckets(tasks, &limit);
    limit
}

fn finish<K: KeyExtractor>(
    limit: &mut GovernorConfigBuilder<K, NoOpMiddleware<QuantaInstant>>,
) -> Limit<K> {
    let limit = limit.finish();
    Arc::new(limit.expect("neither the period nor the burst is zero"))
}

/// Without this, each address that ever tried would stay in memory.
fn forget_full_buckets<K>(tasks: &Tasks, limit: &Limit<K>)
where
    K: KeyExtractor,
    K::Key: Send + Sync + 'static,
{
    let limiter = Arc::clone(limit.limiter());
    tasks.run(async move {
        loop {
            sleep(FORGET_EVERY).await;
            limiter.retain_recent();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_person_leaves_room_for_the_others() {
        let (one, all) = (of_writes_of_a_person(&Tasks::default()), of_all_writes());
        // As in `super::api`: what the first refuses takes nothing from the second.
        let passes = |person: &str| {
            one.limiter().check_key(&person.into()).is_ok() && all.limiter().check_key(&()).is_ok()
        };
        let of_script = (0..1000).filter(|_| passes("a script")).count();
        assert!((100..150).contains(&of_script), "{of_script}");
        assert_eq!((0..40).filter(|_| passes("somebody else")).count(), 40);
    }

    #[tokio::test]
    async fn sign_ins_are_limited_by_address() {
        let limit = of_sign_ins(&Tasks::default());
        let passes = |last: u8| {
            let address = [192, 0, 2, last].into();
            limit.limiter().check_key(&address).is_ok()
        };
        assert_eq!((0..100).filter(|_| passes(1)).count(), 10);
        assert_eq!((0..100).filter(|_| passes(2)).count(), 10);
    }
}
