//! The token that one is signed in with is not ended by oneself.

use jiff::SignedDuration;
use kargo::cluster::Error;

use super::project::{claim, in_a_project, text};

#[tokio::test]
async fn is_spared() {
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
            let handle = project.handle(own);
            let me = project.with(value);
            assert!(me.is_own_token(&project.scope, &own.name));
            let minute = SignedDuration::from_mins(1);
            for error in [
                me.suspend_token(&handle, &text("")).await.map(drop),
                me.begin_deletion(&handle, minute).await.map(drop),
                me.delete_token(&handle).await,
                me.retire_token(&handle, Some(minute)).await.map(drop),
                me.finish_token(&handle).await,
                me.compromise_token(&handle, None).await.map(drop),
                me.finish_compromise(&handle).await.map(drop),
            ] {
                let error = error.expect_err("one's own");
                assert!(matches!(error, Error::OwnToken(_)), "{error}");
            }
        }
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn is_no_other_one() {
    in_a_project(async |project| {
        let (own, other) = (project.create("own").await, project.create("other").await);
        let me = project.with(&project.stored_value(&own.name).await);
        assert!(!me.is_own_token(&project.scope, &other.name));
        let error = me
            .delete_token(&project.handle(&other))
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
