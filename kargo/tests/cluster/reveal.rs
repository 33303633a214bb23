//! Revealing a token's value.

use std::collections::BTreeSet;

use futures::future::join_all;
use jiff::SignedDuration;
use kargo::{
    cluster::Error,
    problem::Kind,
    token::{Reveal, TokenState, TokenSummary},
    value::Fingerprint,
};
use serde_json::json;

use super::support::{
    control_plane::admin,
    logs,
    project::{claim, in_a_project},
};

#[tokio::test]
async fn the_value_signs_in_as_the_role() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let revealed = project.reveal(&token, &claim()).await.expect("the value");
        assert_eq!(
            revealed.value.expose(),
            project.stored_value(&token.name).await.expose()
        );
        let token = project.token(&token.name).await;
        assert_eq!(revealed.changed.token, token);
        assert_eq!(token.state, TokenState::Active);
        let Some(Reveal::Claimed { fingerprint, .. }) = token.reveal else {
            panic!("{token:?}")
        };
        assert_eq!(fingerprint, revealed.fingerprint);
        assert_eq!(fingerprint, Fingerprint::of(&revealed.value));

        // The connector's kubeconfig has a client certificate, which would win if it was sent, too.
        let identity = project.signed_in_with(&revealed.value).whoami().await;
        assert_eq!(
            identity.expect("somebody").user,
            format!("system:serviceaccount:{}:ci", project.namespace)
        );
    })
    .await;
}

#[tokio::test]
async fn only_a_value_that_the_api_server_signed_is_shown() {
    in_a_project(async |project| {
        let (token, claim) = (project.create("ci").await, claim());
        let value = project.stored_value(&token.name).await;
        let Some((signed, signature)) = value.expose().rsplit_once('.') else {
            panic!("not a JWT")
        };
        let store = async |value: String| {
            let patch = json!({ "stringData": { "token": value } });
            project.patch(&token.name, patch).await;
        };
        // Another signature, and one that is no base64url.
        let first = if signature.starts_with('A') { 'B' } else { 'A' };
        for forged in [
            format!("{first}{}", &signature[1..]),
            format!("{signature}AAA"),
        ] {
            store(format!("{signed}.{forged}")).await;
            let before = project.versions().await;
            let error = project.reveal(&token, &claim).await.expect_err("forged");
            assert!(matches!(error, Error::UnsignedValue(_)), "{error}");
            assert_eq!(error.problem().kind, Kind::Conflict);
            assert_eq!(project.versions().await, before, "nothing was claimed");
        }

        store(value.expose().to_owned()).await;
        let revealed = project.reveal(&token, &claim).await.expect("the value");
        assert!(revealed.is_checked);
        // Checking is no use: clean-ups look for tokens that were never used.
        assert_eq!(project.token(&token.name).await.last_used, None);
    })
    .await;
}

#[tokio::test]
async fn a_reveal_waits_for_kubernetes_to_write_the_value() {
    in_a_project(async |project| {
        let token = project.create_unpopulated("ci").await;
        let revealed = project
            .reveal(&token, &claim())
            .await
            .expect("the value, as soon as it is written");
        project.until_accepted(&revealed.value).await;
    })
    .await;
}

#[tokio::test]
async fn exactly_one_of_many_concurrent_reveals_gets_the_value() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let claims: Vec<_> = (0..100).map(|_| claim()).collect();
        // Two programs: only the cluster decides.
        let replica = admin().await;
        let target = project.token_ref(&token);
        let reveal = |(n, claim)| {
            let cluster = if n % 2 == 0 {
                &project.cluster
            } else {
                &replica
            };
            cluster.reveal_token(&target, claim)
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
async fn one_claim_gets_the_same_value_each_time() {
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
async fn even_the_same_claim_is_refused_after_a_minute() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let claim = claim();
        project.reveal(&token, &claim).await.expect("the value");
        let Some(Reveal::Claimed { time, .. }) = project.token(&token.name).await.reveal else {
            panic!("not claimed")
        };
        let revealed_before = async |seconds| {
            let before = (time - SignedDuration::from_secs(seconds)).to_string();
            project
                .annotate(&token, json!({ "kargo-tokens/revealed-at": before }))
                .await;
        };
        revealed_before(40).await;
        project
            .reveal(&token, &claim)
            .await
            .expect("40 seconds later");
        revealed_before(61).await;
        let error = project
            .reveal(&token, &claim)
            .await
            .expect_err("a minute later");
        assert!(matches!(error, Error::AlreadyRevealed { .. }), "{error}");
    })
    .await;
}

#[tokio::test]
async fn only_the_creator_reveals() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        project
            .annotate(&token, json!({ "kargo-tokens/created-by": "alice" }))
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
async fn only_working_tokens_of_this_program_are_revealed() {
    in_a_project(async |project| {
        let kargo = project.add_kargo_token("kargo").await;
        let kubectl = project.add_unmanaged_token("kubectl").await;
        let suspended = project.create("suspended").await;
        project
            .set_suspension_label(&suspended, Some("2026-01-01"))
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
async fn only_the_token_that_was_seen_is_revealed() {
    in_a_project(async |project| {
        let seen = project.create("ci").await;
        project.delete(&seen).await;
        assert!(matches!(
            project.reveal(&seen, &claim()).await,
            Err(Error::NoToken(_))
        ));
        // Kargo's own tools may take the name again.
        project.add_kargo_token("ci").await;
        assert!(matches!(
            project.reveal(&seen, &claim()).await,
            Err(Error::Replaced(_))
        ));
    })
    .await;
}

#[tokio::test]
async fn a_reveal_leaves_no_value_in_the_log() {
    in_a_project(async |project| {
        logs::capture();
        // One value is read at once, the other one comes through a watch.
        for token in [
            project.create("ci").await,
            project.create_unpopulated("new").await,
        ] {
            let revealed = project.reveal(&token, &claim()).await.expect("the value");
            project.reveal(&token, &claim()).await.expect_err("once");
            let value = revealed.value.expose();
            let signature = value.rsplit('.').next().expect("a JWT has three parts");
            let text = logs::captured();
            assert!(!text.contains(value) && !text.contains(signature));
            assert!(!format!("{revealed:?}").contains(signature));
            logs::capture();
        }
    })
    .await;
}
