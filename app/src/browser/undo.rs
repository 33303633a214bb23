//! The undo window of a deletion: *Undo* while it lasts, and what is said at its end. A token is called deleted only after the API server
//! said so.

use kargo::{
    problem::{Kind, Problem},
    token::TokenRef,
};
use leptos::task::spawn_local;

use super::{
    bulk::queue::for_each_throttled,
    notice::{Notice, Undo, UndoWindow},
    operations,
    page::{focus, refresh},
    platform::{milliseconds, sleep},
    wording,
};

/// How often the API server is asked whether the deletion is over, and the milliseconds before each time.
const TRIES: usize = 4;
const PAUSE: i32 = 3000;

/// Shows that a deletion has begun, with *Undo* until the window ends.
pub fn offer(notice: Notice, text: String, tokens: Vec<TokenRef>, window: UndoWindow) {
    let undo = Undo {
        tokens,
        window: Some(window),
    };
    notice.show_with_undo(text, undo.clone());
    spawn_local(async move {
        #[allow(clippy::cast_possible_truncation, reason = "an hour at most")]
        sleep((window.end - milliseconds()).max(0.0) as i32).await;
        if !notice.offers_until(window) {
            return;
        }
        let has_focus = focus::is_within(".notice");
        notice.clear();
        if has_focus {
            focus::focus_token(undo.tokens.first().map(|token| token.uid.0.as_str()));
        }
        if let [token] = undo.tokens.as_slice()
            && is_gone(token).await
        {
            notice.show(wording::is_deleted(&token.name));
        }
        refresh::update().await;
    });
}

/// Asks the API server whether a token is deleted, a few times.
async fn is_gone(token: &TokenRef) -> bool {
    for _ in 0..TRIES {
        sleep(PAUSE).await;
        let answer = operations::notes(token).await;
        if answer.is_err_and(|problem| problem.kind == Kind::NotFound) {
            return true;
        }
    }
    false
}

/// Restores tokens, and says what came of it.
pub fn undo(notice: Notice, tokens: Vec<TokenRef>) {
    let total = tokens.len();
    let name = tokens.first().map(|token| token.name.clone());
    spawn_local(async move {
        let mut failed = None;
        let (mut restored, mut gone) = (0, 0);
        for_each_throttled(
            tokens,
            async |token| operations::restore(token.clone(), false).await,
            |_, result| match result {
                Ok(()) => restored += 1,
                Err(problem) if total > 1 && problem.kind == Kind::NotFound => gone += 1,
                Err(problem) => failed = Some(problem),
            },
        )
        .await;
        match (failed, name) {
            (Some(problem), _) if total == 1 => notice.show_error(&problem),
            (Some(problem), _) => {
                let result = wording::are_restored(restored, gone, total);
                let message = format!("{result} {}", problem.message);
                let told = Problem::new(problem.kind, message, problem.hint);
                notice.show_error(&told.quoting(problem.quote));
            }
            (None, Some(name)) if total == 1 => notice.show(wording::is_restored(name)),
            (None, _) => notice.show(wording::are_restored(restored, gone, total)),
        }
        // After the result, which an error of the update is added to.
        refresh::update().await;
    });
}
