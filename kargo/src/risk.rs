//! What makes a token a risk: reasons, the worst first, and a score to sort by.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    filter::{STALE_DAYS, UnusedSince, has_no_owner},
    role::{RoleStatus, RoleSummary, Rules},
    token::{TokenState, TokenSummary},
};

/// A reason, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// The token is of a ServiceAccount that is no role of Kargo.
    NotARole,
    /// The role's rules allow everything on everything.
    AllPowerful,
    /// A rule of the role has a wildcard: it also allows what Kubernetes or an operator adds later.
    Wildcard,
    /// The token never expires, and nobody has used it for [`STALE_DAYS`] days.
    Unused,
    /// Neither a contact nor a creator is recorded.
    NoOwner,
}

impl Risk {
    /// Every reason, the worst first.
    pub const ALL: [Self; 5] = [
        Self::NotARole,
        Self::AllPowerful,
        Self::Wildcard,
        Self::Unused,
        Self::NoOwner,
    ];

    /// Each reason outweighs all that come after it together.
    fn weight(self) -> u8 {
        match self {
            Self::NotARole => 16,
            Self::AllPowerful => 8,
            Self::Wildcard => 4,
            Self::Unused => 2,
            Self::NoOwner => 1,
        }
    }
}

/// The reasons of one token. Greater is riskier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Risks(u8);

impl Risks {
    /// The reasons, the worst first.
    pub fn iter(self) -> impl Iterator<Item = Risk> {
        let has = move |risk: &Risk| self.0 & risk.weight() != 0;
        Risk::ALL.into_iter().filter(has)
    }

    fn with(self, risk: Risk, is_given: bool) -> Self {
        Self(self.0 | if is_given { risk.weight() } else { 0 })
    }
}

/// The reasons that all tokens of one role share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoleRisks(Risks);

impl RoleRisks {
    /// Those of a role. `status`: what the ServiceAccount is; `None` where that can't be read. `role`: the role, where it is one.
    pub fn of(status: Option<RoleStatus>, role: Option<&RoleSummary>) -> Self {
        let is_all_powerful = role.is_some_and(RoleSummary::is_all_powerful);
        let risks = Risks::default()
            .with(Risk::NotARole, status == Some(RoleStatus::NotARole))
            .with(Risk::AllPowerful, is_all_powerful)
            .with(
                Risk::Wildcard,
                !is_all_powerful && role.is_some_and(has_wildcard),
            );
        Self(risks)
    }
}

/// Whether a rule of a role names all verbs, resources or API groups.
fn has_wildcard(role: &RoleSummary) -> bool {
    let is_star = |list: &[String]| list.iter().any(|entry| entry == "*");
    role.grants.iter().any(|grant| match &grant.rules {
        Rules::Known(rules) => rules.iter().any(|rule| {
            is_star(&rule.verbs) || is_star(&rule.resources) || is_star(&rule.api_groups)
        }),
        Rules::Dangling | Rules::Unreadable => false,
    })
}

/// Judges the risk of tokens at a time.
#[derive(Debug)]
pub struct RiskJudge(UnusedSince);

impl RiskJudge {
    /// `now`: by the API server's clock.
    pub fn at(now: Timestamp) -> Self {
        Self(UnusedSince::days_before(now, STALE_DAYS))
    }

    /// The reasons of a token; none if the API server refuses it now.
    pub fn risks(&self, token: &TokenSummary, role: RoleRisks) -> Risks {
        let is_refused = matches!(
            token.state,
            TokenState::Suspended { .. } | TokenState::Deleting { .. } | TokenState::Expired { .. }
        );
        if is_refused || token.is_terminating {
            return Risks::default();
        }
        role.0
            .with(Risk::Unused, self.0.is_true_of(token))
            .with(Risk::NoOwner, has_no_owner(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        role::{Grant, Rule},
        sample,
    };

    fn role(verbs: &[&str], resources: &[&str], groups: &[&str]) -> RoleSummary {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        RoleSummary {
            name: "ci".parse().expect("a name"),
            description: None,
            managed: true,
            claims: vec![],
            void_claims: None,
            grants: vec![Grant {
                binding: "RoleBinding/ci".to_owned(),
                role: "Role/ci".to_owned(),
                namespace: None,
                rules: Rules::Known(vec![Rule {
                    api_groups: list(groups),
                    resources: list(resources),
                    resource_names: vec![],
                    non_resource_urls: vec![],
                    verbs: list(verbs),
                }]),
            }],
            unreadable: vec![],
        }
    }

    #[test]
    fn each_reason_is_found_and_weighs_more_than_the_next_ones() {
        let judge = RiskJudge::at(sample::time("2026-11-24T12:00:00Z"));
        let owned = TokenSummary {
            contact: Some("#web".to_owned()),
            last_used: Some("2026-11-20".to_owned()),
            ..sample::token()
        };
        let unowned = TokenSummary {
            contact: None,
            created_by: None,
            ..owned.clone()
        };
        let unused = TokenSummary {
            last_used: None,
            ..owned.clone()
        };
        let plain = RoleRisks::of(
            Some(RoleStatus::ProjectRole),
            Some(&role(&["get"], &["stages"], &["kargo.akuity.io"])),
        );
        let wild = RoleRisks::of(
            Some(RoleStatus::ProjectRole),
            Some(&role(&["*"], &["stages"], &["kargo.akuity.io"])),
        );
        let powerful = RoleRisks::of(
            Some(RoleStatus::SystemRole),
            Some(&role(&["*"], &["*"], &["*"])),
        );
        let none = RoleRisks::of(Some(RoleStatus::NotARole), None);
        let cases = [
            (&owned, RoleRisks::default(), vec![]),
            (&owned, plain, vec![]),
            (&unowned, plain, vec![Risk::NoOwner]),
            (&unused, plain, vec![Risk::Unused]),
            (&owned, wild, vec![Risk::Wildcard]),
            (&unowned, wild, vec![Risk::Wildcard, Risk::NoOwner]),
            (&owned, powerful, vec![Risk::AllPowerful]),
            (&owned, none, vec![Risk::NotARole]),
        ];
        let mut before = Risks::default();
        for (token, role, expected) in cases {
            let risks = judge.risks(token, role);
            assert_eq!(risks.iter().collect::<Vec<_>>(), expected);
            assert!(risks >= before, "{expected:?}");
            before = risks;
        }
        let suspended = TokenSummary {
            state: TokenState::Suspended {
                since: "2026-11-20".to_owned(),
            },
            ..unused
        };
        assert_eq!(
            judge.risks(&suspended, none),
            Risks::default(),
            "it is refused"
        );
    }
}
