//! Rights of a person on the tokens of a scope, and capabilities of the cluster.
//!
//! Pages offer actions by these answers. The API server still decides about each request.

use serde::{Deserialize, Serialize};

use crate::{right::Right, role::Rule};

/// Rights on the tokens of one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each right is granted independently of the others"
)]
pub struct Permissions {
    /// Create tokens (`create` on Secrets).
    pub create: bool,
    /// Suspend, restore, annotate and retire tokens (`patch` on Secrets).
    pub patch: bool,
    /// Delete tokens (`delete` on Secrets).
    pub delete: bool,
    /// Reveal expiring tokens, whose values Kubernetes mints (`create` on `serviceaccounts/token`).
    pub mint: bool,
}

/// Capabilities of a cluster that depend on its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterFeatures {
    /// `true` if the API server refuses suspended tokens: Kubernetes 1.29 or newer.
    #[serde(rename = "suspend_works")]
    pub suspend: bool,
}

impl Permissions {
    /// Judges the rules that hold for a person in a namespace. A rule that is limited to named objects grants nothing here:
    /// a right on the tokens of a scope means a right on all of them.
    pub fn granted_by(rules: &[Rule]) -> Self {
        let allows = |verb: &str, resource: &str| {
            rules
                .iter()
                .any(|rule| rule.resource_names.is_empty() && rule.allows(verb, "", resource))
        };
        Self {
            create: allows("create", "secrets"),
            patch: allows("patch", "secrets"),
            delete: allows("delete", "secrets"),
            mint: allows("create", "serviceaccounts/token"),
        }
    }

    /// `true` if the right is granted. Rights to list are not asked for in advance: the list itself says.
    pub fn has(self, right: Right) -> bool {
        match right {
            Right::Create => self.create,
            Right::Patch => self.patch,
            Right::Delete => self.delete,
            Right::Mint => self.mint,
            Right::ListTokens | Right::ListRoles => true,
        }
    }

    /// `true` if nothing is missing.
    #[cfg(feature = "cluster")]
    pub(crate) fn are_all(self) -> bool {
        let Self {
            create,
            patch,
            delete,
            mint,
        } = self;
        create && patch && delete && mint
    }

    /// The rights that are not granted, of some.
    pub fn missing(self, of: &[Right]) -> Vec<Right> {
        of.iter()
            .copied()
            .filter(|right| !self.has(*right))
            .collect()
    }

    /// What somebody may do who has both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            create: self.create || other.create,
            patch: self.patch || other.patch,
            delete: self.delete || other.delete,
            mint: self.mint || other.mint,
        }
    }

    /// `true` if tokens can be created and revealed: the reveal is recorded on the Secret, so a token whose creator may not patch it could
    /// never be revealed.
    pub fn can_create(self) -> bool {
        self.create && self.patch
    }

    /// `true` if tokens can be suspended, and so deletions be undone.
    pub fn can_suspend(self, features: ClusterFeatures) -> bool {
        self.patch && features.suspend
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Permissions = Permissions {
        create: false,
        patch: false,
        delete: false,
        mint: false,
    };

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// A rule written `verbs / resources / names`, in the core API group.
    fn rule(text: &str) -> Rule {
        let mut parts = text.split(" / ").map(words);
        let mut next = || parts.next().unwrap_or_default();
        Rule {
            verbs: next(),
            resources: next(),
            resource_names: next(),
            api_groups: vec![String::new()],
            non_resource_urls: vec![],
        }
    }

    #[test]
    fn rules_grant_exactly_what_rbac_would_allow() {
        let all = Permissions {
            create: true,
            patch: true,
            delete: true,
            mint: true,
        };
        let secrets = Permissions { mint: false, ..all };
        let mint = Permissions { mint: true, ..NONE };
        for (rules, expected) in [
            (&[][..], NONE),
            (&["* / *"][..], all),
            (&["* / secrets"], secrets),
            (&["create patch delete / secrets"], secrets),
            (&["create / secrets", "patch delete / secrets"], secrets),
            (&["create / serviceaccounts/token"], mint),
            (&["create / */token"], mint),
            (
                &["create / *"],
                Permissions {
                    create: true,
                    ..mint
                },
            ),
            // A rule on a resource covers none of its subresources, and the other way round.
            (&["create / serviceaccounts"], NONE),
            (&["* / secrets/*"], NONE),
            (&["* / */secrets"], NONE),
            // A rule with names covers single objects, not a scope's tokens.
            (&["* / secrets / ci"], NONE),
            (&["create / serviceaccounts/token / ci"], NONE),
            (&["get list watch update / secrets"], NONE),
            (
                &["* / secrets / ci", "delete / secrets"],
                Permissions {
                    delete: true,
                    ..NONE
                },
            ),
        ] {
            let judged: Vec<_> = rules.iter().map(|text| rule(text)).collect();
            assert_eq!(Permissions::granted_by(&judged), expected, "{rules:?}");
        }
    }

    #[test]
    fn rules_of_other_api_groups_grant_nothing() {
        let mut everything = rule("* / *");
        everything.api_groups = words("apps");
        assert_eq!(Permissions::granted_by(&[everything.clone()]), NONE);
        everything.api_groups = words("apps *");
        assert!(Permissions::granted_by(&[everything.clone()]).create);
        everything.api_groups = vec![];
        assert_eq!(Permissions::granted_by(&[everything]), NONE);
    }

    #[test]
    fn suspending_takes_the_right_and_a_cluster_that_honours_it() {
        let patch = Permissions {
            patch: true,
            ..NONE
        };
        for (permissions, suspend, expected) in [
            (patch, true, true),
            (patch, false, false),
            (NONE, true, false),
        ] {
            assert_eq!(
                permissions.can_suspend(ClusterFeatures { suspend }),
                expected
            );
        }
    }
}
