//! What was read of scopes that no inventory follows, for some seconds.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    cluster::{
        answers::Answers,
        connection::{error::Error, kept::Keep},
    },
    role::ScopeRoles,
    scope::Scope,
    token::TokenSummary,
};

/// Age up to which it is used.
const FRESH_FOR: Duration = Duration::from_secs(10);
/// Scopes of which something is remembered.
const MOST: usize = 2000;

/// All tokens of a scope at a time.
pub(in crate::cluster) type Listed = (Arc<[Arc<TokenSummary>]>, Timestamp);

/// Tokens and roles of scopes.
pub(in crate::cluster) struct ReadScopes {
    pub tokens: Answers<Scope, Listed>,
    pub roles: Answers<Scope, Arc<ScopeRoles>>,
}

impl Default for ReadScopes {
    fn default() -> Self {
        Self {
            tokens: Answers::new(FRESH_FOR, MOST),
            roles: Answers::new(FRESH_FOR, MOST),
        }
    }
}

impl Keep for ReadScopes {
    fn refuse(&self, _: &Error) {
        self.tokens.clear();
        self.roles.clear();
    }
}
