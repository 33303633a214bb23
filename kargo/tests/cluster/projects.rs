//! Listing the projects of a cluster.

use super::support::{control_plane::user, project::in_a_project};

#[tokio::test]
async fn projects_are_the_labelled_namespaces_by_name() {
    in_a_project(async |project| {
        let projects = project.cluster.list_projects().await.expect("projects");
        let names: Vec<_> = projects
            .iter()
            .map(kargo::name::ProjectName::as_str)
            .collect();
        assert!(
            names.contains(&project.namespace.as_str()) && names.contains(&"kargo-demo"),
            "{names:?}"
        );
        assert!(
            !names.contains(&"kargo") && !names.contains(&"default"),
            "{names:?}"
        );
        assert!(names.is_sorted(), "{names:?}");
    })
    .await;
}

#[tokio::test]
async fn a_project_admin_may_not_list_projects() {
    let error = user("project-admin")
        .await
        .list_projects()
        .await
        .expect_err("forbidden");
    assert_eq!(error.to_string(), "You may not list namespaces.");
}
