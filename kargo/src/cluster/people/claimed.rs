//! The ServiceAccounts that a person may list, with the claims that they accept: what a comparison with pasted claims needs.

use std::{collections::BTreeSet, time::Instant};

use futures::{StreamExt, TryStreamExt, stream};

use super::{person::Person, snapshot::Snapshot, viewer::Viewer, wish::Wish};
use crate::{
    claims::{ClaimedAccounts, LookedAt},
    cluster::connection::{Cluster, error::Error},
    name::ProjectName,
    scope::Scope,
};

/// Requests that are sent at the same time.
const AT_ONCE: usize = 8;

impl Viewer {
    /// The ServiceAccounts that the person may list, by their own rights: those of all namespaces, or else those of Kargo's namespace, of the
    /// projects that they see and of `global`, the further namespaces that Kargo's sign-in is configured with. `also`: a scope that is tried
    /// although the person may not list projects.
    ///
    /// # Errors
    /// Those of any request. To be allowed less is no error: the answer says what is missing.
    pub async fn claimed_accounts(
        &self,
        global: &[ProjectName],
        also: Option<&Scope>,
    ) -> Result<ClaimedAccounts, Error> {
        match self {
            Self::Identity(cluster) => Box::pin(of_identity(cluster, global, also)).await,
            Self::Person(person) => Box::pin(of_person(person, also)).await,
        }
    }
}

/// One identity lists under its own rights.
async fn of_identity(
    cluster: &Cluster,
    global: &[ProjectName],
    also: Option<&Scope>,
) -> Result<ClaimedAccounts, Error> {
    let time = Instant::now();
    let (projects, all) =
        futures::join!(cluster.list_projects(), cluster.all_service_accounts(None));
    let (projects, unknown_projects) = match projects {
        Ok(projects) => (projects, None),
        Err(error) if error.is_forbidden() => {
            (project(also).into_iter().collect(), Some(error.problem()))
        }
        Err(error) => return Err(error),
    };
    let mut looked_at = LookedAt {
        system: cluster.connector().system().clone(),
        global: global.to_vec(),
        projects: projects.into_iter().collect(),
    };
    let mut hidden = BTreeSet::new();
    let accounts = match all {
        Ok(accounts) => {
            // Which of the namespaces are projects can't be told then.
            if unknown_projects.is_some() {
                let namespaces = accounts.iter().map(|account| &account.account.namespace);
                looked_at.projects.extend(namespaces.cloned());
            }
            accounts
        }
        Err(error) if error.is_forbidden() => {
            let lists: Vec<_> = stream::iter(namespaces(&looked_at))
                .map(
                    async |namespace| match cluster.all_service_accounts(Some(&namespace)).await {
                        Err(error) if error.is_forbidden() => Ok(Err(namespace)),
                        answer => answer.map(Ok),
                    },
                )
                .buffered(AT_ONCE)
                .try_collect()
                .await?;
            let mut accounts = Vec::new();
            for list in lists {
                match list {
                    Ok(list) => accounts.extend(list),
                    Err(namespace) => _ = hidden.insert(namespace),
                }
            }
            accounts
        }
        Err(error) => return Err(error),
    };
    Ok(ClaimedAccounts {
        accounts: Snapshot::of(time, looked_at, accounts).claimed(|_| true),
        hidden: hidden.into_iter().collect(),
        unknown_projects,
    })
}

/// A person who acts as ServiceAccounts: what was read for everybody, as far as the API server allows one of theirs to list it.
async fn of_person(person: &Person, also: Option<&Scope>) -> Result<ClaimedAccounts, Error> {
    let snapshot = person.snapshot().await?;
    if may(person, &Wish::in_cluster("list", "serviceaccounts")).await? {
        return Ok(ClaimedAccounts {
            accounts: snapshot.claimed(|_| true),
            ..ClaimedAccounts::default()
        });
    }
    let mut looked_at = LookedAt {
        projects: person.projects().await?.into_iter().collect(),
        ..snapshot.looked_at.clone()
    };
    // Also where it is no project: the answer must not tell which projects exist.
    looked_at.projects.extend(project(also));
    let system = &snapshot.looked_at.system;
    let answers: Vec<_> = stream::iter(namespaces(&looked_at))
        .map(|namespace| async move {
            let scope = if namespace == *system {
                Scope::System
            } else {
                Scope::Project(namespace.clone())
            };
            let wish = Wish::new("list", "serviceaccounts", &scope);
            Ok::<_, Error>((namespace, may(person, &wish).await?))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let (listed, hidden): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, may)| *may);
    let names = |answers: Vec<(ProjectName, bool)>| {
        let names = answers.into_iter().map(|(namespace, _)| namespace);
        names.collect::<BTreeSet<_>>()
    };
    let listed = names(listed);
    Ok(ClaimedAccounts {
        accounts: snapshot.claimed(|namespace| listed.contains(namespace)),
        hidden: names(hidden).into_iter().collect(),
        unknown_projects: None,
    })
}

/// `true` if one of the person's ServiceAccounts may do it.
async fn may(person: &Person, wish: &Wish) -> Result<bool, Error> {
    match person.cluster_for(wish).await {
        Ok(_) => Ok(true),
        Err(
            Error::NoMatchingRole(_)
            | Error::NotYourRole(_)
            | Error::ActsElsewhere(_)
            | Error::NotImpersonated(_),
        ) => Ok(false),
        Err(error) if error.is_forbidden() => Ok(false),
        Err(error) => Err(error),
    }
}

fn project(scope: Option<&Scope>) -> Option<ProjectName> {
    match scope {
        Some(Scope::Project(name)) => Some(name.clone()),
        Some(Scope::System) | None => None,
    }
}

/// All namespaces that are looked at, each once.
fn namespaces(looked_at: &LookedAt) -> BTreeSet<ProjectName> {
    let LookedAt {
        system,
        global,
        projects,
    } = looked_at;
    [system]
        .into_iter()
        .chain(global)
        .chain(projects)
        .cloned()
        .collect()
}
