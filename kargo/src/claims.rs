//! OIDC claims: those that a ServiceAccount accepts, those that a person has, and whether they match. The rule is that of Kargo's own sign-in
//! (`pkg/indexer/indexer.go` and `pkg/server/auth_middleware.go` of Kargo). Reading ServiceAccounts is not done here.
//!
//! Kargo compares `NAME/VALUE` as one text. Here names and values are compared apart: a claim named `a/b` with the value `c` never counts as a
//! claim `a` with the value `b/c`.

mod account;
mod annotations;
mod namespaces;
mod pasted;
mod person;
#[cfg(test)]
mod tests;
mod verdict;

pub use account::{ClaimedAccount, ClaimedAccounts};
pub use annotations::{AcceptedClaims, Claim, ClaimValue, VoidClaims, VoidReason};
pub use namespaces::LookedAt;
pub use pasted::{PasteError, PastedClaims, without_signature};
pub use person::{ClaimsError, PersonClaims};
pub use verdict::Verdict;
