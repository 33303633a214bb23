//! As whom requests reach Kubernetes: one viewer for each session, with the tasks that the session started.

use std::{sync::Arc, time::Duration};

use app::background::Background;
use kargo::{
    claims::PersonClaims,
    cluster::{Cluster, Connector, People, Viewer},
};
use moka::{notification::RemovalCause, policy::EvictionPolicy, sync::Cache};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::interval,
};
use tokio_util::sync::CancellationToken;

use crate::{
    background::Tasks,
    sessions::{Credential, Session, Sessions},
};

/// Most people that are remembered at once.
const MOST: u64 = 2000;
/// Streams of events that the sessions of one person may have open together: one for each browser, and for each window without a shared worker.
const STREAMS: usize = 24;
/// Streams that all people may have open together: half of the connections stay free for everything else.
const ALL_STREAMS: usize = 256;
/// How often idle people are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Gives each session its view of the cluster.
#[derive(Clone)]
pub struct Identities {
    own: Cluster,
    connector: Connector,
    /// Those who sign in with OIDC and act as ServiceAccounts.
    oidc: People,
    sessions: Arc<Sessions>,
    tasks: Tasks,
    /// By session id: the end of a session ends exactly what it started.
    people: Cache<String, Person>,
    streams: Arc<Semaphore>,
}

/// A signed-in person, as one session knows them.
#[derive(Clone)]
pub struct Person {
    /// Gives their views of the cluster.
    pub viewer: Viewer,
    /// Starts tasks of theirs.
    pub background: Background,
    name: Arc<str>,
    key: Arc<str>,
    issued: i64,
    work: CancellationToken,
    /// Of all sessions of the person.
    streams: Arc<Semaphore>,
    all_streams: Arc<Semaphore>,
}

impl Person {
    /// The person's name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is the same for all sessions of exactly this person: [`Credential::key`].
    pub fn key(&self) -> Arc<str> {
        Arc::clone(&self.key)
    }

    /// Resolves when the session's work must end.
    pub fn end(&self) -> CancellationToken {
        self.work.clone()
    }

    /// Place for one more stream of events; `None` where the person, or all people together, have too many.
    pub fn stream(&self) -> Option<[OwnedSemaphorePermit; 2]> {
        let place = |streams: &Arc<Semaphore>| Arc::clone(streams).try_acquire_owned().ok();
        Some([place(&self.streams)?, place(&self.all_streams)?])
    }
}

impl Identities {
    /// `oidc`: everybody who signs in with OIDC, under the program's own identity. `idle`: time without a request after which a person's tasks end.
    pub fn new(oidc: People, sessions: Arc<Sessions>, tasks: Tasks, idle: Duration) -> Self {
        let own = oidc.program().clone();
        let people = Cache::builder()
            .max_capacity(MOST)
            // The default keeps newcomers out.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(idle)
            .eviction_listener(|_, person: Person, cause| {
                if cause == RemovalCause::Size {
                    tracing::warn!(
                        "more than {MOST} people are signed in, so unfinished work of the one who was idle longest ends"
                    );
                }
                if cause != RemovalCause::Replaced {
                    person.work.cancel();
                }
            })
            .build();
        let identities = Self {
            connector: own.connector().clone(),
            own,
            oidc,
            sessions,
            tasks,
            people,
            streams: Arc::new(Semaphore::new(ALL_STREAMS)),
        };
        identities.end_idle();
        identities.end_elsewhere();
        identities
    }

    /// Removes idle people also while nobody sends a request.
    fn end_idle(&self) {
        let people = self.people.clone();
        self.tasks.run(async move {
            let mut ticks = interval(LOOK_EVERY);
            loop {
                ticks.tick().await;
                people.run_pending_tasks();
            }
        });
    }

    /// The person of a session; `None` if its credential can't be used, or the session was ended.
    pub fn of(&self, session: &Session) -> Option<Person> {
        let person = match self.people.get(&session.id) {
            Some(person) => person,
            None => self.begin(session)?,
        };
        // A sign-out since the cookie was read has found nobody whose tasks it could end.
        if self
            .sessions
            .is_ended(&session.id, &person.key, person.issued)
        {
            self.end(session);
            return None;
        }
        Some(person.acting_as_chosen(session))
    }

    fn begin(&self, session: &Session) -> Option<Person> {
        let viewer = match &session.credential {
            Credential::Local => self.own.clone().into(),
            Credential::Token { value, .. } | Credential::Forwarded { value, .. } => {
                self.connector.with_bearer(&value.0).ok()?.into()
            }
            Credential::Oidc { note, claims } => {
                let claims = PersonClaims::parse(claims).ok()?;
                Viewer::Person(self.oidc.person(claims, note.clone()))
            }
        };
        let work = self.tasks.session();
        let person = Person {
            background: self.tasks.background(work.clone()),
            viewer,
            name: session.credential.person().into(),
            key: session.credential.key().into(),
            issued: session.issued,
            work,
            streams: self.streams_of(&session.credential.key()),
            all_streams: Arc::clone(&self.streams),
        };
        Some(self.people.get_with(session.id.clone(), || person))
    }

    /// Places for streams that all sessions of a person share.
    fn streams_of(&self, key: &str) -> Arc<Semaphore> {
        let mut sessions = self.people.iter().map(|(_, person)| person);
        let other = sessions.find(|person| *person.key == *key);
        other.map_or_else(
            || Arc::new(Semaphore::new(STREAMS)),
            |person| person.streams,
        )
    }

    /// Ends the tasks of a session.
    pub fn end(&self, session: &Session) {
        self.people.invalidate(&session.id);
        self.people.run_pending_tasks();
    }

    /// Ends the tasks of all sessions of a person.
    pub fn end_all(&self, session: &Session) {
        let key = session.credential.key();
        for (id, person) in &self.people {
            if *person.key == key {
                self.people.invalidate(id.as_ref());
            }
        }
        self.people.run_pending_tasks();
    }

    /// Everybody who signs in with OIDC.
    pub fn oidc(&self) -> &People {
        &self.oidc
    }

    /// Ends the tasks of sessions that other replicas end.
    fn end_elsewhere(&self) {
        let (people, sessions) = (self.people.clone(), Arc::clone(&self.sessions));
        let mut changes = sessions.changes_elsewhere();
        self.tasks.run(async move {
            while changes.changed().await.is_ok() {
                for (id, person) in &people {
                    if sessions.is_ended(&id, &person.key, person.issued) {
                        people.invalidate(id.as_ref());
                    }
                }
                people.run_pending_tasks();
            }
        });
    }

    /// Sessions that sent a request within the idle time.
    pub fn count(&self) -> u64 {
        self.people.run_pending_tasks();
        self.people.entry_count()
    }

    /// The program's own view.
    pub fn program(&self) -> &Cluster {
        &self.own
    }
}

impl Person {
    /// The same person, acting as whom the session says.
    fn acting_as_chosen(mut self, session: &Session) -> Self {
        if let Viewer::Person(person) = &self.viewer {
            self.viewer = Viewer::Person(person.acting_only_as(session.only.clone()));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use kargo::value::Value;

    use super::*;
    use crate::{
        sessions::{CookieName, Limits, Secret, sent},
        test_cluster::unreachable,
    };

    const HOUR: Duration = Duration::from_hours(1);

    async fn identities() -> Identities {
        let limits = Limits {
            idle: HOUR,
            lifetime: HOUR,
        };
        let name = CookieName {
            is_secure: false,
            port: None,
        };
        let sessions = Sessions::new(None, limits, name, String::new());
        let sessions = Arc::new(sessions.expect("no file is needed"));
        let people = People::new(unreachable().await, vec![], None);
        Identities::new(people, sessions, Tasks::default(), HOUR)
    }

    /// A new session of a user.
    fn session(identities: &Identities, user: &str) -> Session {
        let credential = Credential::Token {
            value: Secret(Value::new("value".to_owned())),
            user: user.to_owned(),
        };
        let set = identities.sessions.begin(credential).expect("short");
        identities.sessions.of(&sent(&set)).expect("valid")
    }

    #[tokio::test]
    async fn the_newest_of_too_many_people_keeps_their_tasks() {
        let identities = identities().await;
        let sessions: Vec<_> = (0..=MOST)
            .map(|number| session(&identities, &number.to_string()))
            .collect();
        let of = |session: &Session| {
            let person = identities.of(session).expect("a person");
            identities.people.run_pending_tasks();
            person
        };
        let (newest, others) = sessions.split_last().expect("sessions");
        let mut people: Vec<_> = others.iter().map(of).collect();
        // The others have asked for more than one page.
        for session in others.iter().chain(others) {
            of(session);
        }
        people.push(of(newest));
        let newest = people.pop().expect("somebody");
        assert!(!newest.work.is_cancelled());
        let ended = people.iter().filter(|person| person.work.is_cancelled());
        assert_eq!(ended.count(), 1);
        assert!(people[0].work.is_cancelled(), "idle for the longest time");
    }

    #[tokio::test]
    async fn a_request_beside_a_sign_out_begins_nothing_that_never_ends() {
        let identities = identities().await;
        // A request has read its cookie; then the sign-out comes.
        let session = session(&identities, "me");
        identities.sessions.end(&session);
        identities.end(&session);
        assert!(identities.of(&session).is_none());
        assert!(identities.people.get(&session.id).is_none());
    }

    #[tokio::test]
    async fn signing_out_everywhere_ends_the_tasks_of_one_person() {
        let identities = identities().await;
        let [one, two, other] = ["me", "me", "you"].map(|user| session(&identities, user));
        let works = [&one, &two, &other].map(|session| identities.of(session).expect("valid").work);
        identities.sessions.end_all(&one);
        identities.end_all(&one);
        let ended = works.map(|work| work.is_cancelled());
        assert_eq!(ended, [true, true, false]);
    }
}
