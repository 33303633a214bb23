//! The tokens of the inventory for other programs and spreadsheets, without values.

use std::sync::Arc;

use jiff::Timestamp;
use kargo::{
    cluster::Viewer,
    overview::Overview,
    risk::{Risk, Risks},
    token::{TokenState, TokenSummary},
};
use serde::Serialize;

use crate::{
    error::ApiError, page_model::InventoryScopes, query::InventoryQuery, visited::Visited,
};

/// One token of an export.
#[derive(Debug, Serialize)]
pub struct ExportedToken {
    /// `system`, or `projects/NAME`.
    pub scope: String,
    /// ServiceAccount that the token is for.
    pub role: String,
    /// Name of the Secret.
    pub name: String,
    /// `preparing`, `unrevealed`, `active`, `suspended`, `deleting` or `expired`.
    pub state: &'static str,
    /// Time of creation.
    pub created: Timestamp,
    /// UTC day of the last use.
    pub last_used: Option<String>,
    /// End of an expiring token.
    pub expires: Option<Timestamp>,
    /// Creator's Kubernetes user name.
    pub created_by: Option<String>,
    /// Person or channel to ask.
    pub contact: Option<String>,
    /// Note for people.
    pub note: Option<String>,
    /// Whether Kargo manages the token.
    pub managed: bool,
    /// Whether it was reported as compromised.
    pub compromised: bool,
    /// Token that was made to replace this one.
    pub replaced_by: Option<String>,
    /// What makes it a risk, the worst first.
    pub risks: Vec<Risk>,
}

/// All tokens that an address of the inventory asks for, in the order of the page.
pub struct Export(Vec<(String, Arc<TokenSummary>, Risks)>);

impl Export {
    /// Reads the tokens. `query`: the parameters of the address. `visited`: projects that the person
    /// visited.
    ///
    /// # Errors
    /// If a parameter means nothing, or if a scope could not be read: an export must not be taken for something else than it is. Scopes whose
    /// tokens the person may not list are left out.
    pub async fn read(
        viewer: &Viewer,
        query: &[(String, String)],
        visited: &Visited,
    ) -> Result<Self, ApiError> {
        let query = InventoryQuery::parse_export(query);
        ApiError::refuse_ignored(&query.ignored)?;
        let read = InventoryScopes::read(viewer, &query, visited).await;
        let scopes = read.complete()?;
        let tokens = Overview::of(&scopes, &query.asked).sorted();
        let tokens = tokens
            .into_iter()
            .map(|row| (row.of.scope.to_string(), Arc::clone(row.token), row.risks));
        Ok(Self(tokens.collect()))
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Up to so many tokens from an index on.
    pub fn part(&self, first: usize, number: usize) -> Vec<ExportedToken> {
        let tokens = self.0.iter().skip(first).take(number);
        tokens
            .map(|(scope, token, risks)| {
                ExportedToken::of(scope.clone(), token, risks.iter().collect())
            })
            .collect()
    }
}

impl ExportedToken {
    /// A token of a scope.
    pub fn of(scope: String, token: &TokenSummary, risks: Vec<Risk>) -> Self {
        let state = match token.state {
            TokenState::Preparing => "preparing",
            TokenState::Unrevealed => "unrevealed",
            TokenState::Active => "active",
            TokenState::Suspended { .. } => "suspended",
            TokenState::Deleting { .. } => "deleting",
            TokenState::Expired { .. } => "expired",
        };
        Self {
            scope,
            role: token.role.clone(),
            name: token.name.to_string(),
            state,
            created: token.created,
            last_used: token.last_used.clone(),
            expires: token.expires,
            created_by: token.created_by.clone(),
            contact: token.contact.clone(),
            note: token.note.clone(),
            managed: token.is_managed(),
            compromised: token.is_compromised,
            replaced_by: token.replaced_by.as_ref().map(ToString::to_string),
            risks,
        }
    }
}
