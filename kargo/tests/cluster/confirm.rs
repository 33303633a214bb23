//! Confirming that a value is saved.

use kargo::{cluster::Error, token::Reveal};
use kube::ResourceExt;

use super::support::project::{claim, in_a_project};

#[tokio::test]
async fn confirming_ends_the_reveal() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let claim = claim();
        let revealed = project.reveal(&token, &claim).await.expect("the value");
        let target = project.token_ref(&token);
        let confirm = || project.cluster.confirm_token(&target, &claim);
        let confirmed = confirm().await.expect("confirmed");

        let seen = project.token(&token.name).await;
        assert_eq!(confirmed.token, seen);
        let Some(Reveal::Confirmed { fingerprint, .. }) = seen.reveal else {
            panic!("not confirmed")
        };
        assert_eq!(fingerprint, revealed.fingerprint);
        let secret = project.secret(&token.name).await;
        assert!(!secret.annotations().contains_key("kargo-tokens/claim"));
        assert_eq!(Some(confirmed.resource_version), secret.resource_version());
        let error = project
            .reveal(&token, &claim)
            .await
            .expect_err("saved already");
        assert!(matches!(error, Error::AlreadyRevealed { .. }), "{error}");

        let before = project.versions().await;
        confirm().await.expect("confirming twice is no error");
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn only_the_claim_that_got_the_value_confirms() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let confirm = async || {
            project
                .cluster
                .confirm_token(&project.token_ref(&token), &claim())
                .await
        };
        let error = confirm().await.expect_err("nobody has seen the value");
        assert!(matches!(error, Error::NotClaimed(_)), "{error}");
        project.reveal(&token, &claim()).await.expect("the value");
        let before = project.versions().await;
        let error = confirm().await.expect_err("somebody else has seen it");
        assert!(matches!(error, Error::NotClaimed(_)), "{error}");
        assert_eq!(project.versions().await, before);
    })
    .await;
}
