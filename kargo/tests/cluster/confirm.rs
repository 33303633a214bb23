//! *I saved it*.

use kargo::{cluster::Error, token::Reveal};
use kube::ResourceExt;

use super::project::{claim, in_a_project};

#[tokio::test]
async fn ends_the_reveal() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let claim = claim();
        let revealed = project.reveal(&token, &claim).await.expect("the value");
        let handle = token.handle(&project.scope);
        let confirm = || project.cluster.confirm_token(&handle, &claim);
        confirm().await.expect("confirmed");

        let Some(Reveal::Confirmed { fingerprint, .. }) = project.token(&token.name).await.reveal
        else {
            panic!("not confirmed")
        };
        assert_eq!(fingerprint, revealed.fingerprint);
        assert!(
            !project
                .secret(&token.name)
                .await
                .annotations()
                .contains_key("kargo-tokens/claim")
        );
        let error = project
            .reveal(&token, &claim)
            .await
            .expect_err("it was saved");
        assert!(matches!(error, Error::AlreadyRevealed { .. }), "{error}");

        let before = project.versions().await;
        confirm().await.expect("to say so twice is no error");
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn is_for_whoever_got_the_value() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let confirm = async || {
            project
                .cluster
                .confirm_token(&token.handle(&project.scope), &claim())
                .await
        };
        let error = confirm().await.expect_err("nobody has seen it");
        assert!(matches!(error, Error::NotClaimed(_)), "{error}");
        project.reveal(&token, &claim()).await.expect("the value");
        let before = project.versions().await;
        let error = confirm().await.expect_err("somebody else has seen it");
        assert!(matches!(error, Error::NotClaimed(_)), "{error}");
        assert_eq!(project.versions().await, before);
    })
    .await;
}
