//! The model of a list of tokens: `/system` and `/projects/{project}`.

use jiff::Timestamp;
use kargo::{
    cluster::{Behind, Cluster, TokensSnapshot, Viewer},
    filter::Counts,
    name::RoleName,
    problem::{Kind, Problem},
    right::Right,
    role::{RoleStatus, RoleSummary, ScopeRoles},
    scope::Scope,
    token::TokenSummary,
};

use super::{
    MissingRights, PageContext, RulesReader, Snapshot, UNKNOWN_FEATURES, UNKNOWN_PERMISSIONS,
    entity_tag, own_role::read_own_role_rules, unchecked,
};
use crate::{
    error::ApiError,
    offers::{Offers, missing_for},
    policy::TokenPolicy,
    protocol::{BrowserContext, Command, LiveEvent, RoleChoice},
    query::TokensQuery,
};

/// Characters of a role's description that the choice of a new token's role shows.
const DESCRIPTION_LENGTH: usize = 120;

/// Everything that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct TokensPageModel {
    /// What the address asks for.
    pub query: TokensQuery,
    /// What all rows share.
    pub context: PageContext,
    /// The table's sections: first tokens without a role, then every role by name.
    pub sections: Vec<Section>,
    /// Counts over the whole scope, or over the role that the page is limited to; `None` where tokens can't be listed.
    pub counts: Option<Counts>,
    /// The role that the page is limited to, where it is known.
    pub role: Option<RoleSummary>,
    /// What could not be read, each problem once.
    pub problems: Vec<Problem>,
    /// Whether there is anything to show.
    pub availability: Availability,
    /// The namespace of the scope.
    pub namespace: String,
    /// Rights that the person lacks here.
    pub missing: MissingRights,
    /// Whether the cluster is known to accept suspended tokens (Kubernetes before 1.29).
    pub is_too_old_to_suspend: bool,
    /// The UTC day since which the cluster tracks uses. Read for the clean-up only.
    pub tracking_since: Option<String>,
    /// The roles that a new token can be made for.
    pub role_choices: Vec<RoleChoice>,
    /// Cluster and context, for dialogs.
    pub cluster: String,
    /// Which state of the tokens the page shows; `None` where it shows none.
    pub live: Option<LiveEvent>,
}

/// Whether a page has anything to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Tokens or roles could be read.
    Readable,
    /// Neither could be read, because the cluster didn't answer.
    Unreadable,
    /// The person may read neither.
    Closed,
    /// The scope is no project. Its only problem says so.
    NoProject,
}

/// A role with its shown tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The role's name, as the tokens give it.
    pub role: String,
    /// What the role is; `None` where roles can't be read.
    pub status: Option<RoleStatus>,
    /// The role, where it is one.
    pub summary: Option<RoleSummary>,
    /// The shown tokens.
    pub rows: Vec<TokenRow>,
    /// How many tokens of the role pass the filter; `None` where tokens can't be listed.
    pub total: Option<usize>,
}

impl Section {
    /// Whether the tokens belong to no role.
    pub fn has_no_role(&self) -> bool {
        matches!(
            self.status,
            Some(RoleStatus::NotARole | RoleStatus::Missing)
        )
    }
}

/// A token with what it offers.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenRow {
    /// The token.
    pub token: TokenSummary,
    /// Its commands.
    pub offers: Offers,
}

impl Availability {
    fn of(is_no_project: bool, has_nothing: bool, problems: &[Problem]) -> Self {
        let is_forbidden = problems
            .iter()
            .any(|problem| problem.kind == Kind::Forbidden);
        match (is_no_project, has_nothing, is_forbidden) {
            (true, ..) => Self::NoProject,
            (_, false, _) => Self::Readable,
            (_, true, false) => Self::Unreadable,
            (_, true, true) => Self::Closed,
        }
    }
}

/// Reads the page. What can't be read is part of the model.
pub async fn read_tokens_page(
    viewer: Viewer,
    query: TokensQuery,
    policy: TokenPolicy,
    reader: RulesReader,
) -> TokensPageModel {
    match viewer.to_read(&query.scope).await {
        Ok(cluster) => Box::pin(read_with(&viewer, cluster, query, policy, &reader)).await,
        Err(error) => without_a_role(&viewer, query, policy, &error),
    }
}

async fn read_with(
    viewer: &Viewer,
    cluster: Cluster,
    query: TokensQuery,
    policy: TokenPolicy,
    reader: &RulesReader,
) -> TokensPageModel {
    let scope = &query.scope;
    let tracking = async {
        if query.filter.state.is_cleanup() {
            cluster.known_tracking_since().await.ok().flatten()
        } else {
            None
        }
    };
    let (tokens, roles, permissions, features, identity, tracking_since, own_role) = futures::join!(
        cluster.inventory(scope),
        cluster.known_roles(scope),
        viewer.permissions(scope),
        cluster.features(),
        cluster.whoami(),
        tracking,
        read_own_role_rules(reader, viewer, scope),
    );
    let names: Option<Vec<RoleName>> = roles.as_ref().ok().map(|roles| roles.names());
    let old = tokens.as_ref().ok().and_then(old);
    let live = tokens.as_ref().ok().map(|known| live(scope, known));
    let snapshot = tokens
        .map(|known| Snapshot::of(&cluster, &query, &known, names.as_deref(), tracking_since));
    let is_no_project = matches!(roles, Err(kargo::cluster::Error::NotAProject(_)));
    let failures = if is_no_project {
        [roles.as_ref().err(), None, None]
    } else {
        [
            snapshot.as_ref().err(),
            roles.as_ref().err(),
            identity.as_ref().err(),
        ]
    };
    let problems: Vec<Problem> = failures
        .into_iter()
        .flatten()
        .map(kargo::cluster::Error::problem)
        .chain(old.filter(|_| !is_no_project))
        .collect();
    // Where not even the tokens could be read, only that matters.
    let unchecked = if snapshot.is_ok() && !is_no_project {
        unchecked(permissions.as_ref().err(), features.as_ref().err())
    } else {
        vec![]
    };
    let features = features.ok();
    let permissions = permissions.ok();
    let namespace = cluster.namespace(scope).to_owned();
    let missing = MissingRights::of(
        permissions.unwrap_or(UNKNOWN_PERMISSIONS),
        unlisted(snapshot.as_ref().err(), roles.as_ref().err()),
        &namespace,
        identity
            .as_ref()
            .ok()
            .map(|identity| identity.user.as_str()),
    );
    let context = PageContext {
        viewer: identity.ok().map(|identity| cluster.name_of(identity)),
        permissions: permissions.unwrap_or(UNKNOWN_PERMISSIONS),
        features: features.unwrap_or(UNKNOWN_FEATURES),
        own_role,
        ..context(scope, &namespace, policy, snapshot.as_ref().ok())
    };
    let cluster_name = cluster.display_name();
    // The Secrets of a namespace that is no project are not shown.
    let snapshot = snapshot.ok().filter(|_| !is_no_project);
    let roles = roles.ok();
    let role = query.role.as_ref().and_then(|name| {
        let roles = &roles.as_ref()?.roles;
        roles
            .iter()
            .find(|role| role.name.as_str() == name)
            .cloned()
    });
    let has_nothing = snapshot.is_none() && roles.is_none();
    TokensPageModel {
        availability: Availability::of(is_no_project, has_nothing, &problems),
        namespace,
        missing,
        is_too_old_to_suspend: features.is_some_and(|features| !features.suspend),
        counts: snapshot.as_ref().map(|s| s.shown.grouped.counts),
        tracking_since: snapshot.as_ref().and_then(|s| s.tracking_since.clone()),
        role_choices: roles
            .iter()
            .flat_map(|roles| &roles.roles)
            .map(|role| choice(role, &context))
            .collect(),
        sections: sections(snapshot.as_ref(), roles.as_deref(), &query, &context),
        problems: once(problems).into_iter().chain(unchecked).collect(),
        cluster: cluster_name,
        live: live.filter(|_| !is_no_project),
        role,
        context,
        query,
    }
}

/// The state that a snapshot shows, in the words of `/events`.
pub(super) fn live(scope: &Scope, known: &TokensSnapshot) -> LiveEvent {
    LiveEvent {
        scope: scope.to_string(),
        position: Some(known.position().to_string()),
        is_behind: known.is_behind(),
    }
}

/// Says that the tokens are those of a moment ago, and why. A list that is read from time to time, without an error, is new enough.
pub(super) fn old(known: &TokensSnapshot) -> Option<Problem> {
    let Behind { since, problem } = known.behind()?;
    let Problem {
        kind,
        message,
        quote,
        ..
    } = problem.clone()?;
    let time = since.strftime("%H:%M:%S");
    let message = format!("These are the tokens as they were at {time} UTC. {message}");
    let hint = "Kargo Tokens goes on trying. Reload the page to see whether it succeeded.";
    Some(Problem::new(kind, message, hint).quoting(quote))
}

/// The page of a person who can act as nobody in the scope, or whose roles can't be read.
fn without_a_role(
    viewer: &Viewer,
    query: TokensQuery,
    policy: TokenPolicy,
    error: &kargo::cluster::Error,
) -> TokensPageModel {
    let problems = vec![error.problem()];
    let namespace = viewer.base().namespace(&query.scope).to_owned();
    let context = context(&query.scope, &namespace, policy, None);
    TokensPageModel {
        availability: Availability::of(false, true, &problems),
        namespace,
        missing: MissingRights::default(),
        is_too_old_to_suspend: false,
        counts: None,
        tracking_since: None,
        role_choices: vec![],
        sections: vec![],
        problems,
        cluster: viewer.base().display_name(),
        live: None,
        role: None,
        context,
        query,
    }
}

/// Builds the context that all rows share, from a snapshot if there is one.
fn context(
    scope: &Scope,
    namespace: &str,
    policy: TokenPolicy,
    snapshot: Option<&Snapshot>,
) -> PageContext {
    PageContext {
        scope: scope.clone(),
        namespace: namespace.to_owned(),
        now: snapshot.map(|snapshot| snapshot.now).unwrap_or_default(),
        viewer: None,
        permissions: UNKNOWN_PERMISSIONS,
        features: UNKNOWN_FEATURES,
        policy,
        own_token: snapshot.and_then(|snapshot| snapshot.own_token.clone()),
        own_role: None,
        successors: snapshot
            .map(|snapshot| snapshot.shown.successors.clone())
            .unwrap_or_default(),
        predecessors: snapshot
            .map(|snapshot| snapshot.shown.predecessors.clone())
            .unwrap_or_default(),
    }
}

impl TokensPageModel {
    /// What the browser's code needs to know.
    pub fn browser_context(&self) -> BrowserContext {
        BrowserContext {
            scope: self.query.scope.to_string(),
            role: self.query.role.clone(),
            filter: self.query.filter.words(),
            search: self.query.search.text().to_owned(),
            roles: self.role_choices.clone(),
            mint: self.context.permissions.mint,
            max_lifetime: self.context.policy.max_lifetime.clone(),
            cluster: self.cluster.clone(),
            now: self.context.now.as_second(),
            live: self.live.iter().cloned().collect(),
        }
    }

    /// The page's entity tag.
    pub fn entity_tag(&self) -> String {
        let mut shown = self.clone();
        shown.context.now = Timestamp::UNIX_EPOCH;
        // A change of a token that the page doesn't show leaves the page as it is.
        shown.live = None;
        entity_tag(self.context.now, &shown)
    }

    /// Whether the clean-up lists tokens because nobody used them: not only for the lack of a role or of Kargo's marks.
    pub fn lists_unused(&self) -> bool {
        self.sections
            .iter()
            .filter(|section| !section.has_no_role())
            .flat_map(|section| &section.rows)
            .any(|row| row.token.is_managed())
    }

    /// Whether a rule of the cluster refuses new tokens of every role that the page offers.
    pub fn refuses_new(&self) -> bool {
        let role = self.query.role.as_deref();
        let mut offered = self
            .role_choices
            .iter()
            .filter(|choice| role.is_none_or(|role| role == choice.name))
            .peekable();
        offered.peek().is_some() && offered.all(|choice| choice.is_refused)
    }

    /// Rights that the person lacks to create a token; `None` where there is no role that it could be of.
    pub fn new_token(&self) -> Option<Vec<Right>> {
        let mut missing = missing_for(Command::NewToken, self.context.permissions);
        if self.missing.rights.contains(&Right::ListRoles) {
            missing.push(Right::ListRoles);
        } else if self.role_choices.is_empty() {
            return None;
        }
        (self.availability == Availability::Readable).then_some(missing)
    }
}

fn choice(role: &RoleSummary, context: &PageContext) -> RoleChoice {
    let description = role.description.as_deref().unwrap_or_default();
    RoleChoice {
        name: role.name.to_string(),
        description: description.chars().take(DESCRIPTION_LENGTH).collect(),
        is_all_powerful: role.is_all_powerful(),
        is_refused: context.refuses_new(role.name.as_str()),
    }
}

/// Tokens without a role are a danger and come first. With a filter, roles without tokens that pass it are left out.
fn sections(
    snapshot: Option<&Snapshot>,
    roles: Option<&ScopeRoles>,
    query: &TokensQuery,
    context: &PageContext,
) -> Vec<Section> {
    let groups = snapshot.map(|snapshot| &snapshot.shown.grouped.groups);
    let mut sections: Vec<Section> = roles
        .iter()
        .flat_map(|roles| &roles.roles)
        .map(|role| Section {
            role: role.name.to_string(),
            status: roles.map(|roles| roles.status_of(role.name.as_str())),
            summary: Some(role.clone()),
            rows: vec![],
            total: groups.map(|_| 0),
        })
        .collect();
    for group in groups.into_iter().flatten() {
        let status = roles.map(|roles| roles.status_of(&group.role));
        let rows = group
            .tokens
            .iter()
            .map(|token| TokenRow {
                offers: context.offers(token, status),
                token: token.clone(),
            })
            .collect();
        let total = Some(group.total);
        if let Some(section) = sections.iter_mut().find(|other| other.role == group.role) {
            section.rows = rows;
            section.total = total;
        } else {
            sections.push(Section {
                role: group.role.clone(),
                status,
                summary: None,
                rows,
                total,
            });
        }
    }
    sections.sort_by(|a, b| (!a.has_no_role(), &a.role).cmp(&(!b.has_no_role(), &b.role)));
    sections.retain(|section| {
        query.role.as_ref().is_none_or(|role| section.role == *role)
            && (query.list().shows_all() || section.total != Some(0))
    });
    sections
}

/// Rights to list that were found missing, by the errors of the two lists.
fn unlisted(
    tokens: Option<&kargo::cluster::Error>,
    roles: Option<&kargo::cluster::Error>,
) -> Vec<Right> {
    [(Right::ListTokens, tokens), (Right::ListRoles, roles)]
        .into_iter()
        .filter(|(_, error)| error.is_some_and(lacks_a_right))
        .map(|(right, _)| right)
        .collect()
}

/// Whether a request failed because the person lacks the right. Where the program may not act as their role, another Role is missing.
fn lacks_a_right(error: &kargo::cluster::Error) -> bool {
    let problem = error.problem();
    problem.kind == Kind::Forbidden && problem.yaml.is_none()
}

/// Leaves out problems that were named before. An unreachable cluster fails each request with the same message.
pub(super) fn once(problems: Vec<Problem>) -> Vec<Problem> {
    let mut named: Vec<Problem> = Vec::new();
    for problem in problems {
        let is_named = named.iter().any(|other| {
            other.kind == problem.kind
                && (other.kind != Kind::Forbidden || other.message == problem.message)
        });
        if !is_named {
            named.push(problem);
        }
    }
    named
}

/// The error of a page that can't be read at all.
impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreachable_cluster_is_one_problem() {
        let problem = |kind, message: &str| Problem::new(kind, message, "");
        let kept = once(vec![
            problem(Kind::Unavailable, "list secrets"),
            problem(Kind::Unavailable, "list serviceaccounts"),
            problem(Kind::Forbidden, "list secrets"),
            problem(Kind::Forbidden, "list serviceaccounts"),
            problem(Kind::Forbidden, "list secrets"),
        ]);
        assert_eq!(kept.len(), 3);
    }
}
