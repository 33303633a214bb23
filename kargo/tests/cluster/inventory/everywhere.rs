//! Tokens of many scopes at once.

use kargo::{
    cluster::{Cluster, Error, KnownScope, Viewer},
    scope::Scope,
};

use super::{
    super::support::{control_plane::until, project::in_a_project},
    SOON,
};

/// One more than the scopes that a page follows.
const ONE_MORE: usize = 21;

/// What is known of a scope that is followed, and of the same one among those that are not.
async fn first_and_last(cluster: &Cluster, scope: &Scope) -> [KnownScope; 2] {
    let viewer = Viewer::Identity(cluster.clone());
    let known = viewer.known_scopes(vec![scope.clone(); ONE_MORE]).await;
    let mut known = known.into_iter().map(|(_, known)| known.expect("a scope"));
    [
        known.next().expect("a scope"),
        known.last().expect("a scope"),
    ]
}

fn names(known: &KnownScope) -> Vec<&str> {
    let tokens = known.tokens.tokens.iter();
    tokens.map(|token| token.name.as_str()).collect()
}

#[tokio::test]
async fn scopes_that_are_not_followed_show_the_same_and_the_persons_own_changes_at_once() {
    in_a_project(async |project| {
        project.add_kargo_token("of-kargo").await;
        let cluster = &project.cluster;
        // Kubernetes makes a ServiceAccount of its own in each namespace.
        until(SOON, "both know the same", async || {
            let [first, last] = first_and_last(cluster, &project.scope).await;
            assert!(first.followed.is_some() && last.followed.is_none());
            assert_eq!(first.tokens.tokens, last.tokens.tokens);
            let names = |known: KnownScope| known.tokens.roles.map(|roles| roles.names());
            names(first) == names(last)
        })
        .await;

        let created = project.create("own").await;
        let [_, last] = first_and_last(cluster, &project.scope).await;
        assert_eq!(names(&last), ["of-kargo", "own"]);
        cluster
            .delete_token(&project.token_ref(&created))
            .await
            .expect("a deletion");
        let [_, last] = first_and_last(cluster, &project.scope).await;
        assert_eq!(names(&last), ["of-kargo"]);
    })
    .await;
}

#[tokio::test]
async fn a_namespace_that_is_no_project_shows_nothing() {
    in_a_project(async |project| {
        let scopes = ["projects/kube-system", "projects/no-such-namespace"]
            .map(|scope| scope.parse().expect("a scope"));
        let viewer = Viewer::Identity(project.cluster.clone());
        for (scope, known) in viewer.known_scopes(scopes.to_vec()).await {
            let error = known.err();
            assert!(matches!(error, Some(Error::NotAProject(_))), "{scope}");
        }
    })
    .await;
}
