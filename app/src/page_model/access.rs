//! The model of `/access`: how a person's claims fit each ServiceAccount.

use std::collections::BTreeMap;

use kargo::{
    claims::{ClaimedAccounts, PasteError, PastedClaims, PersonClaims, Verdict},
    cluster::{Explanation, Person, Viewer},
    identity::ServiceAccountRef,
    name::ProjectName,
    scope::Scope,
};

use crate::{
    access::{RoleVerdict, Verdicts, shown},
    error::ApiError,
};

/// Namespaces that are named.
const NAMED: usize = 5;

/// How a person's claims fit.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedClaims {
    /// The claims.
    pub claims: PersonClaims,
    /// One verdict for each ServiceAccount.
    pub verdicts: Verdicts,
    /// Names the namespaces whose ServiceAccounts could not be read.
    pub unread: Option<String>,
}

/// Why pasted claims can't be compared.
#[derive(Debug, Clone, PartialEq)]
pub enum PasteProblem {
    /// The text has a mistake.
    Mistake(PasteError),
    /// The roles can't be read.
    Unreadable(ApiError),
}

impl From<PasteError> for PasteProblem {
    fn from(error: PasteError) -> Self {
        Self::Mistake(error)
    }
}

/// Compares pasted claims with the ServiceAccounts that the person may list by their own rights. `also`: a scope that is tried although the
/// person may not list projects. `find`: see [`Verdicts::of`].
///
/// # Errors
/// Names a mistake in the text, or says why ServiceAccounts can't be read.
pub async fn read_pasted_claims(
    viewer: Viewer,
    global: &[ProjectName],
    also: Option<&Scope>,
    text: &str,
    find: &str,
) -> Result<ComparedClaims, PasteProblem> {
    let claims = PastedClaims::parse(text)?.claims;
    let roles = viewer.claimed_accounts(global, also).await;
    let roles = roles.map_err(|error| PasteProblem::Unreadable(error.into()))?;
    Ok(ComparedClaims {
        verdicts: Verdicts::of_pasted(&roles, &claims, find),
        unread: unread(&roles),
        claims,
    })
}

/// Reads the verdicts about the person's own claims; `None` for somebody who doesn't act by claims. `find`: see [`Verdicts::of`].
pub async fn read_own_claims(
    viewer: Viewer,
    global: &[ProjectName],
    find: &str,
) -> Option<Result<ComparedClaims, ApiError>> {
    let person = viewer.person()?;
    Some(read(&viewer, person, global, find).await)
}

async fn read(
    viewer: &Viewer,
    person: &Person,
    global: &[ProjectName],
    find: &str,
) -> Result<ComparedClaims, ApiError> {
    let (explanations, readable) = futures::try_join!(
        person.explain(),
        viewer.claimed_accounts(global, None::<&Scope>)
    )?;
    let all = explanations.len();
    let verdicts = own_verdicts(explanations, &readable);
    let unread = (verdicts.len() < all).then(|| {
        "Roles that don't accept your claims are shown only where you may list ServiceAccounts."
            .to_owned()
    });
    Ok(ComparedClaims {
        claims: person.claims().clone(),
        verdicts: Verdicts::of(verdicts, find),
        unread,
    })
}

/// Adds what ServiceAccounts accept where the person may read them. Elsewhere, it leaves out other people's values, and every ServiceAccount
/// that has nothing to do with the person: who may not list them shall not learn here which ones there are.
fn own_verdicts(explanations: Vec<Explanation>, readable: &ClaimedAccounts) -> Vec<RoleVerdict> {
    let readable: BTreeMap<&ServiceAccountRef, _> = readable
        .accounts
        .iter()
        .map(|role| (&role.account, &role.accepted.claims))
        .collect();
    explanations
        .into_iter()
        .filter(|explanation| {
            let is_theirs = matches!(
                explanation.verdict,
                Verdict::Matches(_)
                    | Verdict::NearMiss { .. }
                    | Verdict::Void {
                        would_match: true,
                        ..
                    }
            );
            is_theirs || readable.contains_key(&explanation.account)
        })
        .map(|explanation| {
            let accepted = readable.get(&explanation.account);
            let explanation = if accepted.is_some() {
                explanation
            } else {
                explanation.without_corrections()
            };
            RoleVerdict {
                account: explanation.account,
                verdict: explanation.verdict,
                void: explanation.void,
                accepted: accepted.map(|claims| shown(claims)),
                impersonation_roles: explanation.impersonation_roles,
            }
        })
        .collect()
}

/// Names the namespaces whose ServiceAccounts could not be read.
fn unread(roles: &ClaimedAccounts) -> Option<String> {
    let ClaimedAccounts {
        hidden,
        unknown_projects,
        ..
    } = roles;
    let more = hidden.len().saturating_sub(NAMED);
    let named: Vec<_> = hidden.iter().take(NAMED).map(ProjectName::as_str).collect();
    let named = named.join(", ");
    let missing = match (hidden.len(), more) {
        (0, _) => None,
        (_, 0) => Some(named),
        _ => Some(format!("{named} and {more} more namespaces")),
    };
    let missing = missing.map(|missing| {
        format!("You may not list ServiceAccounts in {missing}, so their roles are missing here.")
    });
    let unknown = unknown_projects.as_ref().map(|problem| {
        format!(
            "{} So roles of projects may be missing here.",
            problem.message
        )
    });
    let sentences: Vec<_> = missing.into_iter().chain(unknown).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

#[cfg(test)]
mod tests {
    use kargo::{
        claims::{AcceptedClaims, ClaimedAccount},
        problem::Kind,
    };

    use super::*;

    #[test]
    fn what_could_not_be_read_is_named() {
        let hidden = |count: usize| {
            let names = (0..count).map(|n| format!("ns-{n}").parse().expect("a name"));
            names.collect::<Vec<_>>()
        };
        let problem =
            kargo::problem::Problem::new(Kind::Forbidden, "You may not list namespaces.", "");
        for (hidden, unknown_projects, text) in [
            (hidden(0), None, None),
            (
                hidden(1),
                None,
                Some("You may not list ServiceAccounts in ns-0, so their roles are missing here."),
            ),
            (
                hidden(7),
                None,
                Some(
                    "You may not list ServiceAccounts in ns-0, ns-1, ns-2, ns-3, ns-4 and 2 more namespaces, so their roles are missing here.",
                ),
            ),
            (
                hidden(0),
                Some(problem),
                Some("You may not list namespaces. So roles of projects may be missing here."),
            ),
        ] {
            let roles = ClaimedAccounts {
                hidden,
                unknown_projects,
                ..ClaimedAccounts::default()
            };
            assert_eq!(unread(&roles).as_deref(), text);
        }
    }
    fn account(name: &str) -> ServiceAccountRef {
        ServiceAccountRef {
            namespace: "demo".parse().expect("a name"),
            name: name.parse().expect("a name"),
        }
    }

    #[test]
    fn a_correction_is_for_those_who_may_read_the_annotation() {
        let annotation = (
            "rbac.kargo.akuity.io/claims".to_owned(),
            r#"{"groups":"ops"}"#.to_owned(),
        );
        let accepted = AcceptedClaims::of(&[annotation].into());
        let person = PersonClaims::parse(r#"{"groups":["ops"]}"#).expect("claims");
        let explanation = |name| Explanation {
            account: account(name),
            verdict: accepted.judge(&person),
            void: accepted.void.clone(),
            is_impersonable: None,
            impersonation_roles: None,
        };
        let readable = ClaimedAccounts {
            accounts: vec![ClaimedAccount {
                account: account("mine"),
                accepted: accepted.clone(),
                is_looked_at: true,
            }],
            ..ClaimedAccounts::default()
        };
        let verdicts = own_verdicts(vec![explanation("mine"), explanation("theirs")], &readable);
        let corrections: Vec<_> = verdicts
            .iter()
            .map(|role| match &role.verdict {
                Verdict::Void { void, .. } => void.corrected.is_some(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(corrections, [true, false]);
        assert!(verdicts[0].accepted.is_some() && verdicts[1].accepted.is_none());
        assert!(
            verdicts[1]
                .void
                .as_ref()
                .is_some_and(|void| void.corrected.is_none())
        );
        let nobody = PersonClaims::default();
        let theirs = Explanation {
            verdict: accepted.judge(&nobody),
            ..explanation("theirs")
        };
        assert_eq!(own_verdicts(vec![theirs], &readable), []);
    }
}
