//! What was read of scopes that no inventory follows, for some seconds.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::time::sleep;

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
const FRESH_FOR: Duration = Duration::from_secs(30);
/// Time after which lists that nobody uses any more are forgotten.
const KEPT_FOR: Duration = Duration::from_mins(1);
/// Scopes of which something is remembered.
const MOST: usize = 2000;

/// All tokens of a scope at a time.
pub(in crate::cluster) type Listed = (Arc<[Arc<TokenSummary>]>, Timestamp);

/// Tokens and roles of scopes.
pub(in crate::cluster) struct ReadScopes {
    pub tokens: Answers<Scope, Listed>,
    pub roles: Answers<Scope, Arc<ScopeRoles>>,
    /// Whether a task waits to forget what is stale.
    is_forgetting: AtomicBool,
}

impl Default for ReadScopes {
    fn default() -> Self {
        Self {
            tokens: Answers::new(FRESH_FOR, MOST),
            roles: Answers::new(FRESH_FOR, MOST),
            is_forgetting: AtomicBool::new(false),
        }
    }
}

impl Keep for ReadScopes {
    fn refuse(&self, _: &Error) {
        self.tokens.clear();
        self.roles.clear();
    }
}

impl ReadScopes {
    /// Forgets what is stale in a while: whole lists are too large to be kept until the session ends.
    pub fn forget_soon(self: &Arc<Self>) {
        if self.is_forgetting.swap(true, Ordering::Relaxed) {
            return;
        }
        let read = Arc::downgrade(self);
        tokio::spawn(async move {
            sleep(KEPT_FOR).await;
            if let Some(read) = read.upgrade() {
                read.is_forgetting.store(false, Ordering::Relaxed);
                let is_empty = read.tokens.forget_stale() & read.roles.forget_stale();
                if !is_empty {
                    read.forget_soon();
                }
            }
        });
    }
}
