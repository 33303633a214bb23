//! What every page shows around its main part: places, the cluster, the person.

use kargo::{cluster::Viewer, name::ProjectName, scope::Scope};

use crate::{
    error::ApiError,
    policy::TokenPolicy,
    session::{Addresses, Session},
};

/// The frame of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The scope that the page belongs to; `None` on a page of no scope.
    pub scope: Option<Scope>,
    /// Who is signed in.
    pub session: Result<Session, ApiError>,
    /// The projects that the person may see, or why they can't be listed.
    pub projects: Result<Vec<ProjectName>, ApiError>,
    /// The namespace of the system's tokens.
    pub system_namespace: String,
}

/// Reads the frame of the page at a path.
pub async fn read_frame(
    viewer: Viewer,
    path: &str,
    addresses: Addresses,
    policy: TokenPolicy,
) -> Frame {
    let scope = scope_of(path);
    let (session, projects) = futures::join!(
        Session::read(
            &viewer,
            scope.as_ref().unwrap_or(&Scope::System),
            addresses,
            policy
        ),
        viewer.list_projects()
    );
    Frame {
        scope,
        session,
        projects: projects.map_err(ApiError::from),
        system_namespace: viewer.base().namespace(&Scope::System).to_owned(),
    }
}

/// The scope of a path: `/system…` or `/projects/NAME…`.
fn scope_of(path: &str) -> Option<Scope> {
    let mut parts = path.trim_start_matches('/').split('/');
    match (parts.next(), parts.next()) {
        (Some("system"), _) => Some(Scope::System),
        (Some("projects"), Some(name)) => Some(Scope::Project(name.parse().ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_its_scope() {
        for (path, scope) in [
            ("/system", Some("system")),
            ("/system/tokens/ci", Some("system")),
            ("/projects/demo", Some("projects/demo")),
            ("/projects/demo/tokens/ci", Some("projects/demo")),
            ("/projects/A_b", None),
            ("/sign-in", None),
            ("/", None),
        ] {
            let found = scope_of(path).map(|scope| scope.to_string());
            assert_eq!(found.as_deref(), scope, "{path}");
        }
    }
}
