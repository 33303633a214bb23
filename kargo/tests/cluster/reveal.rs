//! The one reveal.

use std::collections::BTreeSet;

use futures::future::join_all;
use kargo::{
    cluster::Error,
    problem::Kind,
    token::{Reveal, TokenState, TokenSummary},
    value::Fingerprint,
};
use serde_json::json;

use super::{
    control_plane::admin,
    logs,
    project::{claim, in_a_project, parse},
};

#[tokio::test]
async fn gives_a_value_that_signs_in_as_the_role() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let revealed = project.reveal(&token, &claim()).await.expect("the value");
        assert_eq!(
            revealed.value.expose(),
            project.stored_value(&token.name).await.expose()
        );
        // The connector's kubeconfig has a client certificate, which would win if it went along.
        let identity = project
            .cluster
            .connector()
            .with_bearer(&revealed.value)
            .expect("a token")
            .whoami()
            .await;
        assert_eq!(
            identity.expect("somebody").user,
            format!("system:serviceaccount:{}:ci", project.namespace)
        );

        let token = project.token(&token.name).await;
        assert_eq!(token.state, TokenState::Active);
        let Some(Reveal::Claimed { fingerprint, .. }) = token.reveal else {
            panic!("{token:?}")
        };
        assert_eq!(fingerprint, revealed.fingerprint);
        assert_eq!(fingerprint, Fingerprint::of(&revealed.value));
    })
    .await;
}

#[tokio::test]
async fn waits_for_kubernetes_to_write_the_value() {
    in_a_project(async |project| {
        let token = project
            .cluster
            .create_token(&project.scope, &project.role, &parse("ci"), None)
            .await
            .expect("a new token");
        let revealed = project
            .reveal(&token, &claim())
            .await
            .expect("the value, as soon as it is there");
        project.until_accepted(&revealed.value).await;
    })
    .await;
}

#[tokio::test]
async fn happens_once_whoever_comes_at_once() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let claims: Vec<_> = (0..100).map(|_| claim()).collect();
        // Two programs: nothing but the cluster decides.
        let replica = admin().await;
        let handle = token.handle(&project.scope);
        let reveal = |(n, claim)| {
            let cluster = if n % 2 == 0 {
                &project.cluster
            } else {
                &replica
            };
            cluster.reveal_token(&handle, claim)
        };
        let results = join_all(claims.iter().enumerate().map(reveal)).await;
        let won: Vec<_> = (0..100).filter(|i| results[*i].is_ok()).collect();
        assert_eq!(won.len(), 1, "exactly one gets the value");
        for result in &results {
            if let Err(error) = result {
                assert!(matches!(error, Error::AlreadyRevealed { .. }), "{error}");
                assert_eq!(error.problem().kind, Kind::Conflict);
            }
        }
        let value = results[won[0]].as_ref().expect("the winner").value.expose();
        let again = project
            .reveal(&token, &claims[won[0]])
            .await
            .expect("the same claim, at once");
        assert_eq!(again.value.expose(), value);
        let other = project
            .reveal(&token, &claim())
            .await
            .expect_err("another claim");
        assert!(matches!(other, Error::AlreadyRevealed { .. }), "{other}");
    })
    .await;
}

#[tokio::test]
async fn gives_one_claim_the_same_value_however_often_it_asks() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let claim = claim();
        let results = join_all((0..10).map(|_| project.reveal(&token, &claim))).await;
        let values: BTreeSet<_> = results
            .iter()
            .map(|r| r.as_ref().expect("the value").value.expose())
            .collect();
        assert_eq!(values.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn refuses_even_the_same_claim_after_a_minute() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let claim = claim();
        project.reveal(&token, &claim).await.expect("the value");
        let Some(Reveal::Claimed { at, .. }) = project.token(&token.name).await.reveal else {
            panic!("not claimed")
        };
        let ago = |seconds| (at - jiff::SignedDuration::from_secs(seconds)).to_string();
        project
            .edit(
                &token.name,
                json!({ "annotations": { "kargo-tokens/revealed-at": ago(40) } }),
            )
            .await;
        project
            .reveal(&token, &claim)
            .await
            .expect("40 seconds later");
        project
            .edit(
                &token.name,
                json!({ "annotations": { "kargo-tokens/revealed-at": ago(61) } }),
            )
            .await;
        let error = project
            .reveal(&token, &claim)
            .await
            .expect_err("a minute later");
        assert!(matches!(error, Error::AlreadyRevealed { .. }), "{error}");
    })
    .await;
}

#[tokio::test]
async fn is_the_creators_alone() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        project
            .edit(
                &token.name,
                json!({ "annotations": { "kargo-tokens/created-by": "alice" } }),
            )
            .await;
        let before = project.versions().await;
        let error = project
            .reveal(&token, &claim())
            .await
            .expect_err("not mine");
        assert!(
            matches!(&error, Error::NotTheCreator { creator, .. } if creator == "alice"),
            "{error}"
        );
        assert_eq!(error.problem().kind, Kind::Forbidden);
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn is_of_tokens_made_here_that_work() {
    in_a_project(async |project| {
        let managed = json!({ "rbac.kargo.akuity.io/managed": "true" });
        let kargo = project
            .add_token(
                "kargo",
                json!({ "rbac.kargo.akuity.io/api-token": "true" }),
                managed,
            )
            .await;
        let kubectl = project.add_token("kubectl", json!({}), json!({})).await;
        let suspended = project.create("suspended").await;
        project
            .edit(
                &suspended.name,
                json!({ "labels": { "kubernetes.io/legacy-token-invalid-since": "2026-01-01" } }),
            )
            .await;
        let reveal = async |token: &TokenSummary| {
            let before = project.versions().await;
            let error = project
                .reveal(token, &claim())
                .await
                .expect_err("no reveal");
            assert_eq!(project.versions().await, before);
            error
        };
        assert!(matches!(reveal(&kargo).await, Error::NoReveal(_)));
        assert!(
            matches!(reveal(&kubectl).await, Error::Unmanaged { missing, .. } if missing.len() == 2)
        );
        assert!(matches!(reveal(&suspended).await, Error::Suspended(_)));
    })
    .await;
}

#[tokio::test]
async fn is_of_the_token_that_was_seen() {
    in_a_project(async |project| {
        let seen = project.create("ci").await;
        project
            .cluster
            .delete_token(&seen.handle(&project.scope))
            .await
            .expect("deleted");
        assert!(matches!(
            project.reveal(&seen, &claim()).await,
            Err(Error::NoToken(_))
        ));
        // Made by another tool, which takes any name.
        let labels = json!({ "rbac.kargo.akuity.io/api-token": "true" });
        let managed = json!({ "rbac.kargo.akuity.io/managed": "true" });
        project.add_token("ci", labels, managed).await;
        assert!(matches!(
            project.reveal(&seen, &claim()).await,
            Err(Error::Replaced(_))
        ));
    })
    .await;
}

#[tokio::test]
async fn leaves_no_value_in_the_log() {
    in_a_project(async |project| {
        logs::capture();
        let token = project.create("ci").await;
        let revealed = project.reveal(&token, &claim()).await.expect("the value");
        project.reveal(&token, &claim()).await.expect_err("once");
        let value = revealed.value.expose();
        let signature = value.rsplit('.').next().expect("a JWT has three parts");
        let text = logs::captured();
        assert!(!text.contains(value) && !text.contains(signature));
        assert!(!format!("{revealed:?}").contains(signature));
    })
    .await;
}
