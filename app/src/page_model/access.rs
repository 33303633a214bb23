//! The model of `/access`: how the person's own claims fit each ServiceAccount.

use std::collections::BTreeMap;

use kargo::{
    claims::{ClaimedAccounts, PersonClaims},
    cluster::{Explanation, Person, Viewer},
    identity::ServiceAccountRef,
    name::ProjectName,
    scope::Scope,
};

use crate::{
    access::{RoleVerdict, Verdicts, shown},
    error::ApiError,
};

/// How a person's own claims fit.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnClaims {
    /// The claims of their session.
    pub claims: PersonClaims,
    /// One verdict for each ServiceAccount.
    pub verdicts: Verdicts,
}

/// Reads the verdicts about the person's own claims; `None` for somebody who doesn't act by claims. `find`: see [`Verdicts::of`].
pub async fn read_own_claims(
    viewer: Viewer,
    global: &[ProjectName],
    find: &str,
) -> Option<Result<OwnClaims, ApiError>> {
    let person = viewer.person()?;
    Some(read(&viewer, person, global, find).await)
}

async fn read(
    viewer: &Viewer,
    person: &Person,
    global: &[ProjectName],
    find: &str,
) -> Result<OwnClaims, ApiError> {
    let (explanations, readable) = futures::try_join!(
        person.explain(),
        viewer.claimed_accounts(global, None::<&Scope>)
    )?;
    Ok(OwnClaims {
        claims: person.claims().clone(),
        verdicts: Verdicts::of(own_verdicts(explanations, &readable), find),
    })
}

/// Adds what ServiceAccounts accept where the person may read them, and leaves out other people's values everywhere else.
fn own_verdicts(explanations: Vec<Explanation>, readable: &ClaimedAccounts) -> Vec<RoleVerdict> {
    let readable: BTreeMap<&ServiceAccountRef, _> = readable
        .accounts
        .iter()
        .map(|role| (&role.account, &role.accepted.claims))
        .collect();
    explanations
        .into_iter()
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

#[cfg(test)]
mod tests {
    use kargo::claims::{AcceptedClaims, ClaimedAccount, Verdict};

    use super::*;

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
        let person = PersonClaims::default();
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
    }
}
