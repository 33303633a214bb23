//! A program that ends in the middle of an operation, at any moment. What the next program reads tells it how to continue, no working token
//! is lost, and no ended one works again.

use std::pin::Pin;

use jiff::SignedDuration;
use kargo::{
    claim::ClaimId,
    cluster::{Cluster, Error},
    token::{Reveal, TokenRef, TokenState, TokenSummary},
    value::Value,
};

use super::support::{
    control_plane::{admin, poll_times},
    project::{Project, claim, in_a_project},
};

/// Polls an operation so many times, then drops it. `Some` if it has finished before.
async fn interrupted<F: Future>(mut operation: Pin<Box<F>>, times: usize) -> Option<F::Output> {
    poll_times(operation.as_mut(), times).await
}

/// Creates the new token, saves its value, and only then deletes the old one.
async fn rotate(cluster: &Cluster, old: &TokenRef) -> Value {
    let new = cluster
        .recreate_token(old, None)
        .await
        .expect("a successor")
        .successor
        .token;
    let value = take(cluster, &new.token_ref(&old.scope), &claim()).await;
    delete(cluster, old).await;
    value
}

async fn take(cluster: &Cluster, new: &TokenRef, claim: &ClaimId) -> Value {
    let revealed = cluster.reveal_token(new, claim).await.expect("the value");
    cluster.confirm_token(new, claim).await.expect("confirmed");
    revealed.value
}

async fn delete(cluster: &Cluster, old: &TokenRef) {
    cluster
        .begin_deletion(old, SignedDuration::ZERO)
        .await
        .expect("begun");
    cluster.finish_token(old).await.expect("finished");
}

/// Continues as a person would who finds the list in this state. Answers with the new value, if nobody had it before.
async fn resume(cluster: &Cluster, old: &TokenRef, tokens: &[TokenSummary]) -> Option<Value> {
    let is_new = |token: &&TokenSummary| token.replaces.as_ref() == Some(&old.name);
    let is_saved = |token: &TokenSummary| matches!(token.reveal, Some(Reveal::Confirmed { .. }));
    let is_there = tokens.iter().find(|token| token.uid == old.uid);
    let mut value = None;
    if !tokens.iter().filter(is_new).any(is_saved) {
        let pending = tokens
            .iter()
            .filter(is_new)
            .find(|token| token.reveal == Some(Reveal::Pending));
        let new = if let Some(new) = pending {
            new.clone()
        } else {
            // There is none yet, or its reveal is unconfirmed.
            let recreated = cluster.recreate_token(old, None).await;
            recreated.expect("a successor").successor.token
        };
        value = Some(take(cluster, &new.token_ref(&old.scope), &claim()).await);
    }
    match is_there.map(|token| &token.state) {
        Some(TokenState::Deleting { .. }) => cluster.finish_token(old).await.expect("due"),
        Some(_) => delete(cluster, old).await,
        None => {}
    }
    value
}

/// Checks that somebody has a value that works, and that every token is sound.
async fn is_fine(project: &Project, old: &TokenSummary, tokens: &[TokenSummary]) {
    for token in tokens {
        project.is_sound(&token.name).await;
        assert!(
            token.name != old.name || token.uid == old.uid,
            "the same name would give the same value"
        );
    }
    let is_saved = tokens
        .iter()
        .any(|token| matches!(token.reveal, Some(Reveal::Confirmed { .. })));
    let works = tokens
        .iter()
        .any(|token| token.uid == old.uid && token.state == TokenState::Unrevealed);
    assert!(
        works || is_saved,
        "nobody has a value that works: {tokens:#?}"
    );
}

#[tokio::test]
async fn an_interrupted_rotation_can_be_continued() {
    for times in (1..).step_by(5) {
        let mut is_done = false;
        in_a_project(async |project| {
            let old = project.create("ci-7f3kq").await;
            let target = project.token_ref(&old);
            let old_value = project.stored_value(&old.name).await;
            let first = interrupted(Box::pin(rotate(&project.cluster, &target)), times).await;

            is_done = first.is_some();
            let next = admin().await;
            let tokens = project.tokens().await;
            is_fine(project, &old, &tokens).await;
            let value = resume(&next, &target, &tokens).await.or(first);
            if let Some(value) = value {
                project.until_accepted(&value).await;
            }
            project.until_refused(&old_value).await;
            is_fine(project, &old, &project.tokens().await).await;
        })
        .await;
        if is_done {
            return;
        }
    }
}

#[tokio::test]
async fn an_interrupted_compromise_can_be_continued() {
    in_a_project(async |project| {
        for times in (1..).step_by(4) {
            let old = project.create(&format!("ci-{times}")).await;
            let target = project.token_ref(&old);
            let first = interrupted(
                Box::pin(project.cluster.compromise_token(&target, None)),
                times,
            )
            .await;
            let new = admin()
                .await
                .compromise_token(&target, None)
                .await
                .expect("a successor")
                .successor
                .token;
            let tokens = project.tokens().await;
            let seen = tokens
                .iter()
                .find(|token| token.uid == old.uid)
                .expect("the old one");
            assert!(matches!(seen.state, TokenState::Suspended { .. }) && seen.is_compromised);
            assert_eq!(seen.replaced_by.as_ref(), Some(&new.name));
            // The interrupted try may have left a successor, whose value nobody has seen.
            let unseen = tokens
                .iter()
                .filter(|token| token.replaces.as_ref() == Some(&old.name))
                .all(|token| token.reveal == Some(Reveal::Pending));
            assert!(unseen, "{times}");
            project.is_sound(&old.name).await;
            if first.is_some() {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_interrupted_deletion_has_happened_or_not() {
    in_a_project(async |project| {
        for times in 1.. {
            let token = project.create(&format!("ci-{times}")).await;
            let target = project.token_ref(&token);
            let first = interrupted(Box::pin(project.cluster.delete_token(&target)), times).await;
            match admin().await.delete_token(&target).await {
                Ok(()) | Err(Error::NoToken(_)) => assert!(!project.has(&token).await),
                Err(error) => panic!("{error}"),
            }
            if first.is_some() {
                return;
            }
        }
    })
    .await;
}
