//! Number of requests that operations send to the API server.

use jiff::SignedDuration;
use kargo::{
    claim::ClaimId, cluster::Cluster, name::TokenName, scope::Scope, token::Notes, token::TokenRef,
};

use super::support::{
    control_plane::{admin, user},
    logs,
    project::{claim, in_a_project, unique_name},
};

/// Runs an operation, and answers with its requests: method and path.
async fn requests_of(operation: impl Future<Output = ()>) -> Vec<String> {
    logs::capture();
    operation.await;
    // Events of a reveal are published in the background.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    logs::requests(&logs::captured())
}

async fn create_and_save(
    cluster: &Cluster,
    scope: &Scope,
    role: &str,
    name: &TokenName,
    claim: &ClaimId,
) -> TokenRef {
    let role = role.parse().expect("a name");
    let created = cluster
        .create_token(scope, &role, name, None, &Notes::default())
        .await;
    let target = created.expect("a new token").token.token_ref(scope);
    cluster
        .reveal_token(&target, claim)
        .await
        .expect("the value");
    cluster
        .confirm_token(&target, claim)
        .await
        .expect("confirmed");
    target
}

#[tokio::test]
async fn a_token_is_created_revealed_and_saved_with_12_requests_and_the_keys() {
    let (admin, name, claim) = (user("admin").await, unique_name(), claim());
    let mut target = None;
    let requests = requests_of(async {
        let saved = create_and_save(&admin, &Scope::System, "kargo-viewer", &name, &claim).await;
        target = Some(saved);
    })
    .await;
    admin
        .delete_token(&target.expect("created"))
        .await
        .expect("deleted");
    // Creating: events, identity, role, Secret, Event. Revealing: Secret, a watch if it isn't populated yet, patch, Event. Confirming: read,
    // patch, Event.
    // The API server's keys are read once in ten minutes.
    assert!(requests.len() <= 13, "{requests:#?}");
    let reviews = requests
        .iter()
        .filter(|request| request.contains("selfsubjectreviews"))
        .count();
    assert_eq!(reviews, 1, "the identity is asked once: {requests:#?}");
}

#[tokio::test]
async fn a_projects_token_takes_one_request_more() {
    in_a_project(async |project| {
        let (name, claim) = (unique_name(), claim());
        let requests = requests_of(async {
            create_and_save(&project.cluster, &project.scope, "ci", &name, &claim).await;
        })
        .await;
        assert!(requests.len() <= 14, "{requests:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_populated_value_is_revealed_with_one_read_and_one_write() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        project.cluster.whoami().await.expect("somebody");
        let requests = requests_of(async {
            project.reveal(&token, &claim()).await.expect("the value");
        })
        .await;
        let of_secrets: Vec<_> = requests
            .iter()
            .filter(|request| request.contains("/secrets"))
            .collect();
        assert_eq!(of_secrets.len(), 2, "{requests:#?}");
        assert!(of_secrets[0].starts_with("GET") && of_secrets[1].starts_with("PATCH"));
        assert_eq!(
            requests.len(),
            4,
            "and the API server's keys, and the Event: {requests:#?}"
        );
    })
    .await;
}

#[tokio::test]
async fn the_first_page_of_the_system_takes_13_requests_and_the_next_none() {
    let admin = admin().await;
    // Asked once and then remembered.
    admin.whoami().await.expect("somebody");
    admin.features().await.expect("features");
    let page = async || {
        let (tokens, roles, permissions, features, projects, identity) = futures::join!(
            admin.inventory(&Scope::System),
            admin.known_roles(&Scope::System),
            admin.known_permissions(&Scope::System),
            admin.features(),
            admin.known_projects(),
            admin.whoami(),
        );
        tokens.expect("tokens");
        roles.expect("roles");
        permissions.expect("permissions");
        features.expect("features");
        projects.expect("projects");
        identity.expect("identity");
    };
    // Five lists and their watches, two lists of what isn't watched, and the rights.
    let requests = requests_of(Box::pin(page())).await;
    assert!(requests.len() <= 13, "{requests:#?}");
    let requests = requests_of(Box::pin(async {
        // A request that is captured for certain.
        admin.ready().await.expect("it is there");
        page().await;
    }))
    .await;
    assert_eq!(requests.len(), 1, "{requests:#?}");
}

#[tokio::test]
async fn an_identity_is_asked_anew_for_a_write_only_after_10_seconds() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let reviews = async || {
            let requests = requests_of(async {
                project
                    .begin_deletion(&token, SignedDuration::from_hours(1))
                    .await;
                project.restore(&token).await;
            })
            .await;
            requests
                .iter()
                .filter(|request| request.contains("selfsubjectreviews"))
                .count()
        };
        assert_eq!(reviews().await, 0, "creating asked just now");
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        assert_eq!(reviews().await, 1);
    })
    .await;
}
