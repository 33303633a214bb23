//! The model of a compromise report: which other tokens the holder of a compromised token could have read or created, and which of them
//! were replaced since.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use kargo::{
    cluster::{Cluster, Viewer},
    name::TokenName,
    permissions::Permissions,
    problem::Kind,
    right::Right,
    role::{Rules, SecretAccess, secret_access},
    scope::Scope,
    token::{TokenState, TokenSummary},
};

use crate::{
    error::ApiError,
    exposure_report::{ExposureReport, MadeSince},
    policy::TokenPolicy,
    protocol::BrowserContext,
};

use super::{MissingRights, UNKNOWN_PERMISSIONS, entity_tag};

/// Tokens that a report names one by one. There may be more.
const NAMED: usize = 100;

/// Judges what a role of a scope lets its holder read and create. `name`: the compromised token. `before`: the time of the report; later
/// tokens are left out. Answers also with the time by the API server's clock.
///
/// # Errors
/// Those of listing roles and tokens.
pub async fn exposure_report(
    cluster: &Cluster,
    scope: &Scope,
    role: &str,
    name: Option<&str>,
    before: Option<Timestamp>,
) -> Result<(ExposureReport, Timestamp), ApiError> {
    let (roles, (mut readable, now)) =
        futures::try_join!(cluster.list_roles(scope), cluster.list_all_tokens(scope))?;
    let Some(of) = roles.iter().find(|of| of.name.as_str() == role) else {
        let unknown = ExposureReport {
            is_partial: true,
            ..ExposureReport::default()
        };
        return Ok((unknown, now));
    };
    let access = secret_access(&of.grants);
    let could_read = |token: &TokenSummary| {
        !token.is_expiring()
            && access
                .iter()
                .any(|access| access.reads_secret(cluster.namespace(scope), token.name.as_str()))
    };
    readable.retain(could_read);
    let reachable = ReachableTokens::of(readable, name, before);
    let has_role = |token: &TokenSummary| roles.iter().any(|of| of.name.as_str() == token.role);
    let (tokens, by_hand): (Vec<_>, Vec<_>) = reachable
        .open
        .into_iter()
        .partition(|token| token.is_managed() && has_role(token));
    let report = ExposureReport {
        findings: access.iter().flat_map(findings).collect(),
        // Kargo binds its system roles in every project, too. Those bindings are not read.
        is_partial: *scope == Scope::System
            || !of.unreadable.is_empty()
            || of
                .grants
                .iter()
                .any(|grant| grant.rules == Rules::Unreadable),
        successor: reachable.successor.map(|token| token.token_ref(scope)),
        total: tokens.len(),
        by_hand: by_hand
            .into_iter()
            .take(NAMED)
            .map(|token| (token.name.to_string(), token.role))
            .collect(),
        tokens: tokens
            .iter()
            .take(NAMED)
            .map(|token| token.token_ref(scope))
            .collect(),
        replaced: reachable
            .replaced
            .iter()
            .take(NAMED)
            .filter_map(|token| Some((token.replaces.clone()?, token.token_ref(scope))))
            .collect(),
        beside: reachable
            .beside
            .into_iter()
            .take(NAMED)
            .map(|(old, new)| (old.token_ref(scope), new))
            .collect(),
        made_since: reachable
            .made_since
            .iter()
            .take(NAMED)
            .map(|token| MadeSince {
                token: token.token_ref(scope),
                created_by: token.created_by.clone(),
                is_managed: token.is_managed(),
            })
            .collect(),
    };
    Ok((report, now))
}

/// One grant in words.
fn findings(access: &SecretAccess) -> Vec<String> {
    let place = access
        .namespace
        .as_ref()
        .map_or("in every namespace".to_owned(), |namespace| {
            format!("in namespace {namespace}")
        });
    let mut findings = Vec::new();
    if access.reads && access.names.is_empty() {
        findings.push(format!(
            "The holder could read the value of every token {place}."
        ));
    } else if access.reads {
        let names = access.names.join(", ");
        findings.push(format!(
            "The holder could read the values of these tokens {place}: {names}."
        ));
    }
    if access.creates {
        findings.push(format!(
            "The holder could create tokens for every role {place}."
        ));
    }
    findings
}

/// Time from the report after which its holder can't have made a token any more. Ending a value takes about 20 seconds, and longer where
/// its holder resists.
const HOLDER_ENDS_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// Readable tokens, sorted by what is left to do.
struct ReachableTokens {
    /// Tokens that nobody replaced or deleted yet.
    open: Vec<TokenSummary>,
    /// Tokens that replaced a readable one since the report.
    replaced: Vec<TokenSummary>,
    /// Tokens that have a successor since the report, and exist beside it.
    beside: Vec<(TokenSummary, TokenName)>,
    /// Tokens made since the report that replace nothing.
    made_since: Vec<TokenSummary>,
    /// The successor of the compromised token.
    successor: Option<TokenSummary>,
}

impl ReachableTokens {
    /// Leaves out the compromised token itself, tokens created after the report, and tokens that are replaced or being deleted.
    fn of(tokens: Vec<TokenSummary>, name: Option<&str>, before: Option<Timestamp>) -> Self {
        let is_compromised = |other: &TokenName| name == Some(other.as_str());
        let is_later = |token: &TokenSummary| before.is_some_and(|before| token.created > before);
        let is_of_holder = |token: &TokenSummary| {
            before.is_none_or(|before| token.created.duration_since(before) < HOLDER_ENDS_AFTER)
        };
        let successor = tokens
            .iter()
            .filter(|token| token.replaces.as_ref().is_some_and(is_compromised))
            .max_by_key(|token| token.created)
            .cloned();
        let is_successor = |token: &TokenSummary| {
            successor
                .as_ref()
                .is_some_and(|successor| successor.name == token.name)
        };
        let is_ending = |token: &TokenSummary| matches!(token.state, TokenState::Deleting { .. });
        // The successors made since the report, by the names of the tokens that they replace.
        let later: BTreeMap<_, _> = tokens
            .iter()
            .filter(|token| is_later(token) && !is_successor(token))
            .filter_map(|token| Some((token.replaces.clone()?, token.name.clone())))
            .collect();
        let exists: BTreeSet<_> = tokens
            .iter()
            .filter(|token| !is_later(token) && !is_ending(token))
            .map(|token| token.name.clone())
            .collect();
        let (mut open, mut replaced) = (Vec::new(), Vec::new());
        let (mut beside, mut made_since) = (Vec::new(), Vec::new());
        for token in tokens {
            if is_compromised(&token.name) || is_successor(&token) {
                continue;
            }
            if is_later(&token) {
                match &token.replaces {
                    Some(old) if is_compromised(old) => {
                        if is_of_holder(&token) {
                            made_since.push(token);
                        }
                    }
                    Some(old) if exists.contains(old) => {}
                    Some(_) => replaced.push(token),
                    None if is_of_holder(&token) => made_since.push(token),
                    None => {}
                }
            } else if !is_ending(&token) {
                match later.get(&token.name) {
                    Some(new) => beside.push((token, new.clone())),
                    None => open.push(token),
                }
            }
        }
        open.sort_by(|a, b| (&a.role, &a.name).cmp(&(&b.role, &b.name)));
        replaced.sort_by_key(|token| token.created);
        made_since.sort_by_key(|token| token.created);
        // A successor that is being deleted was itself replaced or given up.
        let successor = successor.filter(|token| !is_ending(token));
        Self {
            open,
            replaced,
            beside,
            made_since,
            successor,
        }
    }
}

/// Everything that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct CompromisePageModel {
    /// Where the compromised token lived.
    pub scope: Scope,
    /// The compromised token's name.
    pub name: TokenName,
    /// Its role.
    pub role: String,
    /// When it was reported.
    pub reported: Option<Timestamp>,
    /// The compromised token as it is now; `None` once it is deleted; or why it can't be read.
    pub token: Result<Option<TokenSummary>, ApiError>,
    /// What its holder could have read and created.
    pub report: Result<ExposureReport, ApiError>,
    /// Cluster and context, for dialogs.
    pub cluster: String,
    /// Rights of the person in the scope.
    pub permissions: Permissions,
    /// Rights that the person lacks in the scope.
    pub missing: MissingRights,
    /// What the configuration allows.
    pub policy: TokenPolicy,
    /// The time by the API server's clock; the start of 1970 where it isn't known.
    pub now: Timestamp,
}

/// Reads the page.
pub async fn read_compromise_page(
    viewer: Viewer,
    scope: Scope,
    name: TokenName,
    role: String,
    reported: Option<Timestamp>,
    policy: TokenPolicy,
) -> CompromisePageModel {
    let name_of_cluster = viewer.base().display_name();
    let cluster = match viewer.to_read(&scope).await {
        Ok(cluster) => cluster,
        Err(error) => {
            let error = ApiError::from(error);
            return CompromisePageModel {
                token: Err(error.clone()),
                report: Err(error),
                cluster: name_of_cluster,
                permissions: Permissions {
                    mint: false,
                    ..UNKNOWN_PERMISSIONS
                },
                missing: MissingRights::default(),
                policy,
                now: Timestamp::default(),
                scope,
                name,
                role,
                reported,
            };
        }
    };
    let (token, report, permissions, identity) = futures::join!(
        cluster.get_token(&scope, &name),
        exposure_report(&cluster, &scope, &role, Some(name.as_str()), reported),
        viewer.permissions(&scope),
        cluster.whoami(),
    );
    let permissions = permissions.unwrap_or(UNKNOWN_PERMISSIONS);
    let token = match token {
        Ok(token) => Ok(Some(token)),
        Err(kargo::cluster::Error::NoToken(_)) => Ok(None),
        Err(error) => Err(ApiError::from(error)),
    };
    let (report, now) = match report {
        Ok((report, now)) => (Ok(report), now),
        Err(error) => (Err(error), Timestamp::default()),
    };
    let missing = MissingRights::of(
        permissions,
        unlisted(&token, &report),
        cluster.namespace(&scope),
        identity.ok().map(|identity| identity.user).as_deref(),
    );
    CompromisePageModel {
        token,
        report,
        cluster: name_of_cluster,
        missing,
        permissions,
        policy,
        now,
        scope,
        name,
        role,
        reported,
    }
}

/// Rights to list that were found missing.
fn unlisted<T, U>(token: &Result<T, ApiError>, report: &Result<U, ApiError>) -> Option<Right> {
    let is_forbidden = |error: &ApiError| error.0.kind == Kind::Forbidden && error.0.yaml.is_none();
    match (token, report) {
        (Err(error), _) if is_forbidden(error) => Some(Right::ListTokens),
        (Ok(_), Err(error)) if is_forbidden(error) => Some(Right::ListRoles),
        _ => None,
    }
}

impl CompromisePageModel {
    /// What the browser's code needs to know.
    pub fn browser_context(&self) -> BrowserContext {
        BrowserContext {
            scope: self.scope.to_string(),
            mint: self.permissions.mint,
            max_lifetime: self.policy.max_lifetime.clone(),
            cluster: self.cluster.clone(),
            now: self.now.as_second(),
            ..BrowserContext::default()
        }
    }

    /// The page's entity tag.
    pub fn entity_tag(&self) -> String {
        entity_tag(self.now, &(&self.token, &self.report, &self.missing))
    }
}

#[cfg(test)]
mod tests {
    use kargo::sample::{self, time};

    use super::*;

    fn token(name: &str, created: &str) -> TokenSummary {
        TokenSummary {
            name: name.parse().expect("a name"),
            created: time(created),
            ..sample::token()
        }
    }

    fn replacing(old: &str, token: TokenSummary) -> TokenSummary {
        TokenSummary {
            replaces: Some(old.parse().expect("a name")),
            ..token
        }
    }

    fn names(tokens: &[TokenSummary]) -> Vec<&str> {
        tokens.iter().map(|token| token.name.as_str()).collect()
    }

    #[test]
    fn a_report_keeps_what_is_left_to_do() {
        let deleting = TokenSummary {
            state: TokenState::Deleting {
                until: time("2026-03-01T00:00:00Z"),
            },
            ..token("going", "2026-01-01T00:00:00Z")
        };
        let tokens = vec![
            token("other", "2026-01-01T00:00:00Z"),
            token("old", "2026-01-01T00:00:00Z"),
            replacing("old", token("new", "2026-02-01T00:00:00Z")),
            token("later", "2026-02-01T00:01:00Z"),
            replacing("going", token("done", "2026-02-01T00:02:00Z")),
            deleting,
        ];
        let before = Some(time("2026-02-01T00:00:30Z"));
        let reachable = ReachableTokens::of(tokens, Some("old"), before);
        assert_eq!(names(&reachable.open), ["other"]);
        assert_eq!(names(&reachable.replaced), ["done"]);
        assert_eq!(names(&reachable.made_since), ["later"]);
        assert!(reachable.beside.is_empty());
        let successor = reachable.successor.expect("a successor");
        assert_eq!(successor.name.as_str(), "new");
        let tokens = vec![
            token("other", "2026-01-01T00:00:00Z"),
            replacing("other", token("another", "2026-02-01T00:01:00Z")),
        ];
        let reachable = ReachableTokens::of(tokens, Some("old"), before);
        assert!(reachable.open.is_empty() && reachable.replaced.is_empty());
        let [(old, new)] = reachable.beside.as_slice() else {
            panic!("one token exists beside its successor");
        };
        assert_eq!((old.name.as_str(), new.as_str()), ("other", "another"));
        let ending = TokenSummary {
            state: TokenState::Deleting {
                until: time("2026-03-01T00:00:00Z"),
            },
            ..replacing("old", token("new", "2026-02-01T00:00:00Z"))
        };
        let again = replacing("new", token("newer", "2026-02-01T00:03:00Z"));
        let reachable = ReachableTokens::of(vec![ending, again], Some("old"), before);
        assert!(reachable.successor.is_none());
        assert_eq!(names(&reachable.replaced), ["newer"]);
    }
}
