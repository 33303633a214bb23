//! Kargo's projects: the namespaces with Kargo's project label.

use std::collections::BTreeMap;

use kube::core::{Request, params::GetParams};
use serde::Deserialize;

use super::{
    connection::{Cluster, access::Access, error::Error},
    inventory::kind::{Entry, Kind},
    paging::{Listing, Selector},
};
use crate::{
    name::{ProjectName, Uid},
    scope::Scope,
};

pub(super) const PROJECT: &str = "kargo.akuity.io/project";

#[derive(Deserialize)]
struct Namespace {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: ProjectName,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

/// The projects, in memory.
pub(super) struct Projects;

/// A namespace, as lists and watches send it.
#[derive(Deserialize)]
pub(super) struct ListedNamespace {
    metadata: ListedMetadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedMetadata {
    name: ProjectName,
    uid: Uid,
    resource_version: String,
}

impl Kind for Projects {
    type Object = ListedNamespace;
    type Record = ProjectName;

    fn listing(_: &str) -> Listing {
        Listing {
            access: Access::to("list", "namespaces"),
            request: Request::new("/api/v1/namespaces"),
            selector: Selector::Labels(format!("{PROJECT}=true")),
            is_metadata: true,
        }
    }

    fn entry(namespace: ListedNamespace) -> Entry<ProjectName> {
        let ListedMetadata {
            name,
            uid,
            resource_version,
        } = namespace.metadata;
        Entry {
            name: name.as_str().into(),
            uid,
            version: resource_version.into(),
            record: name,
        }
    }
}

impl Cluster {
    /// All projects, sorted by name.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to list namespaces, which project admins lack.
    pub async fn list_projects(&self) -> Result<Vec<ProjectName>, Error> {
        let listing = Projects::listing("");
        let list = self
            .read_every_page(&listing, |namespace: Namespace| namespace.metadata.name)
            .await?;
        let mut names = list.items;
        names.sort();
        Ok(names)
    }

    /// Refuses a namespace that is no project: its ServiceAccounts are no roles of Kargo, and a token for one of them could control the whole
    /// cluster. A person who may not read namespaces is not refused here: the API server decides about each request. The program reads the
    /// label as itself where it can: the label is no secret, and few roles may read namespaces.
    pub(in crate::cluster) async fn require_project(&self, scope: &Scope) -> Result<(), Error> {
        let Scope::Project(name) = scope else {
            return Ok(());
        };
        // A project of the system namespace's name must not bypass the rules for the system.
        if self.is_system(scope) {
            return Err(Error::NotAProject(name.clone()));
        }
        let access = Access::to("get", "namespaces").named(name.as_str());
        let request =
            Request::new("/api/v1/namespaces").get_metadata(name.as_str(), &GetParams::default());
        let namespace: Namespace = match self.program().read(&access, request).await {
            Ok(answer) => answer.parse(&access)?,
            Err(Error::Forbidden(_)) => return Ok(()),
            Err(Error::NotFound(_)) => return Err(Error::NotAProject(name.clone())),
            Err(error) => return Err(error),
        };
        if namespace.metadata.labels.get(PROJECT).map(String::as_str) == Some("true") {
            Ok(())
        } else {
            Err(Error::NotAProject(name.clone()))
        }
    }
}
