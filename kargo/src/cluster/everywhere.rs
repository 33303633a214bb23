//! Tokens and roles of many scopes for one page. The first scopes are followed, which keeps them true from moment to moment and costs watches.
//! The others are read anew when what is known of them is some seconds old.

use std::sync::Arc;

use futures::{StreamExt, stream};

use super::{
    connection::{Cluster, error::Error},
    inventory::{Listed, ReadScopes, TokensSnapshot},
    people::Viewer,
};
use crate::{overview::ScopeTokens, role::ScopeRoles, scope::Scope};

/// Scopes that one page follows.
const FOLLOWED: usize = 20;
/// Scopes that are read at the same time.
const AT_ONCE: usize = 8;

/// Tokens and roles of a scope, and the view that read them: the first one of the person that may list the tokens.
pub struct KnownScope {
    /// The view.
    pub cluster: Cluster,
    /// Tokens and roles.
    pub tokens: ScopeTokens,
    /// Why the roles can't be read; `None` if they can.
    pub roles_error: Option<Error>,
    /// The state that is followed; `None` where the scope is read from time to time.
    pub followed: Option<TokensSnapshot>,
}

impl Viewer {
    /// Reads scopes, in their order. A scope that can't be read has the reason.
    pub async fn known_scopes(
        &self,
        scopes: Vec<Scope>,
    ) -> Vec<(Scope, Result<KnownScope, Error>)> {
        stream::iter(scopes.into_iter().enumerate())
            .map(|(n, scope)| async move {
                let known = Box::pin(self.known_scope(&scope, n < FOLLOWED)).await;
                (scope, known)
            })
            .buffered(AT_ONCE)
            .collect()
            .await
    }

    async fn known_scope(&self, scope: &Scope, is_followed: bool) -> Result<KnownScope, Error> {
        let cluster = self.to_read(scope).await?;
        let (tokens, now, roles, followed) = if is_followed {
            let (tokens, roles) =
                futures::join!(cluster.inventory(scope), cluster.known_roles(scope));
            let tokens = tokens?;
            let all = Arc::clone(tokens.tokens());
            (all, tokens.now(), roles, Some(tokens))
        } else {
            let (listed, roles) = futures::join!(
                cluster.recently_listed(scope),
                cluster.recently_read_roles(scope)
            );
            let (tokens, now) = listed?;
            (tokens, now, roles, None)
        };
        let (roles, roles_error) = match roles {
            Ok(roles) => (Some(roles), None),
            // The Secrets of a namespace that is no project are not shown.
            Err(error @ Error::NotAProject(_)) => return Err(error),
            Err(error) => (None, Some(error)),
        };
        let tokens = ScopeTokens {
            scope: scope.clone(),
            tokens,
            roles,
            now,
        };
        Ok(KnownScope {
            cluster,
            tokens,
            roles_error,
            followed,
        })
    }
}

impl Cluster {
    async fn recently_listed(&self, scope: &Scope) -> Result<Listed, Error> {
        let list = async {
            let (tokens, now) = self.list_all_tokens(scope).await?;
            Ok((tokens.into_iter().map(Arc::new).collect(), now))
        };
        let read = self.kept.of::<ReadScopes>();
        let listed = read.tokens.get(scope, Box::pin(list)).await;
        read.forget_soon();
        listed
    }

    async fn recently_read_roles(&self, scope: &Scope) -> Result<Arc<ScopeRoles>, Error> {
        let roles = async { Ok(Arc::new(self.read_roles(scope).await?)) };
        let read = self.kept.of::<ReadScopes>();
        read.roles.get(scope, Box::pin(roles)).await
    }
}
