//! How a person's claims fit each ServiceAccount, in the order in which the page shows it. Pure.

use std::collections::BTreeMap;

use kargo::{
    claims::{Claim, ClaimedAccount, ClaimedAccounts, PersonClaims, Verdict, VoidClaims},
    identity::ServiceAccountRef,
    name::{ProjectName, RoleName},
};

/// Text that a person pasted: an ID token without its signature, or claims as JSON. The server puts it into the context of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastedText(pub String);

/// How the claims fit one ServiceAccount. All texts are cleaned for pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleVerdict {
    /// The ServiceAccount.
    pub account: ServiceAccountRef,
    /// The claim that matches, or why none does.
    pub verdict: Verdict,
    /// Where and why the JSON annotation is void, also where an older annotation matches.
    pub void: Option<VoidClaims>,
    /// The claims that it accepts; `None` where the person may not read them.
    pub accepted: Option<Vec<Claim>>,
    /// Kubernetes objects that would allow the program to act as it, as YAML; `None` if nothing is missing.
    pub impersonation_roles: Option<String>,
}

impl RoleVerdict {
    /// Judges pasted claims.
    pub fn of_pasted(role: &ClaimedAccount, claims: &PersonClaims) -> Self {
        Self {
            account: role.account.clone(),
            verdict: role.judge(claims).shown(),
            void: role.accepted.void.clone().map(VoidClaims::shown),
            accepted: Some(shown(&role.accepted.claims)),
            impersonation_roles: None,
        }
    }
}

/// Accepted claims for pages.
pub fn shown(claims: &[Claim]) -> Vec<Claim> {
    claims.iter().cloned().map(Claim::shown).collect()
}

/// The verdicts of one namespace that are neither a match, void nor a near miss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceVerdicts {
    /// The namespace.
    pub namespace: ProjectName,
    /// ServiceAccounts with claims.
    pub others: Vec<RoleVerdict>,
    /// ServiceAccounts without claims.
    pub without_claims: Vec<RoleName>,
}

/// Verdicts in their order on the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// ServiceAccounts that accept a claim.
    pub matches: Vec<RoleVerdict>,
    /// ServiceAccounts whose annotation is void.
    pub void: Vec<RoleVerdict>,
    /// ServiceAccounts that nearly accept a claim.
    pub near: Vec<RoleVerdict>,
    /// The others by namespace.
    pub rest: Vec<NamespaceVerdicts>,
    /// How many ServiceAccounts accept claims, or try to.
    pub total: usize,
}

impl Verdicts {
    /// Arranges verdicts. `find`: a part of a ServiceAccount's name or namespace; the others are left out. Empty: all.
    pub fn of(verdicts: impl IntoIterator<Item = RoleVerdict>, find: &str) -> Self {
        let find = find.trim().to_lowercase();
        let mut all = Self::default();
        let mut rest = BTreeMap::<ProjectName, NamespaceVerdicts>::new();
        for role in verdicts {
            let ServiceAccountRef { namespace, name } = &role.account;
            if !namespace.as_str().contains(&find) && !name.as_str().contains(&find) {
                continue;
            }
            all.total += usize::from(role.verdict != Verdict::NoClaims);
            let list = match role.verdict {
                Verdict::Matches(_) => &mut all.matches,
                Verdict::Void { .. } => &mut all.void,
                Verdict::NearMiss { .. } => &mut all.near,
                _ => {
                    let group =
                        rest.entry(namespace.clone())
                            .or_insert_with(|| NamespaceVerdicts {
                                namespace: namespace.clone(),
                                others: vec![],
                                without_claims: vec![],
                            });
                    if role.verdict == Verdict::NoClaims {
                        group.without_claims.push(role.account.name);
                    } else {
                        group.others.push(role);
                    }
                    continue;
                }
            };
            list.push(role);
        }
        all.rest = rest.into_values().collect();
        all
    }

    /// `2 of 14 roles with claims match.`
    pub fn sentence(&self) -> String {
        let (matches, total) = (self.matches.len(), self.total);
        let roles = if total == 1 { "role" } else { "roles" };
        let verb = if matches == 1 { "matches" } else { "match" };
        format!("{matches} of {total} {roles} with claims {verb}.")
    }

    /// Judges pasted claims.
    pub fn of_pasted(roles: &ClaimedAccounts, claims: &PersonClaims, find: &str) -> Self {
        let roles = roles.accounts.iter();
        Self::of(roles.map(|role| RoleVerdict::of_pasted(role, claims)), find)
    }
}

#[cfg(test)]
mod tests {
    use kargo::claims::AcceptedClaims;

    use super::*;

    fn role(namespace: &str, name: &str, json: &str, is_looked_at: bool) -> ClaimedAccount {
        let annotations = [("rbac.kargo.akuity.io/claims".to_owned(), json.to_owned())];
        ClaimedAccount {
            account: ServiceAccountRef {
                namespace: namespace.parse().expect("a name"),
                name: name.parse().expect("a name"),
            },
            accepted: AcceptedClaims::of(&annotations.into()),
            is_looked_at,
        }
    }

    fn roles() -> ClaimedAccounts {
        ClaimedAccounts {
            accounts: vec![
                role("demo", "ci", r#"{"groups":["ops"]}"#, true),
                role("demo", "default", "{}", true),
                role("demo", "near", r#"{"groups":["OPS"]}"#, true),
                role("elsewhere", "ci", r#"{"groups":["ops"]}"#, false),
                role("kargo", "other", r#"{"groups":["qa"]}"#, true),
                role("kargo", "void", r#"{"groups":"ops"}"#, true),
            ],
            ..ClaimedAccounts::default()
        }
    }

    fn arranged(find: &str) -> String {
        let claims = PersonClaims::parse(r#"{"groups":["ops"]}"#).expect("claims");
        let all = Verdicts::of_pasted(&roles(), &claims, find);
        let names = |list: &[RoleVerdict]| {
            let names = list.iter().map(|role| role.account.user());
            let names: Vec<_> = names
                .map(|user| user.replace("system:serviceaccount:", ""))
                .collect();
            names.join(" ")
        };
        let rest: Vec<_> = all
            .rest
            .iter()
            .map(|group| format!("{} + {}", names(&group.others), group.without_claims.len()))
            .collect();
        format!(
            "{}: {} / {} / {} / {}",
            all.total,
            names(&all.matches),
            names(&all.void),
            names(&all.near),
            rest.join(", ")
        )
    }

    #[test]
    fn matches_come_first_then_void_then_near_misses_then_namespaces() {
        for (find, expected) in [
            (
                "",
                "5: demo:ci / kargo:void / demo:near /  + 1, elsewhere:ci + 0, kargo:other + 0",
            ),
            (" Kargo ", "2:  / kargo:void /  / kargo:other + 0"),
            ("ci", "2: demo:ci /  /  / elsewhere:ci + 0"),
            ("nothing", "0:  /  /  / "),
        ] {
            assert_eq!(arranged(find), expected, "{find}");
        }
    }

    #[test]
    fn a_verdict_keeps_what_a_page_needs() {
        let claims = PersonClaims::parse(r#"{"groups":["ops"]}"#).expect("claims");
        let all = Verdicts::of_pasted(&roles(), &claims, "");
        let corrected = all.void[0]
            .void
            .as_ref()
            .and_then(|void| void.corrected.clone());
        assert_eq!(corrected.as_deref(), Some(r#"{"groups":["ops"]}"#));
        let accepted = all.near[0].accepted.as_deref();
        assert_eq!(all.sentence(), "1 of 5 roles with claims matches.");
        assert_eq!(
            accepted.map(|claims| claims[0].values.clone()),
            Some(vec!["OPS".to_owned()])
        );
    }
}
