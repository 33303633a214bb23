//! `GET /api/list_exposed`: what whoever held a role's token could have taken besides.

#[cfg(feature = "ssr")]
use jiff::Timestamp;
use kargo::token::TokenHandle;
#[cfg(feature = "ssr")]
use kargo::{
    name::TokenName,
    token::{TokenState, TokenSummary},
};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use super::ApiError;

/// Tokens that are named one by one; there may be more.
#[cfg(feature = "ssr")]
const NAMED: usize = 100;

/// What a role lets its holder take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposed {
    /// Sentences, one for each grant that matters; empty where the role's rules show none.
    pub findings: Vec<String>,
    /// Whether some of the role's rules can't be read, so that there may be more.
    pub is_partial: bool,
    /// Tokens of this scope whose values it could have read, by role and name.
    pub tokens: Vec<TokenHandle>,
    /// Those of them that can't be recreated here, since Kargo doesn't manage them or they belong to none of its roles: name and role.
    pub by_hand: Vec<(String, String)>,
    /// How many these are in all.
    pub total: usize,
    /// The successor of the token that is asked about, where its value is there to be read.
    pub successor: Option<TokenHandle>,
}

/// What a role of a scope lets its holder take: other tokens' values, and tokens of their own making. `name`: the token that was in the
/// wrong hands. `before`: when it can have read others, in seconds since 1970; what was made later is left out.
#[server(endpoint = "list_exposed", input = GetUrl, output = Json)]
pub async fn list_exposed(
    scope: String,
    role: String,
    name: Option<String>,
    before: Option<i64>,
) -> Result<Exposed, ApiError> {
    use kargo::{cluster::exposure, role::Rules, scope::Scope};

    let scope: Scope = super::argument("scope", scope)?;
    let cluster = super::cluster()?;
    let roles = cluster.list_roles(&scope).await?;
    let Some(of) = roles.iter().find(|of| of.name.as_str() == role) else {
        return Ok(Exposed {
            is_partial: true,
            ..Exposed::default()
        });
    };
    let found = exposure(&of.grants);
    let place = |namespace: &Option<String>| {
        namespace.as_ref().map_or_else(
            || "in every namespace".to_owned(),
            |namespace| format!("in namespace {namespace}"),
        )
    };
    let findings = found.iter().flat_map(|one| {
        let which = if one.names.is_empty() {
            String::new()
        } else {
            format!(" (only {})", one.names.join(", "))
        };
        let place = place(&one.namespace);
        [
            (
                one.reads,
                format!("It could read the value of every token {place}{which}."),
            ),
            (
                one.makes,
                format!("It could make tokens of its own {place}, for every role there."),
            ),
        ]
    });
    let findings = findings
        .filter(|(is_so, _)| *is_so)
        .map(|(_, text)| text)
        .collect();
    let reads_here = |name: &str| {
        found.iter().any(|one| {
            one.reads
                && one
                    .namespace
                    .as_deref()
                    .is_none_or(|namespace| namespace == cluster.namespace(&scope))
                && (one.names.is_empty() || one.names.iter().any(|only| only == name))
        })
    };
    let mut tokens = cluster.list_all_tokens(&scope).await?.0;
    tokens.retain(|token| !token.is_expiring() && reads_here(token.name.as_str()));
    let before = before.and_then(|before| Timestamp::from_second(before).ok());
    let successor = without_the_rest(&mut tokens, name.as_deref(), before);
    tokens.sort_by(|a, b| (&a.role, &a.name).cmp(&(&b.role, &b.name)));
    let has_role = |token: &TokenSummary| roles.iter().any(|of| of.name.as_str() == token.role);
    let (tokens, by_hand): (Vec<_>, Vec<_>) = tokens
        .into_iter()
        .partition(|token| token.is_managed() && has_role(token));
    Ok(Exposed {
        findings,
        // Kargo binds its system roles in every project, too; these bindings are not read.
        is_partial: scope == Scope::System
            || !of.unreadable.is_empty()
            || of
                .grants
                .iter()
                .any(|grant| grant.rules == Rules::Unreadable),
        successor: successor.map(|token| token.handle(&scope)),
        total: tokens.len(),
        by_hand: by_hand
            .into_iter()
            .take(NAMED)
            .map(|token| (token.name.to_string(), token.role))
            .collect(),
        tokens: tokens
            .iter()
            .take(NAMED)
            .map(|token| token.handle(&scope))
            .collect(),
    })
}

/// Leaves out what a compromised token can't have read, or what is dealt with: itself, what was made later, what is being deleted. Answers
/// with its successor.
#[cfg(feature = "ssr")]
fn without_the_rest(
    tokens: &mut Vec<TokenSummary>,
    name: Option<&str>,
    before: Option<Timestamp>,
) -> Option<TokenSummary> {
    let is = |name: Option<&str>, other: &TokenName| name == Some(other.as_str());
    tokens.retain(|token| {
        !is(name, &token.name)
            && before.is_none_or(|before| token.created <= before)
            && !matches!(token.state, TokenState::Deleting { .. })
    });
    let successor = tokens
        .iter()
        .filter(|token| token.replaces.as_ref().is_some_and(|old| is(name, old)))
        .max_by_key(|token| token.created)
        .cloned()?;
    tokens.retain(|token| token.name != successor.name);
    Some(successor)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::sample::{at, token};

    #[test]
    fn only_what_could_be_read_is_left() {
        let named = |name: &str, created: &str| TokenSummary {
            name: name.parse().expect("a name"),
            created: at(created),
            ..token()
        };
        let mut tokens = vec![
            named("other", "2026-01-01T00:00:00Z"),
            named("old", "2026-01-01T00:00:00Z"),
            TokenSummary {
                replaces: Some("old".parse().expect("a name")),
                ..named("new", "2026-02-01T00:00:00Z")
            },
            named("later", "2026-02-01T00:01:00Z"),
            TokenSummary {
                state: TokenState::Deleting {
                    until: at("2026-03-01T00:00:00Z"),
                },
                ..named("going", "2026-01-01T00:00:00Z")
            },
        ];
        let before = Some(at("2026-02-01T00:00:30Z"));
        let successor = without_the_rest(&mut tokens, Some("old"), before).expect("one");
        assert_eq!(successor.name.as_str(), "new");
        let left: Vec<_> = tokens.iter().map(|token| token.name.as_str()).collect();
        assert_eq!(left, ["other"]);
    }
}
