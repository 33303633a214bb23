//! What the views draw: one plain async function a page reads the cluster once and answers with the page's model. Views decide nothing.

mod access;
mod compromise;
mod frame;
mod inventory;
mod own_role;
mod rules;
mod session;
mod token;
mod tokens;

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use jiff::Timestamp;
use kargo::{
    cluster::{Cluster, TokensSnapshot, Viewer},
    filter::TokenMatcher,
    inventory::GroupedTokens,
    name::{RoleName, TokenName},
    permissions::{ClusterFeatures, Permissions},
    problem::Problem,
    right::{Right, role_with},
    role::RoleStatus,
    scope::Scope,
    succession::{self, PendingPredecessor},
    token::TokenSummary,
};

pub use access::{ComparedClaims, PasteProblem, read_own_claims, read_pasted_claims};
pub use compromise::{CompromisePageModel, exposure_report, read_compromise_page};
pub use frame::{Frame, read_frame};
pub use inventory::{
    InventoryGroup, InventoryPageModel, InventoryRow, InventoryScopes, read_inventory_page, some,
};
pub use own_role::RulesReader;
pub use rules::{Breaking, RuleStatus, RulesPageModel, read_rules_page};
pub use session::{ActingPerson, read_acting_person, read_own_user};
pub use token::{TokenDetails, TokenPageModel, describe, read_token_page};
pub use tokens::{Availability, Section, TokenRow, TokensPageModel, read_tokens_page};

use crate::{
    error::ApiError,
    offers::{Offers, OwnRoleRules, Situation, offers},
    policy::TokenPolicy,
    protocol::SelectableToken,
    query::TokensQuery,
};

/// What a page knows besides the tokens: shared by all of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct PageContext {
    /// Where the tokens live.
    pub scope: Scope,
    /// The namespace of the scope.
    pub namespace: String,
    /// The time by the API server's clock.
    pub now: Timestamp,
    /// The signed-in person's user name. Only the creator may reveal a token.
    pub viewer: Option<String>,
    /// What the person may do here.
    pub permissions: Permissions,
    /// Capabilities of the cluster.
    pub features: ClusterFeatures,
    /// What the configuration allows.
    pub policy: TokenPolicy,
    /// The token that the person is signed in with, if it is one of these.
    pub own_token: Option<TokenName>,
    /// Rules of the cluster that refuse something to the person, who signed in with a role's own token.
    pub own_role: Option<OwnRoleRules>,
    /// Creation times of the shown tokens' successors, by name.
    pub successors: BTreeMap<TokenName, Timestamp>,
    /// The old tokens that unrevealed successors replace, by the successors' names.
    pub predecessors: BTreeMap<TokenName, PendingPredecessor>,
}

/// Rights that the person lacks in a scope.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MissingRights {
    /// The rights.
    pub rights: Vec<Right>,
    /// The namespace of the scope.
    pub namespace: String,
    /// A Role that grants them, as YAML; `None` where the person's Kubernetes user name is not known.
    pub role: Option<String>,
}

impl MissingRights {
    /// Rights on tokens that commands need. `also`: others that a page found missing. `user`: the person's Kubernetes user name.
    fn of(
        permissions: Permissions,
        also: impl IntoIterator<Item = Right>,
        namespace: &str,
        user: Option<&str>,
    ) -> Self {
        let of_commands = [Right::Create, Right::Patch, Right::Delete, Right::Mint];
        let mut rights = permissions.missing(&of_commands);
        rights.extend(also);
        rights.sort();
        Self {
            role: user
                .filter(|_| !rights.is_empty())
                .map(|user| role_with(&rights, namespace, user)),
            namespace: namespace.to_owned(),
            rights,
        }
    }
}

/// Assumed where the API server could not be asked. It decides about each request all the same.
pub(crate) const UNKNOWN_PERMISSIONS: Permissions = Permissions {
    create: true,
    patch: true,
    delete: true,
    mint: true,
};
/// Assumed where the API server's version could not be read: a click on *Delete* must never become a deletion without an undo because of
/// that. The verb itself asks for the version again.
pub(crate) const UNKNOWN_FEATURES: ClusterFeatures = ClusterFeatures { suspend: true };

/// Problems that tell the person which checks of their commands failed.
fn unchecked(
    permissions: Option<&kargo::cluster::Error>,
    features: Option<&kargo::cluster::Error>,
) -> Vec<Problem> {
    let told = |error: &kargo::cluster::Error, consequence: &str| {
        let Problem {
            kind,
            message,
            quote,
            ..
        } = error.problem();
        Problem::new(
            kind,
            format!("{consequence} {message}"),
            "Reload the page to try again.",
        )
        .quoting(quote)
    };
    let permissions = permissions.map(|error| {
        told(
            error,
            "Your permissions could not be checked, so all commands are offered, and the cluster decides about each.",
        )
    });
    let features = features.map(|error| {
        told(
            error,
            "The cluster's version could not be read, so commands are offered as from Kubernetes 1.29 on.",
        )
    });
    permissions.into_iter().chain(features).collect()
}

impl PageContext {
    /// Whether the person created a token.
    pub fn is_creator(&self, token: &TokenSummary) -> bool {
        token.created_by.is_some() && token.created_by == self.viewer
    }

    /// Whether the person is signed in with a token.
    pub fn is_own(&self, name: &TokenName) -> bool {
        self.own_token.as_ref() == Some(name)
    }

    /// Whether a rule of the cluster refuses new tokens of a role to the person.
    pub fn refuses_new(&self, role: &str) -> bool {
        self.own_role
            .as_ref()
            .is_some_and(|rules| rules.refuses_new(role))
    }

    /// What a token offers to the person. `role`: what its role is, where that is known.
    pub fn offers(&self, token: &TokenSummary, role: Option<RoleStatus>) -> Offers {
        let situation = Situation {
            permissions: self.permissions,
            features: self.features,
            undo_window: self.policy.undo_window,
            role,
            is_creator: self.is_creator(token),
            is_own: self.is_own(&token.name),
            cleanup: token.cleanup_reason(self.now),
            own_role: self.own_role.clone(),
        };
        offers(token, &situation)
    }
}

/// A scope's tokens at one moment, as a page shows them.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The shown tokens.
    pub shown: Arc<ShownTokens>,
    /// The token that the person is signed in with, if it is one of these.
    pub own_token: Option<TokenName>,
    /// The UTC day since which the cluster tracks uses. Read for the clean-up only.
    pub tracking_since: Option<String>,
    /// The time by the API server's clock.
    pub now: Timestamp,
}

/// The tokens of a scope that a query shows. Computed once a minute for everybody who looks at the same list.
#[derive(Debug)]
pub struct ShownTokens {
    /// The tokens, grouped, with counts.
    pub grouped: GroupedTokens,
    /// Creation times of the tokens' successors, by name.
    pub successors: BTreeMap<TokenName, Timestamp>,
    /// The old tokens that unrevealed successors replace, by the successors' names.
    pub predecessors: BTreeMap<TokenName, PendingPredecessor>,
}

impl Snapshot {
    /// Reads what a query asks for.
    ///
    /// # Errors
    /// Those of grouped tokens; for the clean-up also those of grouped roles.
    pub async fn read(cluster: &Cluster, query: &TokensQuery) -> Result<Self, ApiError> {
        let is_cleanup = query.filter.state.is_cleanup();
        let known = cluster.inventory(&query.scope).await?;
        let (roles, tracking_since) = if is_cleanup {
            let (roles, since) = futures::try_join!(
                cluster.known_roles(&query.scope),
                cluster.known_tracking_since()
            )?;
            (Some(roles.names()), since)
        } else {
            (None, None)
        };
        Ok(Self::of(
            cluster,
            query,
            &known,
            roles.as_deref(),
            tracking_since,
        ))
    }

    /// Builds the snapshot from what was read.
    fn of(
        cluster: &Cluster,
        query: &TokensQuery,
        known: &TokensSnapshot,
        roles: Option<&[RoleName]>,
        tracking_since: Option<String>,
    ) -> Self {
        let now = known.now();
        let key = (
            query.clone(),
            roles.map(<[RoleName]>::to_vec),
            // Days without use and days until the end are right to the minute. What falls due changes the tokens.
            now.as_second() / 60,
        );
        let shown = known.derive(key, |tokens| ShownTokens::of(tokens, query, roles, now));
        Self {
            shown,
            own_token: own_token(cluster, &query.scope, known),
            tracking_since,
            now,
        }
    }
}

impl ShownTokens {
    fn of(
        tokens: &[Arc<TokenSummary>],
        query: &TokensQuery,
        roles: Option<&[RoleName]>,
        now: Timestamp,
    ) -> Self {
        let matcher = TokenMatcher::new(query.filter, roles, now);
        let grouped = GroupedTokens::of(tokens, &query.search, &matcher, &query.part(), query.sort);
        Self {
            successors: succession::successor_creation_times(
                grouped.tokens(),
                tokens.iter().map(AsRef::as_ref),
            ),
            predecessors: PendingPredecessor::among(tokens, &query.scope),
            grouped,
        }
    }
}

/// The token that a person is signed in with, if it is one of a scope.
fn own_token(cluster: &Cluster, scope: &Scope, known: &TokensSnapshot) -> Option<TokenName> {
    cluster
        .own_token(scope)
        .filter(|own| known.token(own).is_some())
}

/// Every managed token that a query asks for, on all pages, with what bulk commands may do to it.
///
/// # Errors
/// Those of reading the page.
pub async fn selectable_tokens(
    viewer: &Viewer,
    query: &TokensQuery,
    policy: TokenPolicy,
) -> Result<Vec<SelectableToken>, ApiError> {
    let cluster = viewer.to_read(&query.scope).await?;
    let (known, roles, permissions, features) = futures::join!(
        cluster.inventory(&query.scope),
        cluster.known_roles(&query.scope),
        viewer.permissions(&query.scope),
        cluster.features(),
    );
    let known = known?;
    let now = known.now();
    let roles = roles.ok().map(|roles| roles.names());
    let matcher = TokenMatcher::new(query.filter, roles.as_deref(), now);
    let context = PageContext {
        scope: query.scope.clone(),
        namespace: cluster.namespace(&query.scope).to_owned(),
        now,
        viewer: None,
        permissions: permissions.unwrap_or(UNKNOWN_PERMISSIONS),
        features: features.unwrap_or(UNKNOWN_FEATURES),
        policy,
        own_token: own_token(&cluster, &query.scope, &known),
        // The cluster refuses what its rules refuse; a bulk command names what failed.
        own_role: None,
        successors: BTreeMap::new(),
        predecessors: BTreeMap::new(),
    };
    let search = query.search.matcher();
    let is_asked = |token: &TokenSummary| {
        query.role.as_ref().is_none_or(|role| *role == token.role)
            && search.matches(token)
            && matcher.matches(token)
    };
    Ok(known
        .tokens()
        .iter()
        .filter(|token| is_asked(token))
        .map(|token| SelectableToken {
            token: token.token_ref(&query.scope),
            bulk: context.offers(token, None).bulk,
        })
        .filter(|token| !token.bulk.is_empty())
        .collect())
}

/// Entity tag of a page's main part: equal tags mean equal parts. Times are shown by the minute.
fn entity_tag(now: Timestamp, shown: &impl std::fmt::Debug) -> String {
    let mut hasher = TextHasher(DefaultHasher::new());
    (now.as_second() / 60).hash(&mut hasher.0);
    let _ = write!(hasher, "{shown:?}");
    format!("W/\"{:016x}\"", hasher.0.finish())
}

/// Hashes a text while it is written, so that it never stands in memory as a whole.
struct TextHasher(DefaultHasher);

impl fmt::Write for TextHasher {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
