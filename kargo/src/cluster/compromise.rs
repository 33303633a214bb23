//! Handles a compromised token: suspends it and creates a successor at once, then deletes it as soon as the API server refuses it. Each step
//! is recorded on the Secret and on the successor, so that an interrupted one can be continued.
//!
//! The holder of the value may be able to change every Secret, these records included. Therefore the program that a person reported the token
//! to remembers the report, and carries it out whatever the Secret says later: see [`Cluster::end_compromised`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use serde_json::Value as Json;
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    connection::{
        Cluster,
        access::{Access, TokenLocation},
        error::Error,
    },
    delete::{OnContention, time_until},
    recreate::Recreated,
    reveal::is_value_of,
    secret::{
        change::Change,
        keys::{COMPROMISED, REPLACED_BY, RETIRE_AFTER},
    },
    suspend::suspended,
};
use crate::{
    name::TokenName,
    scope::Scope,
    token::{
        HistoryAction, REFUSED_AFTER, TokenRef, TokenState, TokenSummary, Uid,
        compromise::{CompromiseStep, FoundSecret, ReportFacts, next_step},
    },
    value::Value,
};

/// Pause between two looks at whether a report that is being called off is called off.
const CALLING_OFF: Duration = Duration::from_millis(100);
/// Time between two looks at a compromised token.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Time after which a report that can't be carried out is given up.
const LONGEST_WATCH: Duration = Duration::from_hours(1);

/// A report of a compromised token, as the program remembers it.
#[derive(Debug, Clone)]
pub struct CompromiseReport {
    /// The token.
    pub target: TokenRef,
    /// Kubernetes user name of the person who reported it.
    pub reporter: String,
    /// `true` if the token was suspended; otherwise it has to be deleted at once.
    is_suspended: bool,
    /// Its value, to see the API server refuse it; `None` if the person may not read it.
    value: Option<Arc<Value>>,
    began: Instant,
    /// `true` once its successor is created: the holder of the value may remove the successor's name from the Secret.
    has_successor: Arc<AtomicBool>,
    /// The token at the time of the report, marked as compromised: its successor records that it must end.
    old: TokenSummary,
}

/// Whether a report is called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOff {
    /// It stands.
    No,
    /// Its reporter is restoring the token.
    Pending,
    /// Its reporter has restored the token.
    Done,
}

impl Cluster {
    /// Reports a token as compromised and creates its successor: [`Cluster::report_compromise`], then [`Cluster::replace_compromised`].
    ///
    /// # Errors
    /// Those of both.
    pub async fn compromise_token(
        &self,
        target: &TokenRef,
        lifetime: Option<SignedDuration>,
    ) -> Result<Recreated, Error> {
        let report = Box::pin(self.report_compromise(target)).await?;
        Box::pin(self.replace_compromised(&report, lifetime)).await
    }

    /// Stops a token whose value is in the wrong hands: suspends and marks it. One that can't be suspended (an expiring one, any before
    /// Kubernetes 1.29, one whose Secret somebody or some policy keeps from being changed) is left for [`Cluster::replace_compromised`],
    /// which deletes it.
    ///
    /// # Errors
    /// Those of reading and of suspending. The token is then as it was.
    pub async fn report_compromise(&self, target: &TokenRef) -> Result<CompromiseReport, Error> {
        self.refuse_own_token(target)?;
        let TokenRef { scope, name, .. } = target;
        let (reporter, fetched) = futures::try_join!(self.current_user(), self.fetch(scope, name))?;
        // The holder of the value may have made the Secret again under its name, which gives the same value, or have removed the marks of
        // a token that Kargo manages.
        let target = &TokenRef {
            uid: fetched.token.summary.uid.clone(),
            ..target.clone()
        };
        match fetched
            .token
            .verify_target(self.location(scope, name), target)
        {
            Ok(()) | Err(Error::Unmanaged { .. }) => {}
            Err(error) => return Err(error),
        }
        let mut report = CompromiseReport {
            target: target.clone(),
            has_successor: Arc::default(),
            reporter,
            is_suspended: false,
            value: self.readable_value(target).await.map(Arc::new),
            began: Instant::now(),
            old: TokenSummary {
                is_compromised: true,
                ..fetched.token.summary
            },
        };
        if report.old.is_expiring() || !self.suspend_works().await? {
            return Ok(report);
        }
        let suspended = self.change(target, |token, context| {
            // A successor of an earlier rotation can't be relied on.
            let change = Change::of(HistoryAction::Compromised)
                .annotation(COMPROMISED, "true")
                .annotation(REPLACED_BY, Json::Null)
                .annotation(RETIRE_AFTER, Json::Null);
            if let TokenState::Suspended { .. } = token.summary.state {
                return Ok((!token.summary.is_compromised).then_some(change));
            }
            let reason = "Its value is in the wrong hands.";
            Ok(Some(suspended(change, token, context, reason)))
        });
        match suspended.await {
            Ok(_) => report.is_suspended = true,
            // The holder of the value may be changing the Secret without end or have filled its annotations, or a policy may refuse every
            // change. A deletion may be allowed nevertheless.
            Err(Error::Conflict(_) | Error::Refused { .. } | Error::Unmanaged { .. }) => {}
            Err(error) if error.is_forbidden() => {}
            Err(error) => return Err(error),
        }
        Ok(report)
    }

    /// Creates the successor of a reported token. A token that could not be suspended is deleted then: its holder must not go on using it
    /// until somebody has saved the new value. `lifetime`: of the successor, as for a new token.
    ///
    /// The successor is always a new token: the holder of the value could have made any successor that is already recorded.
    ///
    /// # Errors
    /// [`Error::NoReplacement`] if the token was stopped, and then its successor could not be created; those of deleting otherwise.
    pub async fn replace_compromised(
        &self,
        report: &CompromiseReport,
        lifetime: Option<SignedDuration>,
    ) -> Result<Recreated, Error> {
        let CompromiseReport { target, old, .. } = report;
        if !report.is_suspended {
            return Box::pin(self.replace_and_delete(target, old, lifetime)).await;
        }
        let successor = self
            .create_successor(target, old, lifetime)
            .await
            .map_err(|cause| self.no_replacement(target, false, cause))?;
        report.has_successor.store(true, Ordering::SeqCst);
        let predecessor = self.link_or_warn(target, &successor.token.name).await;
        Ok(Recreated {
            successor,
            predecessor,
        })
    }

    /// Deletes the token at once. The successor is created first, so that an interruption leaves a record. If no successor can be created,
    /// the token is deleted nevertheless.
    async fn replace_and_delete(
        &self,
        target: &TokenRef,
        old: &TokenSummary,
        lifetime: Option<SignedDuration>,
    ) -> Result<Recreated, Error> {
        let scope = &target.scope;
        let namespace = self.namespace(scope);
        // Without the right to delete, each try would leave one more token.
        if !self.may(namespace, "delete", "secrets", "", "").await? {
            return Err(Error::Forbidden(
                Access::to("delete", "secrets").within(namespace),
            ));
        }
        let new = self.create_successor(target, old, lifetime).await;
        let mut deleted = self
            .delete_if(target, OnContention::DeleteByUid, |_, _| Ok(()))
            .await;
        if let Err(Error::Unmanaged { .. }) = deleted {
            deleted = self.delete_by_uid(scope, &target.name, &target.uid).await;
        }
        match deleted {
            Ok(()) | Err(Error::NoToken(_) | Error::Terminating(_)) => {
                let successor = new.map_err(|cause| self.no_replacement(target, true, cause))?;
                Ok(Recreated {
                    successor,
                    predecessor: None,
                })
            }
            Err(error) => {
                // Nobody has seen the new value.
                if let Ok(new) = &new
                    && let Err(error) = self.delete_token(&new.token.token_ref(scope)).await
                {
                    tracing::warn!(
                        %scope, name = %new.token.name, %error,
                        "a successor that nobody needs could not be deleted"
                    );
                }
                Err(error)
            }
        }
    }

    /// Deletes a compromised token at the earliest 12 seconds after its suspension, when the API server must refuse it. Answers `true` if the
    /// API server was seen to refuse the value, which takes the right to read it. The deletion ends the value in any case.
    ///
    /// # Errors
    /// [`Error::NotCompromised`] if nobody reported the token, or somebody restored it; [`Error::ExternallyManaged`] if another tool may
    /// recreate it with the same value: the token then stays suspended.
    pub async fn finish_compromise(&self, target: &TokenRef) -> Result<bool, Error> {
        self.refuse_own_token(target)?;
        let TokenRef { scope, name, .. } = target;
        let location = self.location(scope, name);
        let fetched = self.fetch_verified(target).await?;
        require_compromised(&fetched.token.summary, &location)?;
        let since = fetched.token.summary.suspension.as_ref().map(|s| s.time);
        if let Some(refused_at) = since.and_then(|since| since.checked_add(REFUSED_AFTER).ok()) {
            let wait = time_until(refused_at, fetched.now).min(REFUSED_AFTER);
            sleep(Duration::try_from(wait).unwrap_or_default()).await;
        }
        let value = self.readable_value(target).await;
        let was_refused = self.accepts(value.as_ref()).await == Some(false);
        self.delete_if(target, OnContention::DeleteByUid, |token, context| {
            require_compromised(&token.summary, &context.location)
        })
        .await?;
        Ok(was_refused)
    }

    fn no_replacement(&self, target: &TokenRef, is_deleted: bool, cause: Error) -> Error {
        Error::NoReplacement {
            token: self.location(&target.scope, &target.name),
            is_deleted,
            cause: Box::new(cause),
        }
    }

    /// Carries a report out until the value has ended: until nobody could use it any more, whatever its holder does to the Secret meanwhile.
    /// `patience`: time from the report in which the person can take the last step on a page. `call_off`: asked before each step.
    ///
    /// Gives up after an hour: then a tool keeps remaking the Secret, or no successor could be created and the token stays suspended.
    pub async fn end_compromised(
        self,
        report: CompromiseReport,
        patience: Duration,
        call_off: impl Fn() -> CallOff,
    ) {
        let mut gone_since = None;
        let mut was_tampered = false;
        while report.began.elapsed() < LONGEST_WATCH {
            match call_off() {
                CallOff::Done => return,
                CallOff::Pending => {}
                CallOff::No => {
                    match self
                        .take_step(&report, patience, &mut gone_since, &mut was_tampered)
                        .await
                    {
                        Ok(true) => return,
                        Ok(false) => {}
                        Err(error) => tracing::warn!(
                            scope = %report.target.scope, name = %report.target.name, %error,
                            "a compromised token could not be checked or deleted; this is tried again"
                        ),
                    }
                }
            }
            let is_young = report.began.elapsed() < Duration::from_mins(1);
            sleep(if is_young { LOOK_AGAIN } else { LOOK_AGAIN * 5 }).await;
        }
        tracing::error!(
            scope = %report.target.scope, name = %report.target.name,
            "a compromised token has not ended within an hour: look at its Secret and at what remakes it"
        );
    }

    /// Looks, and takes one step. `true`: the value has ended.
    async fn take_step(
        &self,
        report: &CompromiseReport,
        patience: Duration,
        gone_since: &mut Option<Instant>,
        was_tampered: &mut bool,
    ) -> Result<bool, Error> {
        let TokenRef {
            scope, name, uid, ..
        } = &report.target;
        let found = self.find_secret(scope, name).await?;
        if found.as_ref().is_none_or(|found| found.is_terminating) {
            gone_since.get_or_insert_with(Instant::now);
        } else {
            *gone_since = None;
        }
        let gone_for = gone_since.map(|since| since.elapsed());
        // Each try of the value is a request, so it is tried only where the answer matters.
        let is_accepted = if gone_for.is_some_and(|time| time >= REFUSED_AFTER.unsigned_abs()) {
            self.accepts(report.value.as_deref()).await
        } else {
            None
        };
        let facts = ReportFacts {
            uid: uid.clone(),
            has_successor: report.has_successor.load(Ordering::SeqCst),
            is_remade_by_tool: report.old.external_manager.is_some(),
            age: report.began.elapsed(),
            patience,
            gone_for,
            is_accepted,
        };
        match next_step(&facts, found.as_ref()) {
            CompromiseStep::Wait => Ok(false),
            CompromiseStep::Ended => {
                tracing::info!(%scope, %name, refused = ?is_accepted.map(|is| !is), "a compromised token has ended");
                Ok(true)
            }
            CompromiseStep::Delete(found_uid) => {
                let is_as_reported =
                    found.is_some_and(|found| found.uid == *uid && found.is_as_reported);
                if !is_as_reported && !*was_tampered {
                    *was_tampered = true;
                    tracing::warn!(
                        %scope, %name, reporter = %report.reporter, uid = %found_uid.0, is_remade = found_uid != *uid,
                        "somebody changed or remade a compromised token after it was reported; it is deleted"
                    );
                }
                self.delete_found(report, &found_uid).await?;
                Ok(false)
            }
        }
    }

    /// Deletes what was found: as a token, with its Event, or else by its UID alone.
    async fn delete_found(&self, report: &CompromiseReport, uid: &Uid) -> Result<(), Error> {
        let TokenRef { scope, name, .. } = &report.target;
        if *uid == report.target.uid {
            let deleted = self
                .delete_if(&report.target, OnContention::DeleteByUid, |_, _| Ok(()))
                .await;
            match deleted {
                Err(Error::Unmanaged { .. } | Error::OtherRole(_)) => {}
                Err(Error::NoToken(_) | Error::Replaced(_) | Error::Terminating(_)) => {
                    return Ok(());
                }
                deleted => return deleted,
            }
        }
        self.delete_by_uid(scope, name, uid).await
    }

    /// The last step of a report that this program remembers: as [`Cluster::finish_compromise`], whatever the Secret says by now.
    /// `call_off`: asked after the wait, in which the reporter may restore the token.
    ///
    /// # Errors
    /// [`Error::NotCompromised`] if the report was called off; [`Error::ExternallyManaged`] if another tool would remake the token with the
    /// same value: it stays suspended.
    pub async fn finish_report(
        &self,
        report: &CompromiseReport,
        call_off: impl Fn() -> CallOff,
    ) -> Result<bool, Error> {
        let TokenRef { scope, name, .. } = &report.target;
        sleep_until(report.began + REFUSED_AFTER.unsigned_abs()).await;
        let was_refused = self.accepts(report.value.as_deref()).await == Some(false);
        while call_off() == CallOff::Pending {
            sleep(CALLING_OFF).await;
        }
        if call_off() == CallOff::Done {
            return match self.find_secret(scope, name).await? {
                Some(found) if found.uid == report.target.uid => {
                    Err(Error::NotCompromised(self.location(scope, name)))
                }
                // The report has done its work meanwhile.
                _ => Ok(was_refused),
            };
        }
        match self.find_secret(scope, name).await? {
            Some(found) => match &report.old.external_manager {
                Some(tool) if found.is_as_reported => Err(Error::ExternallyManaged {
                    token: self.location(scope, name),
                    tool: tool.clone(),
                }),
                _ => {
                    self.delete_found(report, &found.uid).await?;
                    Ok(was_refused)
                }
            },
            None => Ok(was_refused),
        }
    }

    /// The Secret of a name, of whatever type.
    async fn find_secret(
        &self,
        scope: &Scope,
        name: &TokenName,
    ) -> Result<Option<FoundSecret>, Error> {
        let Some(fetched) = self.fetch_any(scope, name).await? else {
            return Ok(None);
        };
        let TokenSummary {
            uid,
            state,
            is_compromised,
            replaced_by,
            is_terminating,
            ..
        } = fetched.token.summary;
        Ok(Some(FoundSecret {
            uid,
            is_as_reported: is_compromised && matches!(state, TokenState::Suspended { .. }),
            has_successor: replaced_by.is_some(),
            is_terminating,
        }))
    }

    /// Whether the API server accepts a value now; `None` if it can't be tried.
    async fn accepts(&self, value: Option<&Value>) -> Option<bool> {
        let holder = self.connector().with_bearer(value?).ok()?;
        match holder.review().await {
            Ok(_) => Some(true),
            Err(Error::Unauthenticated) => Some(false),
            Err(_) => None,
        }
    }

    /// The value that Kubernetes wrote for a token; `None` if the person may not read it, or the Secret holds something else.
    async fn readable_value(&self, target: &TokenRef) -> Option<Value> {
        let location = self.location(&target.scope, &target.name);
        let value = self.get_value(&location).await.ok()?;
        is_value_of(&value, &location, &target.role).then_some(value)
    }
}

/// Refuses a token that was not reported as compromised, or that was restored. Only [`Cluster::restore_token`] clears the mark; attackers
/// can remove labels.
fn require_compromised(token: &TokenSummary, location: &TokenLocation) -> Result<(), Error> {
    if !token.is_compromised {
        return Err(Error::NotCompromised(location.clone()));
    }
    // A value that the API server accepts again must go, even if another tool may recreate it.
    let is_suspended = matches!(token.state, TokenState::Suspended { .. });
    match &token.external_manager {
        Some(tool) if is_suspended => Err(Error::ExternallyManaged {
            token: location.clone(),
            tool: tool.clone(),
        }),
        _ => Ok(()),
    }
}
