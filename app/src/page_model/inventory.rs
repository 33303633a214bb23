//! The model of the inventory: `/inventory`, every token of every scope that the person may see.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    sync::Arc,
};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use kargo::{
    cluster::{Error, KnownScope, Viewer},
    filter::Counts,
    overview::{Grouping, Overview, PER_PAGE, Placed, ScopeTokens},
    problem::Problem,
    risk::Risks,
    scope::Scope,
    succession::{self, PendingPredecessor},
    token::TokenSummary,
};

use super::{
    PageContext, RulesReader, TokenRow, UNKNOWN_FEATURES, UNKNOWN_PERMISSIONS, entity_tag,
    own_role::read_own_role_rules,
    tokens::{live, old, once},
    unchecked,
};
use crate::{
    error::ApiError,
    policy::{MaxLifetime, TokenPolicy},
    protocol::{BrowserContext, LiveEvent},
    query::InventoryQuery,
    visited::Visited,
};

/// Most names in a sentence.
const NAMES: usize = 8;
/// Scopes whose permissions are read at the same time.
const AT_ONCE: usize = 8;

/// Everything that the page shows.
#[derive(Debug, Clone)]
pub struct InventoryPageModel {
    /// What the address asks for.
    pub query: InventoryQuery,
    /// The groups of the page.
    pub groups: Vec<InventoryGroup>,
    /// How many tokens are asked for, on all pages.
    pub total: usize,
    /// Pages that there are.
    pub pages: usize,
    /// Counts over all scopes.
    pub counts: Counts,
    /// Scopes that were read, with their tokens' numbers.
    pub scopes: Vec<(Scope, usize)>,
    /// Scopes whose tokens the person may not list.
    pub forbidden: Vec<Scope>,
    /// What could not be read, with the names of the scopes.
    pub problems: Vec<Problem>,
    /// Whether the person may not list projects, so that others than the named ones may be missing.
    pub is_incomplete: bool,
    /// How many scopes are read from time to time only.
    pub not_followed: usize,
    /// Cluster and context, for dialogs.
    pub cluster: String,
    /// Which states the page shows.
    pub live: Vec<LiveEvent>,
    /// The longest lifetimes of new tokens.
    pub max_lifetime: MaxLifetime,
    /// The page's time, by the API server's clock.
    pub now: Timestamp,
}

/// Consecutive tokens of one group.
#[derive(Debug, Clone)]
pub struct InventoryGroup {
    /// The scope that all have in common, when grouped by project.
    pub scope: Option<Scope>,
    /// The role's name that all have in common, when grouped by role.
    pub role: Option<String>,
    /// Tokens of the group on all pages.
    pub total: usize,
    /// Tokens of the group on this page.
    pub rows: Vec<InventoryRow>,
}

/// A token of the inventory.
#[derive(Debug, Clone)]
pub struct InventoryRow {
    /// What the rows of a scope share.
    pub context: Arc<PageContext>,
    /// The token, with what it offers.
    pub row: TokenRow,
    /// What makes it a risk.
    pub risks: Risks,
}

/// Scopes that were read for a page or an export.
pub struct InventoryScopes {
    /// Scopes that could be read.
    pub known: Vec<KnownScope>,
    /// The others, and why.
    pub unknown: Vec<(Scope, Error)>,
    /// Why projects can't be listed; `None` if they can.
    pub unlisted: Option<Error>,
    /// Whether the query names the one scope that it is about.
    is_named: bool,
}

impl InventoryScopes {
    /// Reads the scope that a query asks for; otherwise all that the person may see: the system and all projects. Where they may not list
    /// projects, their own one, and those that they named or visited.
    pub async fn read(viewer: &Viewer, query: &InventoryQuery, visited: &Visited) -> Self {
        let (scopes, unlisted) = if let Some(scope) = &query.asked.scope {
            (vec![scope.clone()], None)
        } else {
            let (projects, unlisted) = match viewer.list_projects().await {
                Ok(projects) => (projects, None),
                Err(error) => {
                    let mut known: BTreeSet<_> =
                        query.also.iter().chain(&*visited.0).cloned().collect();
                    if let Scope::Project(own) = viewer.home().await {
                        known.insert(own);
                    }
                    (known.into_iter().collect(), Some(error))
                }
            };
            let projects = projects.into_iter().map(Scope::Project);
            let scopes = iter::once(Scope::System).chain(projects).collect();
            (scopes, unlisted)
        };
        let mut read = Self {
            known: vec![],
            unknown: vec![],
            unlisted,
            is_named: query.asked.scope.is_some(),
        };
        for (scope, known) in viewer.known_scopes(scopes).await {
            match known {
                Ok(known) => read.known.push(known),
                Err(error) => read.unknown.push((scope, error)),
            }
        }
        read
    }

    /// Whether the person may not list all projects, or not the tokens of each.
    pub fn lacks_rights(&self) -> bool {
        let unknown = self.unknown.iter().map(|(_, error)| error);
        unknown.chain(&self.unlisted).any(Error::is_lack_of_right)
    }

    /// Tokens and roles of the scopes that could be read.
    pub fn tokens(&self) -> Vec<ScopeTokens> {
        self.known
            .iter()
            .map(|known| known.tokens.clone())
            .collect()
    }

    /// The same for an export, which must not be taken for complete where a scope could not be read.
    ///
    /// # Errors
    /// Those of a scope that could not be read, or that may have changed meanwhile. Scopes whose tokens the person may not list are left out,
    /// unless the query names the scope.
    pub fn complete(&self) -> Result<Vec<ScopeTokens>, ApiError> {
        let unknown = self.unknown.iter().map(|(_, error)| error);
        let of_roles = self
            .known
            .iter()
            .filter_map(|known| known.roles_error.as_ref());
        let mut errors = unknown.chain(&self.unlisted).chain(of_roles);
        if let Some(error) = errors.find(|error| self.is_named || !error.is_lack_of_right()) {
            return Err(ApiError(error.problem()));
        }
        let mut old = self
            .known
            .iter()
            .filter_map(|known| old(known.followed.as_ref()?));
        old.next()
            .map_or_else(|| Ok(self.tokens()), |old| Err(ApiError(old)))
    }
}

/// The number of a group's tokens, and those of the page, each with its scope.
type ReadGroup = (usize, Vec<(Scope, TokenSummary, Risks)>);

/// Reads the page. What can't be read is part of the model.
pub async fn read_inventory_page(
    viewer: Viewer,
    query: InventoryQuery,
    visited: Visited,
    policy: TokenPolicy,
    reader: RulesReader,
) -> InventoryPageModel {
    let read = InventoryScopes::read(&viewer, &query, &visited).await;
    let scopes = read.tokens();
    let (groups, total, counts) = {
        let mut overview = Overview::of(&scopes, &query.asked);
        let (total, counts) = (overview.len(), overview.counts);
        let pages = overview.page(query.page);
        let groups: Vec<ReadGroup> = pages
            .into_iter()
            .map(|group| (group.total, group.tokens.iter().map(owned).collect()))
            .collect();
        (groups, total, counts)
    };
    let (contexts, unchecked) = contexts(&viewer, &reader, &read, &groups, &policy).await;
    let mut problems = problems(&read);
    problems.extend(once(unchecked));
    let groups = groups
        .into_iter()
        .map(|(total, tokens)| {
            let first = tokens.first();
            let of = |grouping| first.filter(|_| query.asked.grouping == grouping);
            InventoryGroup {
                scope: of(Grouping::Project).map(|(scope, ..)| scope.clone()),
                role: of(Grouping::Role).map(|(_, token, _)| token.role.clone()),
                total,
                rows: tokens
                    .into_iter()
                    .filter_map(|(scope, token, risks)| {
                        let context = Arc::clone(contexts.get(&scope)?);
                        let roles = scopes.iter().find(|known| known.scope == scope)?;
                        let roles = roles.roles.as_ref();
                        let status = roles.map(|roles| roles.status_of(&token.role));
                        let offers = context.offers(&token, status);
                        let row = TokenRow { token, offers };
                        Some(InventoryRow {
                            context,
                            row,
                            risks,
                        })
                    })
                    .collect(),
            }
        })
        .collect();
    InventoryPageModel {
        groups,
        total,
        pages: total.div_ceil(PER_PAGE).max(1),
        counts,
        scopes: scopes
            .iter()
            .map(|known| (known.scope.clone(), known.tokens.len()))
            .collect(),
        forbidden: read
            .unknown
            .iter()
            .filter(|(_, error)| error.is_lack_of_right())
            .map(|(scope, _)| scope.clone())
            .collect(),
        problems,
        is_incomplete: read.unlisted.as_ref().is_some_and(Error::is_lack_of_right),
        not_followed: read
            .known
            .iter()
            .filter(|known| known.followed.is_none())
            .count(),
        cluster: viewer.base().display_name(),
        live: read
            .known
            .iter()
            .filter_map(|known| Some(live(&known.tokens.scope, known.followed.as_ref()?)))
            .collect(),
        max_lifetime: policy.max_lifetime,
        now: scopes
            .iter()
            .map(|known| known.now)
            .max()
            .unwrap_or_else(Timestamp::now),
        query,
    }
}

fn owned(placed: &Placed<'_>) -> (Scope, TokenSummary, Risks) {
    let Placed { of, token, risks } = *placed;
    (of.scope.clone(), TokenSummary::clone(token), risks)
}

/// Problems that keep scopes from being shown in full: each once, with the scopes that it is about.
pub(super) fn problems(read: &InventoryScopes) -> Vec<Problem> {
    let unread = read.unknown.iter().map(|(scope, error)| (scope, error));
    let unread = unread.filter(|(_, error)| !error.is_lack_of_right());
    let of_roles = read
        .known
        .iter()
        .filter_map(|known| Some((&known.tokens.scope, known.roles_error.as_ref()?)));
    let unlisted = read
        .unlisted
        .iter()
        .filter(|error| !error.is_lack_of_right())
        .map(Error::problem);
    let old = read
        .known
        .iter()
        .filter_map(|known| old(known.followed.as_ref()?));
    let all = unlisted
        .chain(of_scopes("Not shown", unread))
        .chain(of_scopes(
            "Without roles, and so without the risks that come from them",
            of_roles,
        ))
        .chain(old);
    once(all.collect())
}

/// Each problem once, with the names of the scopes that it is about.
fn of_scopes<'a>(what: &str, errors: impl Iterator<Item = (&'a Scope, &'a Error)>) -> Vec<Problem> {
    let mut problems: Vec<(Problem, Vec<&str>)> = vec![];
    for (scope, error) in errors {
        let problem = error.problem();
        let same = |(other, _): &&mut (Problem, Vec<&str>)| {
            other.kind == problem.kind
                && (error.is_lack_of_right() || other.message == problem.message)
        };
        match problems.iter_mut().find(same) {
            Some((_, names)) => names.push(scope.label()),
            None => problems.push((problem, vec![scope.label()])),
        }
    }
    let named = problems.into_iter().map(|(problem, names)| {
        let message = format!("{what}: {}. {}", some(&names), problem.message);
        Problem { message, ..problem }
    });
    named.collect()
}

/// The first few names, and how many more there are.
pub fn some(names: &[&str]) -> String {
    let (first, rest) = names.split_at(names.len().min(NAMES));
    match rest.len() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Contexts that the rows of each shown scope share, and problems of reading them.
async fn contexts(
    viewer: &Viewer,
    reader: &RulesReader,
    read: &InventoryScopes,
    groups: &[ReadGroup],
    policy: &TokenPolicy,
) -> (BTreeMap<Scope, Arc<PageContext>>, Vec<Problem>) {
    let mut reading = Vec::new();
    for known in &read.known {
        let all = groups.iter().flat_map(|(_, tokens)| tokens);
        let shown: Vec<&TokenSummary> = all
            .filter(|(scope, ..)| *scope == known.tokens.scope)
            .map(|(_, token, _)| token)
            .collect();
        if !shown.is_empty() {
            reading.push(async move {
                let (context, unchecked) =
                    Box::pin(context(viewer, reader, known, shown, policy.clone())).await;
                ((known.tokens.scope.clone(), Arc::new(context)), unchecked)
            });
        }
    }
    let read: Vec<_> = stream::iter(reading)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let (contexts, unchecked): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    (
        contexts.into_iter().collect(),
        unchecked.into_iter().flatten().collect(),
    )
}

async fn context(
    viewer: &Viewer,
    reader: &RulesReader,
    known: &KnownScope,
    shown: Vec<&TokenSummary>,
    policy: TokenPolicy,
) -> (PageContext, Vec<Problem>) {
    let KnownScope {
        cluster, tokens, ..
    } = known;
    let scope = &tokens.scope;
    let (permissions, features, identity, own_role) = futures::join!(
        viewer.permissions(scope),
        cluster.features(),
        cluster.whoami(),
        read_own_role_rules(reader, viewer, scope),
    );
    let unchecked = unchecked(permissions.as_ref().err(), features.as_ref().err());
    let own = cluster.own_token(scope);
    let context = PageContext {
        scope: scope.clone(),
        namespace: cluster.namespace(scope).to_owned(),
        now: tokens.now,
        viewer: identity.ok().map(|identity| cluster.name_of(identity)),
        permissions: permissions.unwrap_or(UNKNOWN_PERMISSIONS),
        features: features.unwrap_or(UNKNOWN_FEATURES),
        policy,
        own_token: own.filter(|own| tokens.tokens.iter().any(|token| token.name == *own)),
        own_role,
        successors: succession::successor_creation_times(
            shown,
            tokens.tokens.iter().map(AsRef::as_ref),
        ),
        predecessors: PendingPredecessor::among(&tokens.tokens, scope),
    };
    (context, unchecked)
}

impl InventoryPageModel {
    /// What the browser's code needs to know.
    pub fn browser_context(&self) -> BrowserContext {
        BrowserContext {
            filter: self.query.asked.filter.words(),
            search: self.query.asked.search.text().to_owned(),
            max_lifetime: self.max_lifetime.clone(),
            cluster: self.cluster.clone(),
            now: self.now.as_second(),
            live: self.live.clone(),
            ..BrowserContext::default()
        }
    }

    /// The page's entity tag.
    pub fn entity_tag(&self) -> String {
        // Rows of one scope share their context: it is written once.
        let mut contexts = BTreeMap::new();
        let mut rows = Vec::new();
        for group in &self.groups {
            rows.push((&group.scope, &group.role, group.total, group.rows.len()));
            for row in &group.rows {
                contexts.entry(&row.context.scope).or_insert(&row.context);
            }
        }
        let contexts: Vec<_> = contexts
            .into_values()
            .map(|context| PageContext {
                now: Timestamp::UNIX_EPOCH,
                ..(**context).clone()
            })
            .collect();
        let tokens: Vec<_> = self
            .groups
            .iter()
            .flat_map(|group| &group.rows)
            .map(|row| (&row.context.scope, &row.row, row.risks))
            .collect();
        let others = (
            (&self.query, self.total, &self.counts, &self.scopes),
            (
                &self.forbidden,
                &self.problems,
                self.is_incomplete,
                self.not_followed,
            ),
        );
        entity_tag(self.now, &(rows, contexts, tokens, others))
    }

    /// Whether nothing at all can be shown.
    pub fn is_unreadable(&self) -> bool {
        self.scopes.is_empty()
    }
}
