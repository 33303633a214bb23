//! A stored credential whose files may change: they are read again from time to time, and when the cluster refuses the credential.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    current::{Credential, Factory},
    stored::{Reading, Stored, Unusable},
};

/// Age after which files are read again.
const RELOAD: Duration = Duration::from_secs(5);

/// A stored credential.
pub(super) struct Reloading {
    stored: Stored,
    factory: Factory,
    state: Mutex<State>,
}

struct State {
    reading: Reading,
    current: Arc<Credential>,
    read: Instant,
}

impl Reloading {
    /// Reads the credential for the first time.
    pub fn new(stored: Stored, factory: Factory) -> Result<Self, Unusable> {
        let reading = stored.read()?;
        let current = Arc::new(factory.make(
            reading.authorization.as_ref(),
            reading.token.as_ref(),
            reading.certificate.as_ref(),
            None,
        )?);
        let read = Instant::now();
        Ok(Self {
            stored,
            factory,
            state: Mutex::new(State {
                reading,
                current,
                read,
            }),
        })
    }

    /// The credential as it was read last.
    pub fn latest(&self) -> Arc<Credential> {
        Arc::clone(&self.lock().current)
    }

    /// The credential as it was on disk a few seconds ago.
    pub async fn current(self: &Arc<Self>) -> Arc<Credential> {
        let is_old = self.stored.has_files() && self.lock().read.elapsed() > RELOAD;
        if is_old {
            self.reload().await;
        }
        self.latest()
    }

    /// Another credential than the refused one, if the files have one.
    pub async fn renewed(self: &Arc<Self>, refused: &Credential) -> Option<Arc<Credential>> {
        if self.stored.has_files() && self.latest().generation == refused.generation {
            self.reload().await;
        }
        Some(self.latest()).filter(|latest| latest.generation != refused.generation)
    }

    /// Reads the files. What can't be used leaves the credential as it is: somebody may be writing the files just now.
    async fn reload(self: &Arc<Self>) {
        let this = Arc::clone(self);
        let reload = tokio::task::spawn_blocking(move || {
            this.lock().read = Instant::now();
            if let Err(Unusable { field, why }) = this.reload_now() {
                tracing::warn!(
                    field,
                    why,
                    "the kubeconfig's credential can't be read again"
                );
            }
        });
        // It only fails if it panics, or if the program ends.
        let _ = reload.await;
    }

    fn reload_now(&self) -> Result<(), Unusable> {
        let reading = self.stored.read()?;
        let mut state = self.lock();
        if state.reading == reading {
            return Ok(());
        }
        let transport = reading
            .has_certificate_of(&state.reading)
            .then(|| state.current.transport.clone());
        let credential = self.factory.make(
            reading.authorization.as_ref(),
            reading.token.as_ref(),
            reading.certificate.as_ref(),
            transport,
        )?;
        state.current = Arc::new(credential);
        state.reading = reading;
        tracing::info!("the kubeconfig's credential changed on disk");
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
