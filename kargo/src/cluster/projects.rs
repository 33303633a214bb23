//! Kargo's projects: the namespaces that are labelled as such.

use kube::core::{Request, params::ListParams};
use serde::Deserialize;

use super::{
    Cluster,
    error::{Access, Error},
    request::List,
};
use crate::name::ProjectName;

#[derive(Deserialize)]
struct Namespace {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: ProjectName,
}

impl Cluster {
    /// All projects by name.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a project admin, say, who may not list namespaces.
    pub async fn list_projects(&self) -> Result<Vec<ProjectName>, Error> {
        let access = Access::to("list", "namespaces");
        let params = ListParams::default().labels("kargo.akuity.io/project=true");
        let request = Request::new("/api/v1/namespaces").list_metadata(&params);
        let list: List<Namespace> = self.read(&access, request).await?.parse(&access)?;
        let mut names: Vec<_> = list
            .items()
            .into_iter()
            .map(|namespace| namespace.metadata.name)
            .collect();
        names.sort();
        Ok(names)
    }
}
