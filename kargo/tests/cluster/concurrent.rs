//! Two admins who change one token at the same time, for every pair of verbs. The result is the same as if one of them had come after the
//! other, so nothing is half done, and nobody's change is lost without an error.

use futures::{StreamExt, stream};
use kargo::{
    cluster::{Cluster, Error, OfReported},
    name::TokenName,
    problem::Kind,
    token::{Notes, TokenRef, TokenState},
};

use super::support::{
    control_plane::{admin, poll_times},
    deletions::HOUR,
    project::{Project, in_a_project, text},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Suspend,
    Restore,
    BeginDeletion,
    FinishDeletion,
    Delete,
    Retire,
    Compromise,
    Recreate,
    Note,
}

use Verb::{
    BeginDeletion, Compromise, Delete, FinishDeletion, Note, Recreate, Restore, Retire, Suspend,
};

/// Polls of the first operation after which the second one starts.
const HEAD_STARTS: [usize; 2] = [0, 10];

const ALL: [Verb; 9] = [
    Suspend,
    Restore,
    BeginDeletion,
    FinishDeletion,
    Delete,
    Retire,
    Compromise,
    Recreate,
    Note,
];

impl Verb {
    async fn run(self, cluster: &Cluster, token: &TokenRef, who: &str) -> Result<(), Error> {
        let after = Notes {
            note: text(who),
            contact: text(""),
        };
        match self {
            Suspend => cluster.suspend_token(token, &text(who)).await.map(drop),
            Restore => cluster
                .restore_token(token, OfReported::Refuse)
                .await
                .map(drop),
            BeginDeletion => cluster.begin_deletion(token, HOUR).await.map(drop),
            FinishDeletion => cluster.finish_token(token).await,
            Delete => cluster.delete_token(token).await,
            Retire => cluster.retire_token(token, Some(HOUR)).await.map(drop),
            Compromise => cluster.compromise_token(token, None).await.map(drop),
            Recreate => cluster.recreate_token(token, None).await.map(drop),
            Note => cluster
                .note_token(token, &Notes::default(), &after)
                .await
                .map(drop),
        }
    }
}

/// Order of two operations.
#[derive(Debug, Clone, Copy)]
enum Order {
    InTurn,
    TheOtherWayRound,
    /// Mine was polled so many times when yours starts.
    AtOnce(usize),
}

/// Outcome of two operations.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Each operation's error, by its name.
    errors: [Option<String>; 2],
    /// Marks of the token, without times and other tokens' names; `None`: the token is gone.
    left: Option<Vec<String>>,
    successors: usize,
}

async fn outcome(project: &Project, verbs: [Verb; 2], order: Order, name: String) -> Outcome {
    let token = project.create(&name).await;
    let target = project.token_ref(&token);
    // Retiring takes a successor, restoring a suspension, and finishing a deletion that was begun.
    project.name_successor(&token, "an-earlier-one").await;
    if verbs.contains(&Restore) {
        project.suspend(&token, "before").await;
    }
    if verbs.contains(&FinishDeletion) {
        project.begin_due_deletion(&token).await;
    }
    let (me, you) = (&project.cluster, admin().await);
    let mut mine = Box::pin(verbs[0].run(me, &target, "me"));
    let yours = Box::pin(verbs[1].run(&you, &target, "you"));
    let results = match order {
        Order::InTurn => [mine.await, yours.await],
        Order::TheOtherWayRound => {
            let yours = yours.await;
            [mine.await, yours]
        }
        Order::AtOnce(ahead) => match poll_times(mine.as_mut(), ahead).await {
            Some(mine) => [mine, yours.await],
            None => futures::join!(mine, yours).into(),
        },
    };
    let errors = results.map(|result| {
        let error = result.err()?;
        let kind = error.problem().kind;
        assert!(
            matches!(kind, Kind::Conflict | Kind::NotFound),
            "{verbs:?} {order:?}: {error:?}"
        );
        let name = format!("{error:?}");
        name.split(['(', ' ']).next().map(str::to_owned)
    });
    let tokens = project.tokens().await;
    let successors = tokens
        .iter()
        .filter(|other| other.replaces.as_ref() == Some(&token.name))
        .count();
    for token in &tokens {
        if token.name.as_str().starts_with(&name) {
            project.is_sound(&token.name).await;
        }
    }
    let is_left = tokens.iter().any(|other| other.name == token.name);
    let left = if is_left {
        Some(left(project, &token.name).await)
    } else {
        None
    };
    Outcome {
        errors,
        left,
        successors,
    }
}

async fn left(project: &Project, name: &TokenName) -> Vec<String> {
    let token = project.token(name).await;
    let state = match token.state {
        TokenState::Deleting { .. } => "deleting".to_owned(),
        TokenState::Suspended { .. } => "suspended".to_owned(),
        state => format!("{state:?}"),
    };
    let mut left = vec![state];
    left.extend(project.marks(name).await.into_keys());
    left.extend(token.note);
    left.extend(token.suspension.map(|suspension| suspension.reason));
    left.push(format!(
        "has another successor: {}",
        token
            .replaced_by
            .is_some_and(|by| by.as_str() != "an-earlier-one")
    ));
    left
}

async fn compare(project: &Project, verbs: [Verb; 2], n: usize) {
    let run = async |order| {
        let name: String = format!("pair-{n}-{order:?}").to_lowercase();
        let name = name.replace(['(', ')'], "x");
        outcome(project, verbs, order, name).await
    };
    let (one, other) = (run(Order::InTurn).await, run(Order::TheOtherWayRound).await);
    for ahead in HEAD_STARTS {
        let at_once = run(Order::AtOnce(ahead)).await;
        assert!(
            at_once == one || at_once == other,
            "{verbs:?}\nat once: {at_once:#?}\nin turn: {one:#?}\nor: {other:#?}"
        );
    }
}

#[tokio::test]
async fn every_pair_of_concurrent_verbs_ends_as_if_one_came_after_the_other() {
    in_a_project(async |project| {
        let pairs = ALL
            .iter()
            .enumerate()
            .flat_map(|(i, one)| ALL[i..].iter().map(|other| [*one, *other]));
        let all: Vec<_> = pairs
            .enumerate()
            .map(|(n, verbs)| compare(project, verbs, n))
            .collect();
        stream::iter(all)
            .buffer_unordered(4)
            .collect::<Vec<()>>()
            .await;
    })
    .await;
}
