//! What is remembered for everybody who signs in with OIDC.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::{sync::Mutex, time::timeout};

use super::{snapshot::Snapshot, wish::Wish};
use crate::{
    claims::PersonClaims,
    cluster::{
        answers::Answers,
        connection::{Cluster, access::Access, error::Error},
    },
    identity::ServiceAccountRef,
    impersonation::ImpersonationForm,
    name::ProjectName,
    permissions::Permissions,
    scope::Scope,
};

/// Age up to which what was read is used: the ServiceAccounts, and whether one may do something. A role that is deleted, or that doesn't accept
/// a person's claims any more, ends for them within this time.
const FRESH_FOR: Duration = Duration::from_mins(1);
/// Time that somebody waits for another one who reads the ServiceAccounts.
const TURN: Duration = Duration::from_secs(10);
/// Most answers about rights that are remembered.
const ANSWERS: usize = 10_000;

/// Everybody who signs in with OIDC. Cheap to clone; clones share what is remembered.
#[derive(Clone)]
pub struct People(Arc<Shared>);

struct Shared {
    program: Cluster,
    global: Vec<ProjectName>,
    form: Option<ImpersonationForm>,
    fresh_for: Duration,
    /// Held while the ServiceAccounts are read: people who ask at the same time share one answer.
    snapshot: Mutex<Option<Arc<Snapshot>>>,
    /// Whether a ServiceAccount may do something.
    answers: Answers<(ServiceAccountRef, Wish), bool>,
    /// What a ServiceAccount may do with the tokens of a scope.
    permissions: Answers<(ServiceAccountRef, Scope), Permissions>,
}

impl People {
    /// `program`: the program's own view. `global`: the namespaces of Kargo's `globalServiceAccounts`, in its order. `form`: how the program may
    /// act as ServiceAccounts; `None`: by the API server's version.
    pub fn new(
        program: Cluster,
        global: Vec<ProjectName>,
        form: Option<ImpersonationForm>,
    ) -> Self {
        Self::with_freshness(program, global, form, FRESH_FOR)
    }

    /// The same with another age up to which what was read is used (60 seconds by default).
    pub fn with_freshness(
        program: Cluster,
        global: Vec<ProjectName>,
        form: Option<ImpersonationForm>,
        fresh_for: Duration,
    ) -> Self {
        Self(Arc::new(Shared {
            program,
            global,
            form,
            fresh_for,
            snapshot: Mutex::default(),
            answers: Answers::new(fresh_for, ANSWERS),
            permissions: Answers::new(fresh_for, ANSWERS),
        }))
    }

    /// `true` if the program may act as a ServiceAccount.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn is_impersonable(&self, account: &ServiceAccountRef) -> Result<bool, Error> {
        let ServiceAccountRef { namespace, name } = account;
        let may = async |group: &str, verb: &str| {
            let attributes = json!({
                "group": group, "resource": "serviceaccounts", "namespace": namespace, "name": name, "verb": verb,
            });
            self.program().access_review(&attributes).await
        };
        let is_constrained = self.form().await? == ImpersonationForm::Constrained;
        Ok(
            (is_constrained && may("authentication.k8s.io", "impersonate:serviceaccount").await?)
                || may("", "impersonate").await?,
        )
    }

    /// How the program acts as ServiceAccounts.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn form(&self) -> Result<ImpersonationForm, Error> {
        if let Some(form) = self.0.form {
            return Ok(form);
        }
        Ok(self.program().version().await?.impersonation_form())
    }

    /// The program's own view.
    pub fn program(&self) -> &Cluster {
        &self.0.program
    }

    /// The claims of a person that some ServiceAccount accepts now, with the accepted values only.
    ///
    /// # Errors
    /// [`Error::ProgramForbidden`] if the program may not list ServiceAccounts.
    pub async fn accepted_of(&self, claims: &PersonClaims) -> Result<PersonClaims, Error> {
        Ok(self.snapshot().await?.accepted_of(claims))
    }

    /// The ServiceAccounts, read again if they were read too long ago.
    pub(super) async fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        // Where the cluster doesn't answer, those who wait must not try one after another without end.
        let turn = timeout(TURN, self.0.snapshot.lock()).await;
        let mut remembered =
            turn.map_err(|_| Error::Timeout(Access::to("list", "serviceaccounts")))?;
        if let Some(snapshot) = &*remembered
            && snapshot.age() < self.0.fresh_for
        {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = Snapshot::read(self.program(), &self.0.global).await;
        let snapshot = snapshot.map_err(|error| match error {
            Error::Forbidden(access) => Error::ProgramForbidden(access),
            error => error,
        })?;
        Ok(Arc::clone(remembered.insert(Arc::new(snapshot))))
    }

    /// `true` if the API server would allow a wish to a ServiceAccount. `view`: that of the ServiceAccount.
    pub(super) async fn may(
        &self,
        view: &Cluster,
        account: &ServiceAccountRef,
        wish: &Wish,
    ) -> Result<bool, Error> {
        let namespace = wish.scope().map(|scope| self.program().namespace(scope));
        let ask = async { view.access_review(&wish.attributes(namespace)).await };
        let question = (account.clone(), wish.clone());
        self.0.answers.get(&question, ask).await
    }

    /// What the API server would allow to a ServiceAccount in a scope. `view`: that of the ServiceAccount.
    pub(super) async fn permissions(
        &self,
        view: &Cluster,
        account: &ServiceAccountRef,
        scope: &Scope,
    ) -> Result<Permissions, Error> {
        let question = (account.clone(), scope.clone());
        let ask = async { view.permissions(scope).await };
        self.0.permissions.get(&question, ask).await
    }
}
