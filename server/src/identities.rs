//! As whom requests reach Kubernetes: one viewer for each session, with the tasks that the session started.

use std::{sync::Arc, time::Duration};

use app::background::Background;
use kargo::{
    claims::PersonClaims,
    cluster::{Cluster, Connector, People, Viewer},
};
use moka::{notification::RemovalCause, sync::Cache};
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
/// Streams of events that one session may have open: one for each browser window without a shared worker.
const STREAMS: usize = 12;
/// How often idle people are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Gives each session its view of the cluster.
#[derive(Clone)]
pub struct Identities {
    own: Cluster,
    connector: Connector,
    /// Those who sign in with OIDC and act as ServiceAccounts.
    oidc: People,
    tasks: Tasks,
    /// By session id: the end of a session ends exactly what it started.
    people: Cache<String, Person>,
}

/// A signed-in person, as one session knows them.
#[derive(Clone)]
pub struct Person {
    /// Gives their views of the cluster.
    pub viewer: Viewer,
    /// Starts tasks of theirs.
    pub background: Background,
    user: Arc<str>,
    issued: i64,
    work: CancellationToken,
    streams: Arc<Semaphore>,
}

impl Person {
    /// The person's name: the same for all of their sessions.
    pub fn user(&self) -> Arc<str> {
        Arc::clone(&self.user)
    }

    /// Resolves when the session's work must end.
    pub fn end(&self) -> CancellationToken {
        self.work.clone()
    }

    /// Place for one more stream of events; `None` where the session has too many.
    pub fn stream(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.streams).try_acquire_owned().ok()
    }
}

impl Identities {
    /// `oidc`: everybody who signs in with OIDC, under the program's own identity. `idle`: time without a request after which a person's tasks end.
    pub fn new(oidc: People, tasks: Tasks, idle: Duration) -> Self {
        let own = oidc.program().clone();
        let people = Cache::builder()
            .max_capacity(MOST)
            .time_to_idle(idle)
            .eviction_listener(|_, person: Person, cause| {
                if cause != RemovalCause::Replaced {
                    person.work.cancel();
                }
            })
            .build();
        let identities = Self {
            connector: own.connector().clone(),
            own,
            oidc,
            tasks,
            people,
        };
        identities.end_idle();
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

    /// The person of a session; `None` if its credential can't be used.
    pub fn of(&self, session: &Session) -> Option<Person> {
        if let Some(mut person) = self.people.get(&session.id) {
            person.choose(session);
            return Some(person);
        }
        let viewer = match &session.credential {
            Credential::Local => self.own.clone().into(),
            Credential::Token { value, .. } | Credential::Forwarded { value, .. } => {
                self.connector.with_bearer(&value.0).ok()?.into()
            }
            Credential::Oidc { note, claims, .. } => {
                let claims = PersonClaims::parse(claims).ok()?;
                Viewer::Person(self.oidc.person(claims, note.clone()))
            }
        };
        let work = self.tasks.session();
        let person = Person {
            background: self.tasks.background(work.clone()),
            viewer,
            user: session.credential.person().into(),
            issued: session.issued,
            work,
            streams: Arc::new(Semaphore::new(STREAMS)),
        };
        let mut person = self.people.get_with(session.id.clone(), || person);
        person.choose(session);
        Some(person)
    }

    /// Ends the tasks of a session.
    pub fn end(&self, session: &Session) {
        self.people.invalidate(&session.id);
        self.people.run_pending_tasks();
    }

    /// Ends the tasks of all sessions of a person.
    pub fn end_all(&self, session: &Session) {
        let user = session.credential.person();
        for (id, person) in &self.people {
            if *person.user == user {
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
    pub fn end_with(&self, sessions: Arc<Sessions>) {
        let (people, mut changes) = (self.people.clone(), sessions.changes_elsewhere());
        self.tasks.run(async move {
            while changes.changed().await.is_ok() {
                for (id, person) in &people {
                    if sessions.is_ended(&id, &person.user, person.issued) {
                        people.invalidate(id.as_ref());
                    }
                }
                people.run_pending_tasks();
            }
        });
    }

    /// The program's own view, for probes.
    pub fn program(&self) -> &Cluster {
        &self.own
    }
}

impl Person {
    /// Acts as whom the session says.
    fn choose(&mut self, session: &Session) {
        if let (Viewer::Person(person), Credential::Oidc { only, .. }) =
            (&self.viewer, &session.credential)
        {
            self.viewer = Viewer::Person(person.acting_only_as(only.clone()));
        }
    }
}
