//! The life of a sign-in command's credential: one command at a time, a new credential before the old one's end and after the cluster refused
//! it. The command runs in a task of its own: no request's end stops a sign-in that a person is busy with.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

use super::{
    current::{Credential, Factory},
    error::CredentialError,
    plugin::{Answer, Plugin},
};

/// Time that a request waits for the command.
const PATIENCE: Duration = Duration::from_mins(1);
/// Time before the end of a credential at which the next one is asked for, for credentials that live long enough.
const MARGIN: SignedDuration = SignedDuration::from_secs(30);
/// Time in which a failure is told again without running the command: pages ask often, and the command may open a browser window.
const FAILURE_KEPT: Duration = Duration::from_secs(10);
/// Time in which a refused credential leads to one run of the command at most.
const REFUSAL_KEPT: Duration = Duration::from_secs(10);

/// A credential by a sign-in command.
pub(super) struct SignIn {
    plugin: Plugin,
    factory: Factory,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Made>,
    running: Option<Running>,
    /// The last failure.
    failed: Option<(Instant, CredentialError)>,
    /// The last run because of a refusal.
    refused: Option<Instant>,
}

#[derive(Clone)]
struct Made {
    credential: Arc<Credential>,
    /// End of the credential.
    expires: Option<Timestamp>,
    /// Time from which the next one is asked for.
    renew: Option<Timestamp>,
}

type Running = Shared<BoxFuture<'static, Result<Arc<Credential>, CredentialError>>>;

impl SignIn {
    pub fn new(plugin: Plugin, factory: Factory) -> Self {
        Self {
            plugin,
            factory,
            state: Mutex::default(),
        }
    }

    /// The last credential.
    pub fn latest(&self) -> Option<Arc<Credential>> {
        let state = self.lock();
        state
            .current
            .as_ref()
            .map(|made| Arc::clone(&made.credential))
    }

    /// A credential that has not ended. Runs the command if there is none.
    pub async fn current(self: &Arc<Self>) -> Result<Arc<Credential>, CredentialError> {
        let running = {
            let mut state = self.lock();
            let now = Timestamp::now();
            let has_come = |time: Option<Timestamp>| time.is_some_and(|time| now >= time);
            match state.current.clone() {
                Some(made) if !has_come(made.expires) => {
                    if has_come(made.renew) {
                        // The credential still works: nobody waits for the next one.
                        let _ = self.run_command(&mut state);
                    }
                    return Ok(made.credential);
                }
                _ => self.run_command(&mut state)?,
            }
        };
        self.wait(running).await
    }

    /// Another credential than the one that the cluster refused.
    pub async fn renewed(self: &Arc<Self>, refused: &Credential) -> Option<Arc<Credential>> {
        let running = {
            let mut state = self.lock();
            if let Some(made) = &state.current
                && made.credential.generation != refused.generation
            {
                return Some(Arc::clone(&made.credential));
            }
            if state.running.is_none() {
                if state
                    .refused
                    .is_some_and(|time| time.elapsed() < REFUSAL_KEPT)
                {
                    return None;
                }
                state.refused = Some(Instant::now());
            }
            self.run_command(&mut state).ok()?
        };
        self.wait(running).await.ok()
    }

    async fn wait(&self, running: Running) -> Result<Arc<Credential>, CredentialError> {
        timeout(PATIENCE, running).await.unwrap_or_else(|_| {
            Err(CredentialError::Running {
                command: self.plugin.shown(),
            })
        })
    }

    /// The run that is under way, or a new one.
    fn run_command(self: &Arc<Self>, state: &mut State) -> Result<Running, CredentialError> {
        if let Some(running) = &state.running {
            return Ok(running.clone());
        }
        if let Some((time, error)) = &state.failed
            && time.elapsed() < FAILURE_KEPT
        {
            return Err(error.clone());
        }
        let this = Arc::clone(self);
        let task = tokio::spawn(async move { this.run().await });
        let command = self.plugin.shown();
        let ended = move |_| {
            let why = "the program is ending".to_owned();
            Err(CredentialError::Failed { command, why })
        };
        let running = task
            .map(|result| result.unwrap_or_else(ended))
            .boxed()
            .shared();
        state.running = Some(running.clone());
        Ok(running)
    }

    async fn run(&self) -> Result<Arc<Credential>, CredentialError> {
        let answer = self.plugin.run().await;
        let mut state = self.lock();
        let made = answer.and_then(|answer| self.make(&answer));
        state.running = None;
        match made {
            Ok(made) => {
                state.failed = None;
                let credential = Arc::clone(&made.credential);
                state.current = Some(made);
                Ok(credential)
            }
            Err(error) => {
                tracing::warn!(%error, "no new credential");
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    fn make(&self, answer: &Answer) -> Result<Made, CredentialError> {
        let authorization = answer
            .token
            .as_ref()
            .map(|token| SecretString::from(format!("Bearer {}", token.expose_secret())));
        let made = self.factory.make(
            authorization.as_ref(),
            answer.token.as_ref(),
            answer.certificate.as_ref(),
            None,
        );
        let credential = made.map_err(|_| CredentialError::BadAnswer {
            command: self.plugin.shown(),
            why: "its certificate or key is damaged, or they don't belong together",
        })?;
        let now = Timestamp::now();
        let expires = answer.expires.map(|end| self.believed(now, end));
        Ok(Made {
            credential: Arc::new(credential),
            expires,
            renew: expires.map(|end| renewal(now, end)),
        })
    }

    /// The end of a credential. One that had ended before it came shows that the clocks differ: it is used for a while, because each request would
    /// run the command again otherwise.
    fn believed(&self, now: Timestamp, end: Timestamp) -> Timestamp {
        if end > now {
            return end;
        }
        tracing::warn!(
            command = self.plugin.shown(),
            "the sign-in command's credential ended at {end}, and it is {now} here: check the clocks"
        );
        now.checked_add(FAILURE_KEPT).unwrap_or(end)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Time at which a credential that was made now is renewed: 30 seconds before its end, or a tenth of its life if that is shorter.
fn renewal(now: Timestamp, end: Timestamp) -> Timestamp {
    let tenth = end.duration_since(now).max(SignedDuration::ZERO) / 10;
    end.checked_sub(tenth.min(MARGIN)).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_renewed_shortly_before_their_end() {
        let time = |text: &str| text.parse::<Timestamp>().expect("a time");
        let now = time("2026-01-01T00:00:00Z");
        for (end, expected) in [
            ("2026-01-01T01:00:00Z", "2026-01-01T00:59:30Z"),
            ("2026-01-01T00:01:40Z", "2026-01-01T00:01:30Z"),
            ("2026-01-01T00:00:10Z", "2026-01-01T00:00:09Z"),
            ("2025-12-31T00:00:00Z", "2025-12-31T00:00:00Z"),
        ] {
            assert_eq!(renewal(now, time(end)), time(expected), "{end}");
        }
    }
}
