//! Reports of compromised tokens that this program carries out. Only the person who made a report can call it off: marks on the Secret can be
//! removed by the holder of the value.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kargo::{
    cluster::{CallOff, CompromiseReport},
    problem::{Kind, Problem},
    token::TokenRef,
};

use crate::error::ApiError;

/// The reports, by the UIDs of their tokens.
#[derive(Clone, Default)]
pub struct Reports(Arc<Mutex<HashMap<String, Entry>>>);

struct Entry {
    report: CompromiseReport,
    state: CallOff,
}

impl Reports {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a report.
    pub fn add(&self, report: CompromiseReport) {
        let entry = Entry {
            state: CallOff::No,
            report,
        };
        self.lock().insert(entry.report.target.uid.0.clone(), entry);
    }

    /// Forgets a report.
    pub fn remove(&self, token: &TokenRef) {
        self.lock().remove(&token.uid.0);
    }

    /// The report of a token, if this program carries one out.
    pub fn of(&self, token: &TokenRef) -> Option<CompromiseReport> {
        Some(self.lock().get(&token.uid.0)?.report.clone())
    }

    /// Whether the report of a token is called off.
    pub fn state(&self, token: &TokenRef) -> CallOff {
        self.lock()
            .get(&token.uid.0)
            .map_or(CallOff::Done, |entry| entry.state)
    }

    /// Begins to call the report of a token off, before `person` restores the token. `None`: this program carries no report of it out.
    ///
    /// # Errors
    /// Somebody else reported it.
    pub fn call_off(&self, token: &TokenRef, person: &str) -> Result<Option<Withdrawal>, ApiError> {
        let mut reports = self.lock();
        let Some(entry) = reports.get_mut(&token.uid.0) else {
            return Ok(None);
        };
        if entry.report.reporter != person {
            return Err(ApiError(Problem::new(
                Kind::Forbidden,
                format!(
                    "{} reported the token {} as compromised, so only they can restore it.",
                    entry.report.reporter, token.name
                ),
                "Ask them. Until then the token is being ended.",
            )));
        }
        entry.state = CallOff::Pending;
        Ok(Some(Withdrawal {
            reports: self.clone(),
            uid: token.uid.0.clone(),
            outcome: CallOff::No,
        }))
    }
}

/// A report that is being called off. It stands again when this is dropped before [`Withdrawal::done`].
pub struct Withdrawal {
    reports: Reports,
    uid: String,
    outcome: CallOff,
}

impl Withdrawal {
    /// The token is restored.
    pub fn done(mut self) {
        self.outcome = CallOff::Done;
    }
}

impl Drop for Withdrawal {
    fn drop(&mut self) {
        if let Some(entry) = self.reports.lock().get_mut(&self.uid) {
            entry.state = self.outcome;
        }
    }
}
