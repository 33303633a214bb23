//! Changing a token's note and contact.

use kargo::{
    cluster::Error,
    problem::Kind,
    token::{HistoryAction, Notes},
};

use super::support::project::{in_a_project, text};

fn notes(note: &str, contact: &str) -> Notes {
    Notes {
        note: text(note),
        contact: text(contact),
    }
}

/// The same texts, as a page showed them.
fn as_seen(notes: &Notes) -> Notes<String> {
    Notes {
        note: notes.note.to_string(),
        contact: notes.contact.to_string(),
    }
}

#[tokio::test]
async fn notes_are_written_changed_and_removed() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let target = project.token_ref(&token);
        let before = project.marks(&token.name).await;
        let change = async |from: &Notes, to: &Notes| {
            let changed = project
                .cluster
                .note_token(&target, &as_seen(from), to)
                .await
                .expect("noted");
            (changed.token.note, changed.token.contact)
        };
        let (none, first) = (Notes::default(), notes("for \"nightly\"\n🔑 & <b>", "Ünal"));
        let second = notes(&"ü".repeat(500), "");
        assert_eq!(
            change(&none, &first).await,
            (Some(first.note.to_string()), Some("Ünal".to_owned()))
        );
        let version = project.versions().await;
        change(&none, &first).await;
        assert_eq!(project.versions().await, version, "nothing to change");
        assert_eq!(
            change(&first, &second).await,
            (Some(second.note.to_string()), None)
        );
        assert_eq!(change(&second, &none).await, (None, None));
        assert_eq!(project.marks(&token.name).await, before, "nothing is left");
        assert_eq!(
            project.actions(&token.name).await,
            [
                HistoryAction::Created,
                HistoryAction::Noted,
                HistoryAction::Noted,
                HistoryAction::Noted
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn another_persons_notes_are_not_overwritten_unseen() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let target = project.token_ref(&token);
        let note = async |to: &Notes| {
            project
                .cluster
                .note_token(&target, &Notes::default(), to)
                .await
        };
        let (mine, theirs) = (notes("mine", ""), notes("", "theirs"));
        let (one, other) = futures::join!(note(&mine), note(&theirs));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let error = one.err().or(other.err()).expect("one of the two");
        assert!(matches!(error, Error::NotesChanged(_)), "{error}");
        assert_eq!(error.problem().kind, Kind::Conflict);
        let seen = project.token(&token.name).await;
        assert!(seen.note.is_some() != seen.contact.is_some(), "{seen:?}");
    })
    .await;
}
