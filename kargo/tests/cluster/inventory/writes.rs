//! A person sees their own writes at once.

use kargo::{
    cluster::{Cluster, Viewer},
    text::Text,
    token::Notes,
    token::TokenState,
};
use serde_json::json;

use super::{
    super::support::{
        deletions::HOUR,
        people::people,
        project::{in_a_project, parse},
    },
    names, until_names,
};

#[tokio::test]
async fn each_write_stands_in_memory_at_once() {
    in_a_project(async |project| {
        let (cluster, scope) = (&project.cluster, &project.scope);
        assert!(names(cluster, scope).await.is_empty());
        // Writes and looks in turns, faster than any watch could tell.
        for n in 0..20 {
            let name = format!("ci-{n}");
            let made = project.create_unpopulated(&name).await;
            assert_eq!(names(cluster, scope).await, [name.as_str()], "created");
            let target = project.token_ref(&made);
            let begun = cluster.begin_deletion(&target, HOUR).await.expect("begun");
            let known = cluster.inventory(scope).await.expect("an inventory");
            let shown = known.token(&made.name).expect("it is there");
            assert_eq!(shown, &begun.token);
            assert!(matches!(shown.state, TokenState::Deleting { .. }));
            cluster.delete_token(&target).await.expect("deleted");
            assert!(names(cluster, scope).await.is_empty(), "deleted");
        }
        until_names(cluster, scope, &[]).await;
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_made_again_under_its_name_is_shown() {
    in_a_project(async |project| {
        let (cluster, scope) = (&project.cluster, &project.scope);
        let first = project.create("ci").await;
        until_names(cluster, scope, &["ci"]).await;
        project.remove(&first).await;
        let second = project.add_kargo_token("ci").await;
        super::super::support::control_plane::until(
            super::SOON,
            "the new one is shown",
            async || {
                let known = cluster.inventory(scope).await.expect("an inventory");
                known
                    .token(&parse("ci"))
                    .is_some_and(|token| token.uid == second.uid)
            },
        )
        .await;
        let note: Text = "mine".to_owned().try_into().expect("a text");
        let suspended = cluster
            .suspend_token(&project.token_ref(&second), &note)
            .await;
        let suspended = suspended.expect("suspended").token;
        let known = cluster.inventory(scope).await.expect("an inventory");
        assert_eq!(known.token(&parse("ci")), Some(&suspended));
    })
    .await;
}

#[tokio::test]
async fn a_person_who_writes_as_another_role_sees_it_at_once() {
    in_a_project(async |project| {
        let rule =
            |resource, verbs| json!({ "apiGroups": [""], "resources": [resource], "verbs": verbs });
        let roles = [
            (
                "a-reader",
                json!([rule("secrets", json!(["list", "watch"]))]),
            ),
            (
                "b-writer",
                json!([
                    rule("secrets", json!(["create", "get"])),
                    rule("serviceaccounts", json!(["get"])),
                ]),
            ),
        ];
        for (name, rules) in roles {
            project.add_role_for_group(name).await;
            project.add_role(name, rules).await;
            let bound = format!("Role/{name}");
            project
                .bind(name, &bound, project.service_account(name))
                .await;
        }
        let viewer = Viewer::Person(project.person(&people(&project.cluster)));
        let acted = |cluster: &Cluster| cluster.acting_as().map(|account| account.name.to_string());
        let reading = viewer.to_read(&project.scope).await.expect("a view");
        assert_eq!(acted(&reading).as_deref(), Some("a-reader"));
        let writing = viewer
            .to(&project.scope, &["create"])
            .await
            .expect("a view");
        assert_eq!(acted(&writing).as_deref(), Some("b-writer"));
        let mut made = Vec::new();
        for n in 0..10 {
            assert_eq!(names(&reading, &project.scope).await, made);
            let name = format!("ci-{n}");
            let name_of_token = parse(&name);
            writing
                .create_token(
                    &project.scope,
                    &project.role,
                    &name_of_token,
                    None,
                    &Notes::default(),
                )
                .await
                .expect("created");
            made.push(name);
        }
        assert_eq!(names(&reading, &project.scope).await, made);
        assert!(
            writing.inventory(&project.scope).await.is_err(),
            "it may not list"
        );
    })
    .await;
}
