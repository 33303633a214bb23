//! Who asks: one Kubernetes identity, or a person who signed in with OIDC and acts as the ServiceAccounts that accept their claims.

use super::{
    person::{ActedAs, Person},
    wish::Wish,
};
use crate::{
    cluster::{
        connection::{Cluster, Connector, error::Error},
        inventory::LastWritten,
    },
    identity::{Identity, ServiceAccountRef},
    name::ProjectName,
    permissions::Permissions,
    scope::Scope,
};

/// A signed-in person. Gives the view of the cluster that each request is sent with. Cheap to clone.
#[derive(Clone)]
pub enum Viewer {
    /// One identity, for everything.
    Identity(Cluster),
    /// A person who acts as ServiceAccounts.
    Person(Person),
}

impl From<Cluster> for Viewer {
    fn from(cluster: Cluster) -> Self {
        Self::Identity(cluster)
    }
}

impl Viewer {
    /// The view to read a scope's pages with.
    ///
    /// # Errors
    /// Those of [`Person::cluster_to_read`]; none for an identity.
    pub async fn to_read(&self, scope: &Scope) -> Result<Cluster, Error> {
        match self {
            Self::Identity(cluster) => Ok(cluster.clone()),
            Self::Person(person) => person.cluster_to_read(scope).await,
        }
    }

    /// The person's last write since the last call.
    pub fn take_last_written(&self) -> Option<LastWritten> {
        match self {
            Self::Identity(cluster) => cluster.take_last_written(),
            Self::Person(person) => person.some_view()?.take_last_written(),
        }
    }

    /// Waits until memory shows a write, which may have been another replica's, two seconds at most. Returns whether it does, or can't be told.
    pub async fn until_shown(&self, last: &LastWritten) -> bool {
        let namespace = last.namespace();
        let scope = if namespace.as_str() == self.base().namespace(&Scope::System) {
            Scope::System
        } else {
            Scope::Project(namespace.clone())
        };
        match self.to_read(&scope).await {
            Ok(cluster) => cluster.until_shown(&scope, last).await,
            Err(_) => true,
        }
    }

    /// The view for an act that sends requests with these verbs on a scope's Secrets: a verb of another resource is written
    /// `create serviceaccounts/token`.
    ///
    /// # Errors
    /// Those of [`Person::cluster_for`]; none for an identity, whose requests the API server judges.
    pub async fn to(&self, scope: &Scope, verbs: &[&'static str]) -> Result<Cluster, Error> {
        match self {
            Self::Identity(cluster) => Ok(cluster.clone()),
            Self::Person(person) => {
                let wishes: Vec<Wish> = verbs
                    .iter()
                    .map(|verb| match verb.split_once(' ') {
                        Some((verb, resource)) => Wish::new(verb, resource, scope),
                        None => Wish::new(verb, "secrets", scope),
                    })
                    .collect();
                person.cluster_for_all(&wishes).await
            }
        }
    }

    /// The same where some verbs matter less: the view for all of them if there is one, else the view for the first `needed`.
    ///
    /// # Errors
    /// Those of [`Viewer::to`] for the first `needed` verbs.
    pub async fn to_at_least(
        &self,
        scope: &Scope,
        verbs: &[&'static str],
        needed: usize,
    ) -> Result<Cluster, Error> {
        match self.to(scope, verbs).await {
            Err(error) if error.is_forbidden() => self.to(scope, &verbs[..needed]).await,
            result => result,
        }
    }

    /// What the person may do in a scope: as any of the ServiceAccounts. Up to a minute old.
    ///
    /// # Errors
    /// Those of [`Cluster::permissions`] and of [`Person::permissions`].
    pub async fn permissions(&self, scope: &Scope) -> Result<Permissions, Error> {
        match self {
            Self::Identity(cluster) => cluster.known_permissions(scope).await,
            Self::Person(person) => person.permissions(scope).await,
        }
    }

    /// The projects that the person may see, sorted. From memory.
    ///
    /// # Errors
    /// Those of [`Cluster::list_projects`] and of [`Person::projects`].
    pub async fn list_projects(&self) -> Result<Vec<ProjectName>, Error> {
        match self {
            Self::Identity(cluster) => cluster.known_projects().await,
            Self::Person(person) => person.projects().await,
        }
    }

    /// The scope whose page opens first: the system, or a project where the person acts as nobody in the system. The owner of a project's own
    /// token gets that project. What can't be found out leads to the system.
    pub async fn home(&self) -> Scope {
        let project = match self {
            Self::Identity(cluster) => project_of(cluster).await,
            Self::Person(person) => match person.accounts(Some(&Scope::System)).await {
                Err(Error::NoMatchingRole(_) | Error::NotYourRole(_) | Error::ActsElsewhere(_)) => {
                    let projects = person.projects().await.unwrap_or_default();
                    projects.into_iter().next()
                }
                _ => None,
            },
        };
        project.map_or(Scope::System, Scope::Project)
    }

    /// Who the API server takes the person for in a scope; the person's own user name where they act as no
    /// ServiceAccount.
    ///
    /// # Errors
    /// Those of [`Cluster::whoami`].
    pub async fn identity(&self, scope: &Scope) -> Result<Identity, Error> {
        match self.to_read(scope).await {
            Ok(cluster) => cluster.whoami().await,
            Err(
                Error::NoMatchingRole(_)
                | Error::NotYourRole(_)
                | Error::ActsElsewhere(_)
                | Error::NotImpersonated(_),
            ) => Ok(Identity {
                user: self
                    .person()
                    .map_or_else(String::new, |person| person.note().user.clone()),
                groups: vec![],
            }),
            Err(error) => Err(error),
        }
    }

    /// The person who acts as ServiceAccounts; `None` for one identity.
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::Identity(_) => None,
            Self::Person(person) => Some(person),
        }
    }

    /// The same person, with a note of whom they act as from now on. An identity is only itself.
    #[must_use]
    pub fn noting(&self, acted_as: &ActedAs) -> Self {
        match self {
            Self::Identity(cluster) => Self::Identity(cluster.clone()),
            Self::Person(person) => Self::Person(person.noting(acted_as)),
        }
    }

    /// Kubernetes user name of an identity, as the API server last told it. Sends nothing.
    pub fn known_user(&self) -> Option<String> {
        match self {
            Self::Identity(cluster) => cluster.known_user(),
            Self::Person(_) => None,
        }
    }

    /// The view that answers for the cluster itself, such as its address. Sends no request for the person.
    pub fn base(&self) -> &Cluster {
        match self {
            Self::Identity(cluster) => cluster,
            Self::Person(person) => person.program(),
        }
    }

    /// The connector, for another identity on the same cluster.
    pub fn connector(&self) -> &Connector {
        self.base().connector()
    }
}

/// The project of an identity that is one of its ServiceAccounts.
async fn project_of(cluster: &Cluster) -> Option<ProjectName> {
    let user = cluster.whoami().await.ok()?.user;
    let project = ServiceAccountRef::of_user(&user)?.namespace;
    let scope = Scope::Project(project.clone());
    cluster.require_project(&scope).await.ok().map(|()| project)
}
