//! Acts that the cluster's rules refuse to a person who signed in with a role's own token.

use kargo::{
    admission::{Enforcement, Rule},
    cluster::{Cluster, Viewer},
    identity::ServiceAccountRef,
    scope::Scope,
};

use crate::offers::OwnRoleRules;

/// The view that reads which rules are on: the program's own. What the chart installs is no secret, and few people may read policies.
#[derive(Clone)]
pub struct RulesReader(pub Cluster);

/// Reads them for a scope; `None` if there are none, or where that can't be told.
pub async fn read_own_role_rules(
    reader: &RulesReader,
    viewer: &Viewer,
    scope: &Scope,
) -> Option<OwnRoleRules> {
    // Somebody who acts as a role by impersonation has no credential of the role.
    if viewer.person().is_some() || viewer.base().is_impersonating() {
        return None;
    }
    let identity = viewer.identity(scope).await.ok()?;
    let account = ServiceAccountRef::of_user(&identity.user)?;
    if account.namespace.as_str() != viewer.base().namespace(scope) {
        return None;
    }
    let rules = reader.0.known_rules_in_force().await.ok()?;
    let refuses = |rule: Rule| {
        rules.iter().any(|it| {
            it.rule == rule
                && it.enforcement == Enforcement::Deny
                && it.holds_in(scope) == Some(true)
                && !it.settings.exempt_users.contains(&identity.user)
        })
    };
    let found = OwnRoleRules {
        role: account.name,
        refuses_creation: refuses(Rule::OwnRole),
        refuses_suspended: refuses(Rule::SuspendedTokens),
    };
    (found.refuses_creation || found.refuses_suspended).then_some(found)
}
