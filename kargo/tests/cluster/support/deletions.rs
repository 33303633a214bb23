//! Suspensions and deletions, by this program and by other tools.

use jiff::SignedDuration;
use kargo::{
    cluster::{Error, OfReported, SweptToken},
    name::TokenName,
    token::{ChangedToken, CleanupReason, TokenSummary},
};
use serde_json::{Value as Json, json};

use super::project::{Project, text};

/// A time that is certainly over.
pub const PAST: &str = "2026-01-01T00:00:00Z";
/// A time that never comes during a test.
pub const FUTURE: &str = "2999-01-01T00:00:00Z";
/// A window or overlap that doesn't end during a test.
pub const HOUR: SignedDuration = SignedDuration::from_hours(1);

const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";

impl Project {
    /// Suspends a token.
    pub async fn suspend(&self, token: &TokenSummary, reason: &str) -> TokenSummary {
        self.try_suspend(token, reason)
            .await
            .expect("suspended")
            .token
    }

    /// Tries to suspend a token.
    pub async fn try_suspend(
        &self,
        token: &TokenSummary,
        reason: &str,
    ) -> Result<ChangedToken, Error> {
        self.cluster
            .suspend_token(&self.token_ref(token), &text(reason))
            .await
    }

    /// Begins to delete a token.
    pub async fn begin_deletion(
        &self,
        token: &TokenSummary,
        window: SignedDuration,
    ) -> TokenSummary {
        self.try_begin_deletion(token, window)
            .await
            .expect("begun")
            .token
    }

    /// Begins a deletion that is due at once.
    pub async fn begin_due_deletion(&self, token: &TokenSummary) -> TokenSummary {
        self.begin_deletion(token, SignedDuration::ZERO).await
    }

    /// Tries to begin to delete a token.
    pub async fn try_begin_deletion(
        &self,
        token: &TokenSummary,
        window: SignedDuration,
    ) -> Result<ChangedToken, Error> {
        self.cluster
            .begin_deletion(&self.token_ref(token), window)
            .await
    }

    /// Restores a token that was not reported as compromised.
    pub async fn restore(&self, token: &TokenSummary) -> TokenSummary {
        let restored = self.try_restore(token, false).await;
        restored.expect("restored").token
    }

    /// Tries to restore a token.
    pub async fn try_restore(
        &self,
        token: &TokenSummary,
        even_compromised: bool,
    ) -> Result<ChangedToken, Error> {
        let of_reported = if even_compromised {
            OfReported::Restore
        } else {
            OfReported::Refuse
        };
        self.cluster
            .restore_token(&self.token_ref(token), of_reported)
            .await
    }

    /// Deletes a token at once.
    pub async fn delete(&self, token: &TokenSummary) {
        self.try_delete(token).await.expect("deleted");
    }

    /// Tries to delete a token at once.
    pub async fn try_delete(&self, token: &TokenSummary) -> Result<(), Error> {
        self.cluster.delete_token(&self.token_ref(token)).await
    }

    /// Tries to finish what is due of a token.
    pub async fn try_finish(&self, token: &TokenSummary) -> Result<(), Error> {
        self.cluster.finish_token(&self.token_ref(token)).await
    }

    /// Sweeps the project. Answers with what was deleted.
    pub async fn sweep(&self) -> Vec<(TokenName, CleanupReason)> {
        let mut all = Vec::new();
        let mut report = |swept: SweptToken| {
            swept.result.expect("it can be deleted");
            all.push((swept.token.name, swept.reason));
        };
        let swept = self.cluster.sweep_scope(&self.scope, false, &mut report);
        swept.await.expect("swept");
        all
    }

    /// Sets or removes the suspension label, as other tools do.
    pub async fn set_suspension_label(&self, token: &TokenSummary, since: Option<&str>) {
        let labels: Json = json!({ (INVALID_SINCE): since });
        self.edit(&token.name, json!({ "labels": labels })).await;
    }

    /// Lifts a suspension, as other tools do.
    pub async fn lift_suspension(&self, token: &TokenSummary) {
        self.set_suspension_label(token, None).await;
    }

    /// Moves the time at which a deletion that was begun is due.
    pub async fn set_deletion_time(&self, token: &TokenSummary, time: &str) {
        self.annotate(token, json!({ "kargo-tokens/delete-after": time }))
            .await;
    }

    /// Moves the end of an expiring token.
    pub async fn set_expiry(&self, token: &TokenSummary, time: &str) {
        self.annotate(token, json!({ "kargo-tokens/expires-at": time }))
            .await;
    }

    /// Adds a finalizer, which keeps the Secret when it is deleted.
    pub async fn hold(&self, token: &TokenSummary) {
        self.edit(&token.name, json!({ "finalizers": ["kargo-tokens/test"] }))
            .await;
    }

    /// Removes the finalizer.
    pub async fn let_go(&self, token: &TokenSummary) {
        self.edit(&token.name, json!({ "finalizers": null })).await;
    }
}
