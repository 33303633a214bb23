//! The model of one token's page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kargo::{
    cluster::{Cluster, Viewer},
    event::Event,
    name::TokenName,
    permissions::{ClusterFeatures, Permissions},
    problem::Problem,
    role::{RoleStatus, RoleSummary},
    scope::Scope,
    succession::PendingPredecessor,
    token::{HistoryEntry, TokenSummary},
};

use super::{
    MissingRights, PageContext, RulesReader, UNKNOWN_FEATURES, UNKNOWN_PERMISSIONS, entity_tag,
    own_role::read_own_role_rules, unchecked,
};
use crate::{
    error::ApiError,
    offers::Offers,
    policy::TokenPolicy,
    protocol::{BrowserContext, LiveEvent},
};

/// Everything that the person may know of a token, but for its value.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenDetails {
    /// The token as lists show it.
    pub summary: TokenSummary,
    /// History entries, oldest first; the last 20 at most.
    pub history: Vec<HistoryEntry>,
    /// Kubernetes Events about the token, oldest first; or why they can't be listed.
    pub events: Result<Vec<Event>, ApiError>,
    /// What the role is, and the role where it is one; or why roles can't be listed.
    pub role: Result<(RoleStatus, Option<RoleSummary>), ApiError>,
    /// The person's permissions; `None` where they can't be read.
    pub permissions: Option<Permissions>,
    /// Capabilities of the cluster; `None` where that can't be read.
    pub features: Option<ClusterFeatures>,
    /// Problems of reading the permissions and the capabilities.
    pub unchecked: Vec<Problem>,
    /// The UTC day since which the cluster tracks uses, where the person may read it.
    pub tracking_since: Option<String>,
    /// The old token that this one replaces, while this one waits to be revealed.
    pub predecessor: Option<PendingPredecessor>,
    /// When the token's successor was created; `None` where there is none.
    pub successor_created: Option<Timestamp>,
    /// Whether the person is signed in with the token.
    pub is_own: bool,
    /// The Secret as YAML, without values.
    pub yaml: String,
    /// The time by the API server's clock.
    pub now: Timestamp,
}

/// Reads one token in full. Only the token itself must be readable; what else is not, the answer says in its place. `cluster`: the viewer's
/// view to read the scope with.
///
/// # Errors
/// Those of reading the token.
pub async fn describe(
    viewer: &Viewer,
    cluster: &Cluster,
    scope: &Scope,
    name: &TokenName,
) -> Result<TokenDetails, ApiError> {
    let token = async {
        let token = cluster.describe_token(scope, name).await?;
        let other = async |name: &Option<TokenName>| match name {
            Some(name) => cluster.get_token(scope, name).await.ok(),
            None => None,
        };
        let target = token.summary.token_ref(scope);
        let (events, old, new) = futures::join!(
            cluster.list_events(&target),
            other(&token.summary.replaces),
            other(&token.summary.replaced_by),
        );
        Ok::<_, ApiError>((token, events, old, new))
    };
    let (token, roles, permissions, features, tracking_since) = futures::join!(
        token,
        cluster.known_roles(scope),
        viewer.permissions(scope),
        cluster.features(),
        cluster.known_tracking_since(),
    );
    let (token, events, old, new) = token?;
    let role_name = token.summary.role.clone();
    Ok(TokenDetails {
        role: roles.map_err(ApiError::from).map(|roles| {
            let status = roles.status_of(&role_name);
            let is_it = |role: &RoleSummary| role.name.as_str() == role_name;
            (status, roles.roles.iter().find(|role| is_it(role)).cloned())
        }),
        predecessor: old.and_then(|old| PendingPredecessor::of(&token.summary, &old, scope)),
        successor_created: new.map(|new| new.created),
        summary: token.summary,
        history: token.history,
        events: events.map_err(ApiError::from),
        unchecked: unchecked(permissions.as_ref().err(), features.as_ref().err()),
        permissions: permissions.ok(),
        features: features.ok(),
        tracking_since: tracking_since.unwrap_or_default(),
        is_own: cluster.is_own_token(scope, name),
        yaml: token.yaml,
        now: token.now,
    })
}

/// Everything that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenPageModel {
    /// What is known of the token.
    pub details: TokenDetails,
    /// The same context as a list's rows have.
    pub context: PageContext,
    /// Rights that the person lacks here.
    pub missing: MissingRights,
    /// The token's commands.
    pub offers: Offers,
    /// The namespace of the scope.
    pub namespace: String,
    /// Cluster and context, for dialogs.
    pub cluster: String,
    /// Which state of the token the page shows; `None` where the person may not list tokens.
    pub live: Option<LiveEvent>,
}

/// Reads the page.
///
/// # Errors
/// Those of reading the token.
pub async fn read_token_page(
    viewer: Viewer,
    scope: Scope,
    name: TokenName,
    policy: TokenPolicy,
    reader: RulesReader,
) -> Result<TokenPageModel, ApiError> {
    let cluster = viewer.to_read(&scope).await?;
    // The position comes first: what changes after it is told.
    let known = Box::pin(cluster.inventory_soon(&scope)).await;
    let (details, identity, own_role) = futures::join!(
        Box::pin(describe(&viewer, &cluster, &scope, &name)),
        cluster.whoami(),
        read_own_role_rules(&reader, &viewer, &scope),
    );
    let details = details?;
    let summary = &details.summary;
    let namespace = cluster.namespace(&scope).to_owned();
    let permissions = details.permissions.unwrap_or(UNKNOWN_PERMISSIONS);
    let user = identity
        .as_ref()
        .ok()
        .map(|identity| identity.user.as_str());
    let missing = MissingRights::of(permissions, [], &namespace, user);
    let context = PageContext {
        namespace: namespace.clone(),
        now: details.now,
        viewer: identity.ok().map(|identity| cluster.name_of(identity)),
        permissions,
        features: details.features.unwrap_or(UNKNOWN_FEATURES),
        policy,
        own_token: details.is_own.then(|| name.clone()),
        own_role,
        successors: summary
            .replaced_by
            .iter()
            .filter_map(|name| Some((name.clone(), details.successor_created?)))
            .collect(),
        predecessors: details
            .predecessor
            .iter()
            .map(|old| (name.clone(), old.clone()))
            .collect::<BTreeMap<_, _>>(),
        scope,
    };
    let status = details.role.as_ref().ok().map(|(status, _)| *status);
    let shown: Vec<_> = [
        Some(&name),
        summary.replaces.as_ref(),
        summary.replaced_by.as_ref(),
    ]
    .into_iter()
    .flatten()
    .map(TokenName::as_str)
    .collect();
    let live = known.map(|known| LiveEvent {
        scope: format!("{}/tokens/{}", context.scope, shown.join("+")),
        position: Some(known.position().to_string()),
        is_behind: known.is_behind(),
    });
    Ok(TokenPageModel {
        live,
        offers: context.offers(summary, status),
        namespace,
        missing,
        cluster: cluster.display_name(),
        context,
        details,
    })
}

impl TokenPageModel {
    /// What the browser's code needs to know.
    pub fn browser_context(&self) -> BrowserContext {
        BrowserContext {
            scope: self.context.scope.to_string(),
            mint: self.context.permissions.mint,
            max_lifetime: self.context.policy.max_lifetime.clone(),
            cluster: self.cluster.clone(),
            now: self.context.now.as_second(),
            live: self.live.iter().cloned().collect(),
            ..BrowserContext::default()
        }
    }

    /// The page's entity tag.
    pub fn entity_tag(&self) -> String {
        let TokenDetails { now, .. } = self.details;
        let shown = TokenDetails {
            now: Timestamp::UNIX_EPOCH,
            ..self.details.clone()
        };
        entity_tag(now, &(shown, &self.context.viewer))
    }
}
