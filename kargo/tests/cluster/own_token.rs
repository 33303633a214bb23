//! The token that a person signed in with. They don't end it by accident.

use kargo::cluster::Error;

use super::support::{
    deletions::HOUR,
    project::{claim, in_a_project, text},
};

#[tokio::test]
async fn a_persons_own_token_is_not_ended() {
    in_a_project(async |project| {
        let permanent = project.create("permanent").await;
        let expiring = project.create_expiring("expiring").await;
        let values = [
            project.stored_value(&permanent.name).await,
            project
                .reveal(&expiring, &claim())
                .await
                .expect("the value")
                .value,
        ];
        let before = project.versions().await;
        for (own, value) in [permanent, expiring].iter().zip(&values) {
            let target = project.token_ref(own);
            let me = project.signed_in_with(value);
            assert!(me.is_own_token(&project.scope, &own.name));
            for error in [
                me.suspend_token(&target, &text("")).await.map(drop),
                me.begin_deletion(&target, HOUR).await.map(drop),
                me.delete_token(&target).await,
                me.retire_token(&target, Some(HOUR)).await.map(drop),
                me.finish_token(&target).await,
                me.compromise_token(&target, None).await.map(drop),
                me.finish_compromise(&target).await.map(drop),
            ] {
                let error = error.expect_err("the person's own");
                assert!(matches!(error, Error::OwnToken(_)), "{error}");
            }
        }
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn every_other_token_is_left_to_the_api_server() {
    in_a_project(async |project| {
        let (own, other) = (project.create("own").await, project.create("other").await);
        let me = project.holder_of(&own).await;
        assert!(!me.is_own_token(&project.scope, &other.name));
        let error = me
            .delete_token(&project.token_ref(&other))
            .await
            .expect_err("no rights");
        assert!(
            matches!(error, Error::Forbidden(_)),
            "the API server decides: {error}"
        );
        // The admin signed in with a certificate.
        assert!(!project.cluster.is_own_token(&project.scope, &own.name));
    })
    .await;
}
