//! Recreating a token.

use kargo::{
    cluster::Error,
    token::{Notes, Reveal, TokenState},
};

use super::support::project::{claim, in_a_project, text};

#[tokio::test]
async fn the_successor_has_another_name_and_value_and_the_old_token_works_on() {
    in_a_project(async |project| {
        let old = project.create("ci-7f3kq").await;
        let old_value = project
            .reveal(&old, &claim())
            .await
            .expect("the value")
            .value;

        let recreated = project.try_recreate(&old).await.expect("a new token");
        let new = recreated.successor.token;
        assert_ne!(new.name, old.name);
        assert!(
            new.name.as_str().starts_with("ci-")
                && new.name.as_str().len() == old.name.as_str().len(),
            "{}",
            new.name
        );
        assert_eq!(
            (new.role.as_str(), &new.reveal),
            ("ci", &Some(Reveal::Pending))
        );
        assert_eq!(new.replaces.as_ref(), Some(&old.name));
        let linked = project.token(&old.name).await;
        assert_eq!(linked.replaced_by.as_ref(), Some(&new.name));
        assert_eq!(recreated.predecessor.map(|old| old.token), Some(linked));

        let new_value = project
            .reveal(&new, &claim())
            .await
            .expect("the value")
            .value;
        assert_ne!(new_value.expose(), old_value.expose());
        // Both work until the old token is deleted.
        project.until_accepted(&new_value).await;
        project.until_accepted(&old_value).await;
    })
    .await;
}

#[tokio::test]
async fn a_token_of_kargos_own_tools_can_be_recreated() {
    in_a_project(async |project| {
        let old = project.add_kargo_token("from-kargo").await;
        assert_eq!(old.state, TokenState::Active);
        let new = project.recreate(&old).await;
        assert!(new.name.as_str().starts_with("from-kargo-"), "{}", new.name);
    })
    .await;
}

#[tokio::test]
async fn unmanaged_and_other_tokens_are_not_recreated() {
    in_a_project(async |project| {
        let unmanaged = project.add_unmanaged_token("kubectl").await;
        let error = project.try_recreate(&unmanaged).await.expect_err("refused");
        assert!(matches!(error, Error::Unmanaged { .. }), "{error}");

        let mut token = project.create("ci").await;
        token.uid.0 = "another".to_owned();
        let error = project.try_recreate(&token).await.expect_err("refused");
        assert!(matches!(error, Error::Replaced(_)), "{error}");
        assert_eq!(project.tokens().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_orphan_is_not_recreated() {
    in_a_project(async |project| {
        // Kubernetes removes the tokens of a role that is gone; a finalizer keeps this one.
        let token = project.add_kargo_token("orphan").await;
        project.hold(&token).await;
        project.delete_role().await;
        let error = project.try_recreate(&token).await;
        project.let_go(&token).await;
        // Kubernetes may be removing the token already, or only the role.
        let error = error.expect_err("being removed");
        assert!(
            matches!(error, Error::Terminating(_) | Error::NoRole { .. }),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
async fn only_the_successor_is_linked_if_the_old_token_may_not_be_patched() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let maker = project
            .with_rights(&[("secrets", "list create"), ("serviceaccounts", "get")])
            .await;
        let recreated = maker
            .recreate_token(&project.token_ref(&old), None)
            .await
            .expect("a new token");
        assert_eq!(recreated.predecessor, None);
        let new = recreated.successor.token;
        assert_eq!(new.replaces.as_ref(), Some(&old.name));
        assert_eq!(project.token(&old.name).await.replaced_by, None);
    })
    .await;
}

#[tokio::test]
async fn the_successor_takes_over_note_and_contact() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let notes = Notes {
            note: text("The nightly build uses it."),
            contact: text("#ops"),
        };
        let written = project
            .cluster
            .note_token(&project.token_ref(&old), &Notes::default(), &notes)
            .await;
        written.expect("noted");
        let new = project.recreate(&old).await;
        assert_eq!(new.note.as_deref(), Some("The nightly build uses it."));
        assert_eq!(new.contact.as_deref(), Some("#ops"));
    })
    .await;
}
