//! Expiring tokens.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kargo::{
    cluster::Error,
    problem::Kind,
    scope::Scope,
    token::{HistoryAction, Notes, Reveal, SHORTEST_LIFETIME, TokenState, TokenSummary},
    value::{Fingerprint, Value},
};
use serde_json::{Value as Json, json};

use super::support::{
    control_plane::{admin, until, user},
    deletions::HOUR,
    jwt, logs,
    project::{Project, claim, in_a_project, unique_name},
};

/// Time and fingerprint of a reveal that was not confirmed.
async fn claimed(project: &Project, token: &TokenSummary) -> (Timestamp, Fingerprint) {
    match project.token(&token.name).await.reveal {
        Some(Reveal::Claimed { time, fingerprint }) => (time, fingerprint),
        reveal => panic!("not claimed: {reveal:?}"),
    }
}

#[tokio::test]
async fn an_expiring_token_is_created_as_kargo_would_without_a_value() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        assert_eq!(
            token.state,
            TokenState::Unrevealed,
            "Kubernetes has nothing to write"
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

        // If somebody removes the placeholder, Kubernetes writes a value, which the API server refuses because of the label.
        project
            .patch(&token.name, json!({ "data": { "token": null } }))
            .await;
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
async fn a_lifetime_is_at_least_ten_minutes_and_has_a_limit() {
    in_a_project(async |project| {
        let second = SignedDuration::from_secs(1);
        let token = project
            .try_create("short", Some(second))
            .await
            .expect("a token");
        let left = token.expires.expect("an end").duration_since(token.created);
        assert!(
            left >= SignedDuration::from_secs(SHORTEST_LIFETIME - 2),
            "{left}"
        );
        let error = project
            .try_create("long", Some(SignedDuration::MAX))
            .await
            .expect_err("beyond the calendar");
        assert!(matches!(error, Error::TooLong), "{error}");
        assert_eq!(error.problem().kind, Kind::Invalid);
    })
    .await;
}

#[tokio::test]
async fn a_minted_value_ends_by_itself_and_with_its_secret() {
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
        let (_, fingerprint) = claimed(project, &token).await;
        assert_eq!(fingerprint, Fingerprint::of(&revealed.value));
        project.is_sound(&token.name).await;

        let error = project.reveal(&token, &claim()).await.expect_err("once");
        assert!(matches!(error, Error::AlreadyRevealed { .. }), "{error}");
        project.delete(&token).await;
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
async fn one_of_two_concurrent_reveals_gets_the_value() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        let replica = admin().await;
        let (target, claims) = (project.token_ref(&token), [claim(), claim()]);
        let (one, other) = futures::join!(
            project.cluster.reveal_token(&target, &claims[0]),
            replica.reveal_token(&target, &claims[1]),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let (won, lost) = if one.is_ok() {
            (one, other)
        } else {
            (other, one)
        };
        let error = lost.expect_err("the other one");
        assert!(matches!(error, Error::AlreadyRevealed { .. }), "{error}");
        let (_, fingerprint) = claimed(project, &token).await;
        assert_eq!(won.expect("one of the two").fingerprint, fingerprint);
    })
    .await;
}

#[tokio::test]
async fn the_same_claim_gets_another_value_within_the_minute() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        let claim = claim();
        let first = project.reveal(&token, &claim).await.expect("the value");
        let (time, _) = claimed(project, &token).await;
        let revealed_before = async |seconds| {
            let before = (time - SignedDuration::from_secs(seconds)).to_string();
            project
                .annotate(&token, json!({ "kargo-tokens/revealed-at": before }))
                .await;
        };
        revealed_before(40).await;
        let again = project.reveal(&token, &claim).await.expect("another value");
        assert_ne!(again.value.expose(), first.value.expose());
        project.until_accepted(&again.value).await;
        let (kept, fingerprint) = claimed(project, &token).await;
        assert_eq!(fingerprint, again.fingerprint);
        assert_eq!(
            kept,
            time - SignedDuration::from_secs(40),
            "a retry does not extend the minute"
        );
        revealed_before(61).await;
        let error = project
            .reveal(&token, &claim)
            .await
            .expect_err("a minute later");
        assert!(matches!(error, Error::AlreadyRevealed { .. }), "{error}");
        assert_eq!(
            project.actions(&token.name).await,
            [
                HistoryAction::Created,
                HistoryAction::Revealed,
                HistoryAction::Revealed
            ]
        );
        // Both values work, so the row says so and the history names each.
        assert_eq!(project.token(&token.name).await.minted, 2);
        let history = project.history(&token.name).await;
        for (entry, revealed) in history[1..].iter().zip([&first, &again]) {
            assert!(
                entry.detail.contains(&revealed.fingerprint.0),
                "{}",
                entry.detail
            );
        }
    })
    .await;
}

#[tokio::test]
async fn the_end_that_the_cluster_grants_decides() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        // A minute is left, and Kubernetes mints for at least ten.
        let asked = project.now().await + SignedDuration::from_mins(1);
        project.set_expiry(&token, &asked.to_string()).await;
        let revealed = project.reveal(&token, &claim()).await.expect("the value");
        let expiry = revealed.expiry.expect("an end");
        assert_eq!(expiry.asked, asked);
        assert!(expiry.granted > asked && !expiry.is_cut());
        assert_eq!(
            project.token(&token.name).await.expires,
            Some(expiry.granted)
        );
    })
    .await;
}

#[tokio::test]
async fn an_expired_token_is_due_to_be_removed() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        let before = project.versions().await;
        let error = project.try_finish(&token).await.expect_err("not over");
        assert!(matches!(error, Error::NotDue(_)), "{error}");
        assert_eq!(project.versions().await, before);

        let end = project.now().await;
        project.set_expiry(&token, &end.to_string()).await;
        assert_eq!(
            project.token(&token.name).await.state,
            TokenState::Expired { time: end }
        );
        let error = project.reveal(&token, &claim()).await.expect_err("over");
        assert!(
            matches!(error, Error::Expired { time, .. } if time == end),
            "{error}"
        );
        project.is_sound(&token.name).await;
        project.try_finish(&token).await.expect("over");
        assert_eq!(project.tokens().await, []);
    })
    .await;
}

#[tokio::test]
async fn the_api_server_refuses_a_minted_value_after_its_end() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        let minted = project
            .reveal(&token, &claim())
            .await
            .expect("the value")
            .value;
        // Kubernetes accepts a value for a minute after its end and then remembers it for 10 seconds, so the end is almost that far back.
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
async fn creating_takes_the_right_to_mint() {
    // Kargo's own admin lacks it.
    let (admin, name) = (user("admin").await, unique_name());
    let role = "kargo-viewer".parse().expect("a name");
    let created = admin
        .create_token(&Scope::System, &role, &name, Some(HOUR), &Notes::default())
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
