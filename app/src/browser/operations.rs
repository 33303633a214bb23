//! Calls of the server functions, and nothing else. Everything that changes or reads a token goes through here.

use kargo::{
    claim::ClaimId,
    problem::Problem,
    token::{Notes, TokenRef},
    value::Value,
};

use crate::{
    api::{self, ApiError, RevealedToken, WireValue},
    protocol::{BrowserContext, SelectableToken},
    session::Session,
};

fn problem(error: ApiError) -> Problem {
    error.0
}

/// A token that somebody wants to create.
#[derive(Debug, Clone, PartialEq)]
pub struct NewToken {
    /// The scope's address.
    pub scope: String,
    /// The role's name.
    pub role: String,
    /// The token's name.
    pub name: String,
    /// Seconds; 0: without end.
    pub lifetime: u64,
    /// Texts for people.
    pub notes: Notes<String>,
}

/// Creates a token.
pub async fn create(new: NewToken) -> Result<TokenRef, Problem> {
    let Notes { note, contact } = new.notes;
    let lifetime = Some(new.lifetime);
    let created = api::create_token(
        new.scope,
        new.role,
        new.name,
        lifetime,
        Some(note),
        Some(contact),
    );
    created.await.map_err(problem)
}

/// Asks the cluster why it would refuse to create a token; `None`: it wouldn't. Nothing is written.
pub async fn rehearse(new: NewToken) -> Result<Option<Problem>, Problem> {
    let Notes { note, contact } = new.notes;
    let lifetime = Some(new.lifetime);
    let rehearsed = api::rehearse_creation(
        new.scope,
        new.role,
        new.name,
        lifetime,
        Some(note),
        Some(contact),
    );
    rehearsed.await.map_err(problem)
}

/// Creates a successor. `lifetime`: seconds; 0: without end; `None`: the old token's lifetime. `successor`: the one that the page shows.
pub async fn recreate(
    token: TokenRef,
    lifetime: Option<u64>,
    successor: Option<String>,
) -> Result<TokenRef, Problem> {
    api::recreate_token(token, lifetime, successor)
        .await
        .map_err(problem)
}

/// Reads the value of a token, once. A lost answer can be asked for again with the same claim.
pub async fn reveal(token: TokenRef, claim: &ClaimId) -> Result<RevealedToken, Problem> {
    api::reveal_token(token, claim.expose().to_owned())
        .await
        .map_err(problem)
}

/// Notes that the value was saved.
pub async fn confirm(token: TokenRef, claim: ClaimId) -> Result<(), Problem> {
    api::confirm_token(token, claim.expose().to_owned())
        .await
        .map_err(problem)?;
    Ok(())
}

/// Signs in with a value. Answers with the user name.
pub async fn test(value: Value) -> Result<String, Problem> {
    let identity = api::test_token(WireValue(value)).await.map_err(problem)?;
    Ok(identity.user)
}

/// Begins to delete a token with an undo window. Answers with the window's seconds. `extra`: seconds that are added to the window.
pub async fn delete(token: TokenRef, extra: Option<u64>) -> Result<Option<u64>, Problem> {
    let answer = api::delete_token(token, None, extra)
        .await
        .map_err(problem)?;
    Ok(answer.undo_seconds)
}

/// Deletes a token at once.
pub async fn delete_permanently(token: TokenRef) -> Result<(), Problem> {
    api::delete_token(token, Some(true), None)
        .await
        .map_err(problem)?;
    Ok(())
}

/// Deletes a token that is due.
pub async fn finish(token: TokenRef) -> Result<(), Problem> {
    api::finish_token(token).await.map_err(problem)?;
    Ok(())
}

/// Suspends a token. `reason`: may be empty.
pub async fn suspend(token: TokenRef, reason: String) -> Result<(), Problem> {
    api::suspend_token(token, Some(reason))
        .await
        .map_err(problem)?;
    Ok(())
}

/// Undoes a deletion or a suspension. `compromised`: also of a token that was reported as compromised.
pub async fn restore(token: TokenRef, compromised: bool) -> Result<(), Problem> {
    api::restore_token(token, Some(compromised))
        .await
        .map_err(problem)?;
    Ok(())
}

/// Keeps the old token of a rotation for `overlap` seconds, or until somebody deletes it.
pub async fn retire(token: TokenRef, overlap: Option<u32>) -> Result<(), Problem> {
    api::retire_token(token, overlap).await.map_err(problem)?;
    Ok(())
}

/// Suspends a compromised token and creates its successor.
pub async fn compromise(token: TokenRef) -> Result<TokenRef, Problem> {
    api::compromise_token(token).await.map_err(problem)
}

/// Deletes a compromised token that has a successor; takes up to 12 seconds. Answers whether the API server was seen to refuse the value.
pub async fn finish_compromise(token: TokenRef) -> Result<bool, Problem> {
    api::finish_compromise(token).await.map_err(problem)
}

/// Changes note and contact from what the person saw.
pub async fn save_notes(
    token: TokenRef,
    before: Notes<String>,
    after: Notes<String>,
) -> Result<(), Problem> {
    api::note_token(
        token,
        before.note,
        before.contact,
        after.note,
        after.contact,
    )
    .await
    .map_err(problem)?;
    Ok(())
}

/// Reads note and contact.
pub async fn notes(token: &TokenRef) -> Result<Notes<String>, Problem> {
    api::get_notes(token.scope.to_string(), token.name.to_string())
        .await
        .map_err(problem)
}

/// Reads who is signed in, and the addresses that a token's user needs.
pub async fn session() -> Result<Session, Problem> {
    api::get_session().await.map_err(problem)
}

/// Reads every token of the page's view that bulk commands can be used on.
pub async fn list_token_refs(context: BrowserContext) -> Result<Vec<SelectableToken>, Problem> {
    let BrowserContext {
        scope,
        role,
        filter,
        search,
        ..
    } = context;
    api::list_token_refs(scope, role, Some(search), filter)
        .await
        .map_err(problem)
}
