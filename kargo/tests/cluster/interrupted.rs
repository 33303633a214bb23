//! A program that ends in the middle of something, at any moment: what the next one sees tells it how to go on, no token that works is
//! lost, and none that doesn't comes back.

use std::pin::Pin;

use jiff::SignedDuration;
use kargo::{
    claim::ClaimId,
    cluster::{Cluster, Error},
    token::{Reveal, TokenHandle, TokenState, TokenSummary},
    value::Value,
};

use super::{
    control_plane::{admin, go_on},
    project::{Project, claim, in_a_project},
};

/// Lets an act go on so many times and drops it then; `Some` if it was done before.
async fn interrupted<F: Future>(mut act: Pin<Box<F>>, times: usize) -> Option<F::Output> {
    go_on(act.as_mut(), times).await
}

/// Creates the new token, has it in hand, and only then deletes the old one.
async fn rotate(cluster: &Cluster, old: &TokenHandle) -> Value {
    let new = cluster
        .recreate_token(old, None)
        .await
        .expect("a successor");
    let value = take(cluster, &new.handle(&old.scope), &claim()).await;
    delete(cluster, old).await;
    value
}

async fn take(cluster: &Cluster, new: &TokenHandle, claim: &ClaimId) -> Value {
    let revealed = cluster.reveal_token(new, claim).await.expect("the value");
    cluster.confirm_token(new, claim).await.expect("confirmed");
    revealed.value
}

async fn delete(cluster: &Cluster, old: &TokenHandle) {
    cluster
        .begin_deletion(old, SignedDuration::ZERO)
        .await
        .expect("begun");
    cluster.finish_token(old).await.expect("finished");
}

/// What a person does who finds the list like this; the new value, where nobody had it before.
async fn resume(cluster: &Cluster, old: &TokenHandle, tokens: &[TokenSummary]) -> Option<Value> {
    let is_new = |token: &&TokenSummary| token.replaces.as_ref() == Some(&old.name);
    let is_saved = |token: &TokenSummary| matches!(token.reveal, Some(Reveal::Confirmed { .. }));
    let is_there = tokens.iter().find(|token| token.uid == old.uid);
    let mut value = None;
    if !tokens.iter().filter(is_new).any(is_saved) {
        let pending = tokens
            .iter()
            .filter(is_new)
            .find(|token| token.reveal == Some(Reveal::Pending));
        let new = match pending {
            Some(new) => new.clone(),
            // None yet, or one that was perhaps never seen.
            None => cluster
                .recreate_token(old, None)
                .await
                .expect("a successor"),
        };
        value = Some(take(cluster, &new.handle(&old.scope), &claim()).await);
    }
    match is_there.map(|token| &token.state) {
        Some(TokenState::Deleting { .. }) => cluster.finish_token(old).await.expect("due"),
        Some(_) => delete(cluster, old).await,
        None => {}
    }
    value
}

async fn is_fine(project: &Project, old: &TokenSummary, tokens: &[TokenSummary]) {
    for token in tokens {
        project.is_sound(&token.name).await;
        assert!(
            token.name != old.name || token.uid == old.uid,
            "an old name has its old value"
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
        "somebody has a value that works: {tokens:#?}"
    );
}

#[tokio::test]
async fn a_rotation_goes_on_from_anywhere() {
    for times in (1..).step_by(5) {
        let mut is_done = false;
        in_a_project(async |project| {
            let old = project.create("ci-7f3kq").await;
            let handle = project.handle(&old);
            let old_value = project.stored_value(&old.name).await;
            let first = interrupted(Box::pin(rotate(&project.cluster, &handle)), times).await;

            is_done = first.is_some();
            let next = admin().await;
            let tokens = project.tokens().await;
            is_fine(project, &old, &tokens).await;
            let value = resume(&next, &handle, &tokens).await.or(first);
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
async fn a_compromise_goes_on_from_anywhere() {
    in_a_project(async |project| {
        for times in (1..).step_by(4) {
            let old = project.create(&format!("ci-{times}")).await;
            let handle = project.handle(&old);
            let first = interrupted(
                Box::pin(project.cluster.compromise_token(&handle, None)),
                times,
            )
            .await;
            let new = admin()
                .await
                .compromise_token(&handle, None)
                .await
                .expect("a successor");
            let tokens = project.tokens().await;
            let seen = tokens
                .iter()
                .find(|token| token.uid == old.uid)
                .expect("the old one");
            assert!(matches!(seen.state, TokenState::Suspended { .. }) && seen.is_compromised);
            assert_eq!(seen.replaced_by.as_ref(), Some(&new.name));
            // One that the interrupted try made may be left: nobody has seen its value.
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
async fn a_deletion_is_done_or_not() {
    in_a_project(async |project| {
        for times in 1.. {
            let token = project.create(&format!("ci-{times}")).await;
            let handle = project.handle(&token);
            let first = interrupted(Box::pin(project.cluster.delete_token(&handle)), times).await;
            match admin().await.delete_token(&handle).await {
                Ok(()) | Err(Error::NoToken(_)) => assert!(!project.has(&token.name).await),
                Err(error) => panic!("{error}"),
            }
            if first.is_some() {
                return;
            }
        }
    })
    .await;
}
