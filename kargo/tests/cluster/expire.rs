//! Tokens that end by themselves.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kargo::{
    cluster::{Error, SHORTEST},
    name::TokenName,
    problem::Kind,
    scope::Scope,
    token::{Did, Reveal, TokenState, TokenSummary},
    value::{Fingerprint, Value},
};
use serde_json::{Value as Json, json};

use super::{
    control_plane::{admin, until, user},
    jwt, logs,
    project::{Project, claim, in_a_project, parse},
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Moves its end, behind everybody's back.
async fn end_at(project: &Project, token: &TokenSummary, end: Timestamp) {
    let annotation = json!({ "annotations": { "kargo-tokens/expires-at": end.to_string() } });
    project.edit(&token.name, annotation).await;
}

async fn now(project: &Project) -> Timestamp {
    let page = project.cluster.list_tokens(&project.scope, 1, None).await;
    page.expect("a list").now
}

async fn reveal_of(project: &Project, token: &TokenSummary) -> Reveal {
    project.token(&token.name).await.reveal.expect("it has one")
}

#[tokio::test]
async fn are_created_as_kargo_would_without_a_value() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        assert_eq!(
            token.state,
            TokenState::Unrevealed,
            "nothing has to be written by Kubernetes"
        );
        let left = token.expires.expect("an end").duration_since(token.created);
        assert!(
            (left - HOUR).abs() <= SignedDuration::from_secs(2),
            "{left}"
        );
        project.is_sound(&token.name).await;
        let stored = project.stored_value(&token.name).await;
        assert_eq!(
            stored.expose(),
            "This token expires, so its value is kept nowhere."
        );

        // Should somebody remove the placeholder, Kubernetes writes a value, which the label has refused.
        project
            .secrets()
            .patch(
                token.name.as_str(),
                &kube::api::PatchParams::default(),
                &kube::api::Patch::Merge(json!({ "data": { "token": null } })),
            )
            .await
            .expect("removed");
        until(
            Duration::from_secs(20),
            "Kubernetes writes a value",
            async || {
                project
                    .secret(&token.name)
                    .await
                    .data
                    .is_some_and(|data| data.contains_key("token"))
            },
        )
        .await;
        assert!(
            !project
                .accepts(&project.stored_value(&token.name).await)
                .await
        );
    })
    .await;
}

#[tokio::test]
async fn live_ten_minutes_at_least_and_not_for_ever() {
    in_a_project(async |project| {
        let create = async |name: &str, lifetime| {
            project
                .cluster
                .create_token(&project.scope, &project.role, &parse(name), Some(lifetime))
                .await
        };
        let token = create("short", SignedDuration::from_secs(1))
            .await
            .expect("a token");
        let left = token.expires.expect("an end").duration_since(token.created);
        assert!(left >= SignedDuration::from_secs(SHORTEST - 2), "{left}");
        let error = create("long", SignedDuration::MAX)
            .await
            .expect_err("beyond the calendar");
        assert!(matches!(error, Error::TooLong), "{error}");
        assert_eq!(error.problem().kind, Kind::Invalid);
    })
    .await;
}

#[tokio::test]
async fn are_revealed_with_a_value_that_ends_and_goes_with_its_secret() {
    in_a_project(async |project| {
        logs::capture();
        let token = project.create_expiring("ci").await;
        let revealed = project.reveal(&token, &claim()).await.expect("the value");
        project.until_accepted(&revealed.value).await;

        let expiry = revealed.expiry.clone().expect("an end");
        assert_eq!(Some(expiry.asked), token.expires);
        assert!(!expiry.is_cut(), "{expiry:?}");
        assert_eq!(
            jwt::claims(&revealed.value)["exp"],
            Json::from(expiry.granted.as_second())
        );
        let seen = project.token(&token.name).await;
        assert_eq!(
            (seen.state, seen.expires),
            (TokenState::Active, Some(expiry.granted))
        );
        let Some(Reveal::Claimed { fingerprint, .. }) = seen.reveal else {
            panic!("not claimed")
        };
        assert_eq!(fingerprint, Fingerprint::of(&revealed.value));
        project.is_sound(&token.name).await;

        let error = project.reveal(&token, &claim()).await.expect_err("once");
        assert!(matches!(error, Error::AlreadyRevealed { .. }), "{error}");
        project
            .cluster
            .delete_token(&project.handle(&token))
            .await
            .expect("deleted");
        project.until_refused(&revealed.value).await;
        let signature = revealed
            .value
            .expose()
            .rsplit('.')
            .next()
            .expect("three parts")
            .to_owned();
        assert!(!logs::captured().contains(&signature));
    })
    .await;
}

#[tokio::test]
async fn are_revealed_once_when_two_race() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        let replica = admin().await;
        let (handle, claims) = (project.handle(&token), [claim(), claim()]);
        let (one, other) = futures::join!(
            project.cluster.reveal_token(&handle, &claims[0]),
            replica.reveal_token(&handle, &claims[1]),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let (won, lost) = if one.is_ok() {
            (one, other)
        } else {
            (other, one)
        };
        let error = lost.expect_err("the other one");
        assert!(matches!(error, Error::AlreadyRevealed { .. }), "{error}");
        let Reveal::Claimed { fingerprint, .. } = reveal_of(project, &token).await else {
            panic!("not claimed")
        };
        assert_eq!(won.expect("one of the two").fingerprint, fingerprint);
    })
    .await;
}

#[tokio::test]
async fn give_the_same_claim_another_value_within_the_minute() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        let claim = claim();
        let first = project.reveal(&token, &claim).await.expect("the value");
        let Reveal::Claimed { at, .. } = reveal_of(project, &token).await else {
            panic!("not claimed")
        };
        let ago = |seconds| json!({ "annotations": { "kargo-tokens/revealed-at": (at - SignedDuration::from_secs(seconds)).to_string() } });
        project.edit(&token.name, ago(40)).await;
        let again = project.reveal(&token, &claim).await.expect("another value");
        assert_ne!(again.value.expose(), first.value.expose());
        project.until_accepted(&again.value).await;
        let Reveal::Claimed { fingerprint, at: kept } = reveal_of(project, &token).await else {
            panic!("not claimed")
        };
        assert_eq!(fingerprint, again.fingerprint);
        assert_eq!(kept, at - SignedDuration::from_secs(40), "asking again does not make the minute longer");
        project.edit(&token.name, ago(61)).await;
        let error = project.reveal(&token, &claim).await.expect_err("a minute later");
        assert!(matches!(error, Error::AlreadyRevealed { .. }), "{error}");
        let did = project.did(&token.name).await;
        assert_eq!(did, [Did::Created, Did::Revealed, Did::Revealed]);
    })
    .await;
}

#[tokio::test]
async fn say_when_the_cluster_grants_less_or_more() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        // A minute is left, and Kubernetes mints for ten at least.
        let asked = now(project).await + SignedDuration::from_mins(1);
        end_at(project, &token, asked).await;
        let revealed = project.reveal(&token, &claim()).await.expect("the value");
        let expiry = revealed.expiry.expect("an end");
        assert_eq!(expiry.asked, asked);
        assert!(expiry.granted > asked && !expiry.is_cut());
        assert_eq!(
            project.token(&token.name).await.expires,
            Some(expiry.granted),
            "what was granted decides"
        );
    })
    .await;
}

#[tokio::test]
async fn are_removed_when_their_time_is_over() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        let handle = project.handle(&token);
        let before = project.versions().await;
        let error = project
            .cluster
            .finish_token(&handle)
            .await
            .expect_err("not over");
        assert!(matches!(error, Error::NotDue(_)), "{error}");
        assert_eq!(project.versions().await, before);

        let end = now(project).await;
        end_at(project, &token, end).await;
        assert_eq!(
            project.token(&token.name).await.state,
            TokenState::Expired { at: end }
        );
        let error = project.reveal(&token, &claim()).await.expect_err("over");
        assert!(
            matches!(error, Error::Expired { at, .. } if at == end),
            "{error}"
        );
        project.is_sound(&token.name).await;
        project.cluster.finish_token(&handle).await.expect("over");
        assert_eq!(project.tokens().await, []);
    })
    .await;
}

#[tokio::test]
async fn are_refused_by_the_api_server_after_their_time() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        let minted = project
            .reveal(&token, &claim())
            .await
            .expect("the value")
            .value;
        // Kubernetes lets a minute pass and then remembers for 10 seconds, so the end is put almost that far back.
        let ended = |seconds| -> Value {
            jwt::bound(
                &minted,
                &token,
                project,
                Timestamp::now() - SignedDuration::from_secs(seconds),
            )
        };
        let ending = ended(50);
        project.until_accepted(&ending).await;
        assert!(!project.accepts(&ended(65)).await);
        until(Duration::from_secs(30), "its time is over", async || {
            !project.accepts(&ending).await
        })
        .await;
        project.until_accepted(&minted).await;
    })
    .await;
}

#[tokio::test]
async fn need_the_right_to_mint() {
    // Kargo's own admin has not got it.
    let admin = user("admin").await;
    let mut bytes = [0; 5];
    getrandom::fill(&mut bytes).expect("randomness");
    let name = TokenName::with_suffix("made-by-a-test", bytes);
    let role = "kargo-viewer".parse().expect("a name");
    let created = admin
        .create_token(&Scope::System, &role, &name, Some(HOUR))
        .await;
    let problem = created.expect_err("no right").problem();
    assert_eq!(
        problem.message,
        "You may not create serviceaccounts/token in namespace kargo."
    );
    assert!(
        problem.hint.contains("kargo-tokens-minter"),
        "{}",
        problem.hint
    );
    assert_eq!(problem.kind, Kind::Forbidden);
    let found = admin.get_token(&Scope::System, &name).await;
    assert!(
        matches!(found, Err(Error::NoToken(_))),
        "nothing was created"
    );
}
