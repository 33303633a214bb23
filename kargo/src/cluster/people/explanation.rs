//! Why a person has a role, or doesn't have it.

use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::{everybody::People, snapshot::Account};
use crate::{
    claims::{PersonClaims, Verdict, VoidClaims},
    cluster::connection::error::Error,
    identity::ServiceAccountRef,
    impersonation::{ImpersonationRoles, Parts},
};

/// Questions to the API server that an explanation asks at the same time.
const AT_ONCE: usize = 8;

/// How a person's claims fit one ServiceAccount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The ServiceAccount.
    pub account: ServiceAccountRef,
    /// The claim that matches, or why none does.
    pub verdict: Verdict,
    /// Where and why the JSON annotation is void. Its correction has other people's values: show it only to a viewer who may read the
    /// ServiceAccount.
    pub void: Option<VoidClaims>,
    /// Whether the program may act as the ServiceAccount; `None` if the claims don't match.
    pub is_impersonable: Option<bool>,
    /// Kubernetes objects that would allow it to, as YAML; `None` if nothing is missing.
    pub impersonation_roles: Option<String>,
}

impl Explanation {
    /// The same without the values that others have in a correction.
    #[must_use]
    pub fn without_corrections(mut self) -> Self {
        let void_of_verdict = match &mut self.verdict {
            Verdict::Void { void, .. } => Some(void),
            _ => None,
        };
        for void in void_of_verdict.into_iter().chain(&mut self.void) {
            void.corrected = None;
        }
        self
    }
}

impl People {
    /// How claims fit each ServiceAccount that could be a role, sorted by namespace and name: those of the namespaces that Kargo looks at, and
    /// those of other namespaces that have claims.
    ///
    /// # Errors
    /// [`Error::ProgramForbidden`] if the program may not list ServiceAccounts or namespaces.
    pub async fn explain(&self, claims: &PersonClaims) -> Result<Vec<Explanation>, Error> {
        let snapshot = self.snapshot().await?;
        let explanations: Vec<_> = snapshot
            .accounts
            .iter()
            .map(|account| account.explanation(snapshot.verdict(account, claims)))
            .collect();
        stream::iter(explanations)
            .map(|explanation| self.with_impersonation(explanation))
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Adds whether the program may act as the ServiceAccount, where its claims match.
    async fn with_impersonation(&self, mut explanation: Explanation) -> Result<Explanation, Error> {
        if explanation.verdict.is_match() {
            let is_impersonable = self.is_impersonable(&explanation.account).await?;
            explanation.is_impersonable = Some(is_impersonable);
            if !is_impersonable {
                let roles = self.impersonation_roles(&explanation.account).await?;
                explanation.impersonation_roles = Some(roles);
            }
        }
        Ok(explanation)
    }

    /// Kubernetes objects that allow the program to act as a ServiceAccount within its namespace, as YAML.
    async fn impersonation_roles(&self, account: &ServiceAccountRef) -> Result<String, Error> {
        let roles = ImpersonationRoles {
            program: self.program().whoami().await?.user,
            form: self.form().await?,
        };
        let parts = Parts {
            namespace: true,
            cluster: false,
        };
        Ok(roles.missing(account, Some(&account.namespace), parts))
    }
}

impl Account {
    fn explanation(&self, verdict: Verdict) -> Explanation {
        Explanation {
            account: self.account.clone(),
            verdict: verdict.shown(),
            void: self.accepted.void.clone().map(VoidClaims::shown),
            is_impersonable: None,
            impersonation_roles: None,
        }
    }
}
