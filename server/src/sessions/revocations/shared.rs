//! Ended sessions in one ConfigMap, which every replica watches: what one ends, the others learn within seconds.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use kargo::{
    cluster::{Cluster, ConfigMap, Error},
    name::ConfigMapRef,
};
use tokio::time::{sleep, timeout};

use super::Revocations;
use crate::sessions::{clock::now, keys::random};

/// Tries of a write while other replicas write, too.
const TRIES: u32 = 8;
/// Longest wait before the second try, in milliseconds. It doubles with each further one.
const FIRST_WAIT: u64 = 20;
/// Time in which a sign-out is written, or told as not written.
const WRITTEN_WITHIN: Duration = Duration::from_secs(8);
/// Shortest and longest wait before a broken watch is opened again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(4));

/// The ConfigMap, and what was last seen of it.
pub struct Shared {
    cluster: Cluster,
    at: ConfigMapRef,
    revocations: Arc<Revocations>,
    last: Mutex<ConfigMap>,
    /// Held while this process writes.
    writing: tokio::sync::Mutex<()>,
    is_broken: AtomicBool,
    is_unwritable: AtomicBool,
}

impl Shared {
    /// Reads the ConfigMap, and tries whether it may be changed.
    pub async fn open(
        cluster: Cluster,
        at: ConfigMapRef,
        revocations: Arc<Revocations>,
    ) -> Result<Self, Error> {
        let last = cluster.get_config_map(&at).await?;
        let nothing = [].into();
        let tried = cluster
            .patch_config_map(&at, &last.resource_version, &nothing)
            .await;
        match tried {
            // Another replica wrote at the same time.
            Ok(_) | Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
        revocations.learn(&last.data, now());
        Ok(Self {
            cluster,
            at,
            revocations,
            last: Mutex::new(last),
            writing: tokio::sync::Mutex::default(),
            is_broken: AtomicBool::new(false),
            is_unwritable: AtomicBool::new(false),
        })
    }

    fn seen(&self, map: ConfigMap) {
        self.revocations.learn(&map.data, now());
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = map;
    }

    fn last(&self) -> ConfigMap {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }

    /// Writes what this process knows and the ConfigMap lacks. `true` if the ConfigMap has it all now.
    pub async fn publish(&self) -> bool {
        let written = timeout(WRITTEN_WITHIN, self.write()).await;
        let problem = match written {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.problem().message),
            Err(_) => Some("The cluster doesn't answer in time.".to_owned()),
        };
        let was_unwritable = self.is_unwritable.swap(problem.is_some(), Relaxed);
        match &problem {
            Some(problem) if !was_unwritable => {
                tracing::warn!(config_map = %self.at, %problem, "other replicas can't be told of a sign-out yet");
            }
            None if was_unwritable => {
                tracing::info!(config_map = %self.at, "other replicas are told of all sign-outs again");
            }
            _ => {}
        }
        problem.is_none()
    }

    async fn write(&self) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        let mut tries = 0;
        loop {
            let last = self.last();
            let changes = self.revocations.missing_in(&last.data, now());
            if changes.is_empty() {
                return Ok(());
            }
            let written = self
                .cluster
                .patch_config_map(&self.at, &last.resource_version, &changes);
            match written.await {
                Ok(map) => {
                    self.seen(map);
                    return Ok(());
                }
                Err(Error::Conflict(_)) if tries < TRIES => {
                    let wait = u64::from_ne_bytes(random()) % (FIRST_WAIT << tries);
                    sleep(Duration::from_millis(wait)).await;
                    self.seen(self.cluster.get_config_map(&self.at).await?);
                    tries += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Watches the ConfigMap for good. While it can't be watched, what is known goes on to hold.
    pub async fn follow(&self) {
        let (mut pause, mut is_current) = (PAUSES.0, true);
        loop {
            let begun = Instant::now();
            let Err(error) = self.watch(&mut is_current).await else {
                // A watch that ends at once is no reason to ask all the time.
                sleep(PAUSES.0.saturating_sub(begun.elapsed())).await;
                pause = PAUSES.0;
                continue;
            };
            if !self.is_broken.swap(true, Relaxed) {
                let problem = error.problem().sentences();
                tracing::warn!(config_map = %self.at, %problem, "sign-outs on other replicas are not seen at the moment");
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Watches until the API server ends the watch. Before, writes what could not be written earlier. `is_current`: a watch from the version
    /// that was last seen misses nothing.
    async fn watch(&self, is_current: &mut bool) -> Result<(), Error> {
        if !*is_current {
            self.seen(self.cluster.get_config_map(&self.at).await?);
        }
        let last = self.last();
        if !self.revocations.missing_in(&last.data, now()).is_empty() {
            self.publish().await;
        }
        let opened = || {
            if self.is_broken.swap(false, Relaxed) {
                tracing::info!(config_map = %self.at, "sign-outs on other replicas are seen again");
            }
        };
        let version = self.last().resource_version;
        let watched = self
            .cluster
            .watch_config_map(&self.at, &version, opened, |map| self.seen(map))
            .await;
        *is_current = watched.is_ok();
        match watched {
            // The version is too old for a watch, so it is read again.
            Err(Error::ListExpired) => Ok(()),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
    use kargo::value::Value;

    use super::*;
    use crate::{
        sessions::{CookieName, Credential, Limits, Secret, Sessions},
        test_cluster::TestCluster,
    };

    const HOUR: Duration = Duration::from_hours(1);

    /// A replica.
    async fn replica(cluster: &TestCluster, at: &ConfigMapRef) -> Arc<Sessions> {
        let limits = Limits {
            idle: HOUR,
            lifetime: HOUR,
        };
        let name = CookieName {
            is_secure: false,
            port: Some(3000),
        };
        let keys = cluster.file("keys", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        let mut sessions = Sessions::new(Some(&keys), limits, name, String::new()).expect("a key");
        let following = sessions.share(cluster.admin().await, at.clone()).await;
        tokio::spawn(following.expect("the ConfigMap exists"));
        Arc::new(sessions)
    }

    /// The header with a new session of a person.
    fn begin(sessions: &Sessions, user: &str) -> HeaderMap {
        let credential = Credential::Token {
            value: Secret(Value::new("value".to_owned())),
            user: user.to_owned(),
        };
        let set = sessions.begin(credential).expect("short");
        let pair = set[0].to_str().expect("text").split(';').next();
        let header = HeaderValue::from_str(pair.expect("a pair")).expect("a header");
        HeaderMap::from_iter([(COOKIE, header)])
    }

    async fn refused_within(seconds: u64, sessions: &Sessions, headers: &HeaderMap) {
        let begun = Instant::now();
        while sessions.of(headers).is_some() {
            let elapsed = begun.elapsed();
            assert!(elapsed < Duration::from_secs(seconds), "still accepted");
            sleep(Duration::from_millis(20)).await;
        }
    }

    #[tokio::test]
    async fn a_sign_out_on_one_replica_holds_on_the_other_within_five_seconds() {
        let cluster = TestCluster::new();
        let at = cluster.config_map("shared");
        let (one, other) = (replica(&cluster, &at).await, replica(&cluster, &at).await);
        let (ended, kept) = (begin(&one, "me"), begin(&one, "me"));
        let session = other.of(&ended).expect("the other replica reads it");
        other.end(&session);
        assert!(other.publish().await.is_told);
        assert!(other.of(&ended).is_none());
        refused_within(5, &one, &ended).await;
        let session = one
            .of(&kept)
            .expect("another session of the person goes on");
        let yours = begin(&other, "you");
        one.end_all(&session);
        assert!(one.publish().await.is_told);
        refused_within(5, &other, &kept).await;
        assert!(other.of(&yours).is_some(), "another person's goes on");
        // A replica that starts later.
        let third = replica(&cluster, &at).await;
        assert!(third.of(&ended).is_none() && third.of(&kept).is_none());
        assert!(third.of(&yours).is_some());
    }

    #[tokio::test]
    async fn many_sign_outs_at_once_on_two_replicas_are_all_told() {
        let cluster = TestCluster::new();
        let at = cluster.config_map("many");
        let (one, other) = (replica(&cluster, &at).await, replica(&cluster, &at).await);
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..20 {
            let on = Arc::clone(if number % 2 == 0 { &one } else { &other });
            let headers = begin(&on, &format!("person {number}"));
            tasks.spawn(async move {
                let session = on.of(&headers).expect("a session");
                on.end(&session);
                assert!(on.publish().await.is_told);
                headers
            });
        }
        for headers in tasks.join_all().await {
            refused_within(5, &one, &headers).await;
            refused_within(5, &other, &headers).await;
        }
    }

    #[tokio::test]
    async fn without_the_config_map_a_sign_out_holds_here_is_told_as_such_and_is_written_later() {
        let cluster = TestCluster::new();
        let at = cluster.config_map("gone");
        let (one, other) = (replica(&cluster, &at).await, replica(&cluster, &at).await);
        let headers = begin(&one, "me");
        cluster.delete_config_map("gone");
        let session = one.of(&headers).expect("a session");
        one.end(&session);
        assert!(!one.publish().await.is_told);
        assert!(one.of(&headers).is_none());
        assert!(other.of(&headers).is_some(), "it was not told");
        cluster.config_map("gone");
        refused_within(15, &other, &headers).await;
    }

    #[tokio::test]
    async fn a_missing_config_map_prevents_the_start() {
        let cluster = TestCluster::new();
        let at: ConfigMapRef = "kargo/no-such-map".parse().expect("a ConfigMap");
        let revocations = Arc::new(Revocations::default());
        let error = Shared::open(cluster.admin().await, at.clone(), revocations).await;
        let error = error.err().expect("there is none");
        assert_eq!(
            crate::config::Config::revocations_error(at, &error).to_string(),
            "there is no ConfigMap kargo/no-such-map for --revocations. Create it: kubectl create configmap no-such-map --namespace kargo"
        );
    }
}
