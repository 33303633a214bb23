//! Rotations: recreated, retiring and compromised tokens, and successors that work.

use jiff::SignedDuration;
use kargo::{
    claim::ClaimId,
    cluster::{Error, Recreated, Revealed},
    token::{ChangedToken, TokenSummary},
};
use serde_json::json;

use super::{
    deletions::PAST,
    project::{Project, claim},
};

impl Project {
    /// Creates a successor, which waits unrevealed.
    pub async fn recreate(&self, old: &TokenSummary) -> TokenSummary {
        self.try_recreate(old)
            .await
            .expect("a successor")
            .successor
            .token
    }

    /// Tries to create a successor.
    pub async fn try_recreate(&self, old: &TokenSummary) -> Result<Recreated, Error> {
        self.cluster
            .recreate_token(&self.token_ref(old), None)
            .await
    }

    /// Creates a successor that works, with its value saved.
    pub async fn succeed(&self, old: &TokenSummary) -> TokenSummary {
        let new = self.recreate(old).await;
        self.reveal_and_confirm(&new).await;
        self.token(&new.name).await
    }

    /// Reveals a value.
    pub async fn reveal(&self, token: &TokenSummary, claim: &ClaimId) -> Result<Revealed, Error> {
        self.cluster
            .reveal_token(&self.token_ref(token), claim)
            .await
    }

    /// Reveals a value and confirms that it is saved.
    pub async fn reveal_and_confirm(&self, token: &TokenSummary) {
        let claim = claim();
        self.reveal(token, &claim).await.expect("the value");
        self.cluster
            .confirm_token(&self.token_ref(token), &claim)
            .await
            .expect("confirmed");
    }

    /// Retires a token that has a successor.
    pub async fn retire(
        &self,
        old: &TokenSummary,
        overlap: Option<SignedDuration>,
    ) -> TokenSummary {
        self.try_retire(old, overlap).await.expect("retiring").token
    }

    /// Retires a token, with an overlap that is over at once.
    pub async fn retire_now(&self, old: &TokenSummary) -> TokenSummary {
        self.retire(old, Some(SignedDuration::ZERO)).await
    }

    /// Tries to retire a token.
    pub async fn try_retire(
        &self,
        old: &TokenSummary,
        overlap: Option<SignedDuration>,
    ) -> Result<ChangedToken, Error> {
        self.cluster
            .retire_token(&self.token_ref(old), overlap)
            .await
    }

    /// Removes the successor from the old token, as if recreating had been interrupted.
    pub async fn forget_successor(&self, old: &TokenSummary) {
        self.annotate(old, json!({ "kargo-tokens/replaced-by": null }))
            .await;
    }

    /// Records a successor on the old token, without creating it.
    pub async fn name_successor(&self, old: &TokenSummary, name: &str) {
        self.annotate(old, json!({ "kargo-tokens/replaced-by": name }))
            .await;
    }

    /// Reports a token as compromised. Answers with its successor.
    pub async fn compromise(&self, token: &TokenSummary) -> TokenSummary {
        let target = self.token_ref(token);
        let reported = Box::pin(self.cluster.compromise_token(&target, None)).await;
        reported.expect("a successor").successor.token
    }

    /// Tries to delete a compromised token.
    pub async fn try_finish_compromise(&self, token: &TokenSummary) -> Result<bool, Error> {
        self.cluster.finish_compromise(&self.token_ref(token)).await
    }

    /// Moves the suspension into the past, so that the API server need not be waited for.
    pub async fn move_suspension_back(&self, token: &TokenSummary) {
        let suspension = json!({ "at": PAST, "by": "me" }).to_string();
        self.annotate(token, json!({ "kargo-tokens/suspension": suspension }))
            .await;
    }

    /// Marks a token as managed by Argo CD.
    pub async fn manage_by_argo_cd(&self, token: &TokenSummary) {
        let labels = json!({ "argocd.argoproj.io/instance": "kargo" });
        self.edit(&token.name, json!({ "labels": labels })).await;
    }
}
