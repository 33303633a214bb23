//! One person who signed in with OIDC, and as which ServiceAccount each of their requests is sent.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{everybody::People, explanation::Explanation, snapshot::Snapshot, wish::Wish};
use crate::{
    claims::PersonClaims,
    cluster::connection::{Cluster, error::Error, kept::Family},
    identity::{PersonNote, ServiceAccountRef},
    name::ProjectName,
    permissions::Permissions,
    scope::Scope,
};

/// Most views of ServiceAccounts that are kept for one person.
const VIEWS: usize = 100;

/// A person and their claims. May do what any of the ServiceAccounts that accept the claims may do. Cheap to clone; keep one per session, and
/// ask it for a view at each request: roles and rights end while people are signed in.
#[derive(Clone)]
pub struct Person {
    people: People,
    claims: Arc<PersonClaims>,
    note: Arc<PersonNote>,
    /// The only ServiceAccount that the person wants to act as.
    only: Option<ServiceAccountRef>,
    /// Where it is noted as which ServiceAccount the person acted.
    acted_as: ActedAs,
    /// Views by ServiceAccount. A view remembers who it is, and keeps two requests of one reveal apart.
    views: Arc<Mutex<BTreeMap<ServiceAccountRef, Cluster>>>,
    /// The views show at once what the person writes with another of them.
    family: Family,
}

/// Notes as which ServiceAccount a person acted.
#[derive(Debug, Clone, Default)]
pub struct ActedAs(Arc<Mutex<Option<ServiceAccountRef>>>);

impl ActedAs {
    fn note(&self, account: &ServiceAccountRef) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(account.clone());
    }

    /// The last ServiceAccount that a view was given of; `None`: none yet.
    pub fn account(&self) -> Option<ServiceAccountRef> {
        let account = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        account.clone()
    }
}

impl People {
    /// A person. Sends nothing to the cluster.
    pub fn person(&self, claims: PersonClaims, note: PersonNote) -> Person {
        Person {
            people: self.clone(),
            claims: Arc::new(claims),
            note: Arc::new(note),
            only: None,
            acted_as: ActedAs::default(),
            views: Arc::default(),
            family: Family::default(),
        }
    }
}

impl Person {
    /// Issuer, subject and user name of the person.
    pub fn note(&self) -> &PersonNote {
        &self.note
    }

    /// Any of the views, if there is one yet: all of them know what the person wrote.
    pub(super) fn some_view(&self) -> Option<Cluster> {
        let views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        views.values().next().cloned()
    }

    /// The same person, acting as one ServiceAccount only, which is less than all that accept their claims. `None`: as all of them.
    #[must_use]
    pub fn acting_only_as(&self, account: Option<ServiceAccountRef>) -> Self {
        Self {
            only: account,
            ..self.clone()
        }
    }

    /// The same person, with a note of whom they act as from now on.
    #[must_use]
    pub fn noting(&self, acted_as: &ActedAs) -> Self {
        Self {
            acted_as: acted_as.clone(),
            ..self.clone()
        }
    }

    /// ServiceAccounts that the person can act as in a scope, in the order in which they are tried: the project's, Kargo's, the global ones.
    /// `None`: for objects of the whole cluster.
    ///
    /// # Errors
    /// [`Error::NoMatchingRole`] if there is none; [`Error::ActsElsewhere`] or [`Error::NotYourRole`] if the chosen one is none of them; [`Error::ProgramForbidden`].
    pub async fn accounts(&self, scope: Option<&Scope>) -> Result<Vec<ServiceAccountRef>, Error> {
        let snapshot = self.people.snapshot().await?;
        let all = snapshot.matching(&self.claims, scope);
        match &self.only {
            Some(only) if all.contains(only) => Ok(vec![only.clone()]),
            Some(only) if snapshot.all_matching(&self.claims).contains(only) => {
                Err(Error::ActsElsewhere(Box::new(only.clone())))
            }
            Some(only) => Err(Error::NotYourRole(Box::new(only.clone()))),
            None if all.is_empty() => Err(Error::NoMatchingRole(scope.cloned())),
            None => Ok(all),
        }
    }

    /// The view of the first ServiceAccount that may do what the person wants ([`Cluster::acting_as`] names it).
    ///
    /// # Errors
    /// [`Error::Forbidden`] if none of them may; [`Error::NotImpersonated`] if the program may not act as one of them, and none of the others
    /// may; those of [`Person::accounts`].
    pub async fn cluster_for(&self, wish: &Wish) -> Result<Cluster, Error> {
        self.cluster_for_all(std::slice::from_ref(wish)).await
    }

    /// The view of the first ServiceAccount that may do all of what the person wants: what takes several requests of one view.
    ///
    /// # Errors
    /// Those of [`Person::cluster_for`]. Without a wish, the first ServiceAccount for objects of the whole cluster is taken.
    pub async fn cluster_for_all(&self, wishes: &[Wish]) -> Result<Cluster, Error> {
        let scope = wishes.first().and_then(Wish::scope);
        let (mut not_impersonated, mut forbidden) = (None, None);
        let mut accounts = self.accounts(scope).await?;
        for other in wishes.iter().map(Wish::scope).filter(|of| *of != scope) {
            let others = self.accounts(other).await?;
            accounts.retain(|account| others.contains(account));
        }
        for account in accounts {
            let view = self.view(&account).await?;
            match self.refused(&view, &account, wishes).await {
                Ok(None) => {
                    self.acted_as.note(&account);
                    return Ok(view);
                }
                Ok(Some(wish)) => forbidden = forbidden.or(Some(wish)),
                // Another ServiceAccount may help.
                Err(error @ Error::NotImpersonated(_)) => {
                    not_impersonated = not_impersonated.or(Some(error));
                }
                Err(error) => return Err(error),
            }
        }
        Err(match (not_impersonated, forbidden) {
            (Some(error), _) => error,
            (None, Some(wish)) => Error::Forbidden(wish.access(self.namespace(wish))),
            (None, None) => Error::NoMatchingRole(scope.cloned()),
        })
    }

    /// The view to read a scope's pages with: of the first ServiceAccount that may list its tokens; of the first that may list its roles if none
    /// may; else of the first of all. What that one may not read, the page leaves out.
    ///
    /// # Errors
    /// Those of [`Person::cluster_for`], except for [`Error::Forbidden`].
    pub async fn cluster_to_read(&self, scope: &Scope) -> Result<Cluster, Error> {
        for resource in ["secrets", "serviceaccounts"] {
            match self.cluster_for(&Wish::new("list", resource, scope)).await {
                Err(Error::Forbidden(_)) => {}
                result => return result,
            }
        }
        match self.accounts(Some(scope)).await?.first() {
            Some(account) => self.view(account).await,
            None => Err(Error::NoMatchingRole(Some(scope.clone()))),
        }
    }

    /// Projects that the person may see, sorted: all of them if a ServiceAccount that isn't a project's may list them, else those with a
    /// ServiceAccount that accepts their claims.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn projects(&self) -> Result<Vec<ProjectName>, Error> {
        match self
            .cluster_for(&Wish::in_cluster("list", "namespaces"))
            .await
        {
            Ok(view) => match view.known_projects().await {
                Err(error) if error.is_forbidden() => {}
                result => return result,
            },
            Err(Error::NoMatchingRole(_) | Error::NotYourRole(_) | Error::ActsElsewhere(_)) => {}
            Err(error) if error.is_forbidden() => {}
            Err(error) => return Err(error),
        }
        let snapshot = self.people.snapshot().await?;
        let mut projects = snapshot.matching_projects(&self.claims);
        if let Some(only) = &self.only {
            projects.retain(|project| *project == only.namespace);
        }
        Ok(projects.into_iter().collect())
    }

    /// What the person may do in a scope: what any of the ServiceAccounts may do that accept their claims.
    ///
    /// # Errors
    /// [`Error::NotImpersonated`] if the program may act as none of them; those of [`Person::accounts`].
    pub async fn permissions(&self, scope: &Scope) -> Result<Permissions, Error> {
        let (mut permissions, mut not_impersonated) = (None::<Permissions>, None);
        for account in self.accounts(Some(scope)).await? {
            let view = self.view(&account).await?;
            match self.people.permissions(&view, &account, scope).await {
                Ok(more) => permissions = Some(permissions.map_or(more, |known| known.or(more))),
                Err(error @ Error::NotImpersonated(_)) => {
                    not_impersonated = not_impersonated.or(Some(error));
                }
                Err(error) => return Err(error),
            }
        }
        permissions.ok_or_else(|| {
            not_impersonated.unwrap_or_else(|| Error::NoMatchingRole(Some(scope.clone())))
        })
    }

    /// The program's own view.
    pub fn program(&self) -> &Cluster {
        self.people.program()
    }

    /// The only ServiceAccount that the person wants to act as.
    pub fn only(&self) -> Option<&ServiceAccountRef> {
        self.only.as_ref()
    }

    /// The person's claims.
    pub fn claims(&self) -> &PersonClaims {
        &self.claims
    }

    /// All ServiceAccounts that accept the person's claims, sorted by namespace and name.
    ///
    /// # Errors
    /// [`Error::ProgramForbidden`] if the program may not list ServiceAccounts.
    pub async fn all_accounts(&self) -> Result<Vec<ServiceAccountRef>, Error> {
        let snapshot = self.people.snapshot().await?;
        Ok(snapshot.all_matching(&self.claims))
    }

    /// The ServiceAccounts as read for everybody, whatever the person may read.
    pub(super) async fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        self.people.snapshot().await
    }

    /// How the person's claims fit each ServiceAccount.
    ///
    /// # Errors
    /// Those of [`People::explain`].
    pub async fn explain(&self) -> Result<Vec<Explanation>, Error> {
        self.people.explain(&self.claims).await
    }

    /// The first wish that a ServiceAccount may not do.
    async fn refused<'a>(
        &self,
        view: &Cluster,
        account: &ServiceAccountRef,
        wishes: &'a [Wish],
    ) -> Result<Option<&'a Wish>, Error> {
        for wish in wishes {
            if !self.people.may(view, account, wish).await? {
                return Ok(Some(wish));
            }
        }
        Ok(None)
    }

    fn namespace<'a>(&'a self, wish: &'a Wish) -> Option<&'a str> {
        wish.scope()
            .map(|scope| self.people.program().namespace(scope))
    }

    /// The view of a ServiceAccount.
    async fn view(&self, account: &ServiceAccountRef) -> Result<Cluster, Error> {
        let views = || self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = views().get(account) {
            return Ok(view.clone());
        }
        let form = self.people.form().await?;
        // The program's name is a part of the Roles that a refusal shows.
        self.people.program().whoami().await?;
        let view = self
            .people
            .program()
            .impersonating(account, &self.note, form)?
            .in_family(&self.family);
        let mut views = views();
        if views.len() >= VIEWS {
            views.clear();
        }
        Ok(views.entry(account.clone()).or_insert(view).clone())
    }
}
