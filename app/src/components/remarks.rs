//! What else there is to know of a token, as one line below its name: its place in a rotation, its end, and what needs attention.

use kargo::token::{TokenState, TokenSummary, day};
use leptos::prelude::*;

use super::time::from_now;
use crate::page_model::PageContext;

/// The remark of a token that Kargo doesn't manage.
pub const NOT_MANAGED: &str = "not managed by Kargo";

/// The remarks of a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Remarks that need attention.
    pub loud: Vec<String>,
    /// Other remarks.
    pub quiet: Vec<String>,
}

/// Judges what is worth a remark.
pub fn remarks(context: &PageContext, token: &TokenSummary) -> Remarks {
    let now = context.now;
    let mut loud = Vec::new();
    let mut quiet = Vec::new();
    if !token.is_managed() {
        loud.push(NOT_MANAGED.to_owned());
    }
    if token.is_compromised && !matches!(token.state, TokenState::Suspended { .. }) {
        loud.push("reported compromised but still accepted".to_owned());
    }
    if let Some(end) = token.retire_after {
        if end > now {
            loud.push(format!("retires {}", from_now(now, end)));
        } else {
            loud.push("retirement is due".to_owned());
        }
    }
    if let Some(name) = &token.replaced_by {
        match context.successors.get(name) {
            None => loud.push(format!("successor {name} is gone")),
            Some(created) => {
                let line = format!("replaced by {name}");
                // Kubernetes tracks uses by the day: a use on the day of the succession may have been before it.
                if token.was_used_after(&day(*created)) {
                    loud.push(line);
                    loud.push("still used since its successor exists".to_owned());
                } else {
                    quiet.push(line);
                }
            }
        }
    }
    if token.was_used_before_creation() {
        loud.push("used before it was created: it has the value of a deleted token".to_owned());
    }
    if token.minted > 1 {
        let number = token.minted;
        loud.push(format!(
            "{number} values were made for it; all of them work"
        ));
    }
    if token.was_tried_since_suspension() {
        loud.push("tried since it was suspended".to_owned());
    }
    if token.is_terminating {
        loud.push("Kubernetes removes it once its finalizers are done".to_owned());
    }
    if let Some(tool) = &token.external_manager {
        loud.push(format!("managed by {tool}, which may recreate it"));
    }
    if token.delete_after.is_some() && !matches!(token.state, TokenState::Deleting { .. }) {
        loud.push("its deletion was stopped with another tool".to_owned());
    }
    if let Some(name) = &token.replaces {
        quiet.push(format!("replaces {name}"));
    }
    if context.is_own(&token.name) {
        quiet.push("you are signed in with it".to_owned());
    }
    if let Some(suspension) = &token.suspension
        && !suspension.reason.is_empty()
        && matches!(token.state, TokenState::Suspended { .. })
    {
        quiet.push(suspension.reason.clone());
    }
    Remarks { loud, quiet }
}

/// The line: amber where something needs attention. Other people's texts are kept apart from the sentence's direction.
#[component]
pub fn RemarkLine(remarks: Remarks) -> impl IntoView {
    let Remarks { loud, quiet } = remarks;
    let class = (!loud.is_empty()).then_some("loud");
    let all: Vec<String> = loud.into_iter().chain(quiet).collect();
    (!all.is_empty()).then(|| {
        let title = all.join(" · ");
        let parts = all
            .into_iter()
            .enumerate()
            .map(|(n, text)| {
                view! { {(n > 0).then_some(" · ")} <bdi>{text}</bdi> }
            })
            .collect_view();
        view! { <small class=class title=title>{parts}</small> }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kargo::{
        permissions::{ClusterFeatures, Permissions},
        sample::{self, time},
        scope::Scope,
        token::{Missing, Suspension},
    };

    use super::*;
    use crate::policy::TokenPolicy;

    fn context() -> PageContext {
        PageContext {
            scope: Scope::System,
            namespace: "kargo".to_owned(),
            now: time("2026-11-24T12:00:00Z"),
            viewer: None,
            permissions: Permissions {
                create: true,
                patch: true,
                delete: true,
                mint: true,
            },
            features: ClusterFeatures { suspend: true },
            policy: TokenPolicy::default(),
            own_token: None,
            own_role: None,
            successors: BTreeMap::from([(
                "new".parse().expect("a name"),
                time("2026-11-20T00:00:00Z"),
            )]),
            predecessors: BTreeMap::new(),
        }
    }

    fn said(token: &TokenSummary) -> (String, String) {
        let Remarks { loud, quiet } = remarks(&context(), token);
        (loud.join(" · "), quiet.join(" · "))
    }

    #[test]
    fn each_kind_of_trouble_has_its_remark() {
        let replaced = TokenSummary {
            replaced_by: Some("new".parse().expect("a name")),
            ..sample::token()
        };
        let suspended = TokenSummary {
            state: TokenState::Suspended {
                since: "2026-11-20".to_owned(),
            },
            suspension: Some(Suspension {
                time: time("2026-11-20T00:00:00Z"),
                actor: "alice".to_owned(),
                reason: "holiday".to_owned(),
                last_used: None,
            }),
            ..sample::token()
        };
        for (token, loud, quiet) in [
            (sample::token(), "", ""),
            (replaced.clone(), "", "replaced by new"),
            (
                TokenSummary {
                    last_used: Some("2026-11-21".to_owned()),
                    ..replaced.clone()
                },
                "replaced by new · still used since its successor exists",
                "",
            ),
            (
                TokenSummary {
                    replaced_by: Some("gone".parse().expect("a name")),
                    ..sample::token()
                },
                "successor gone is gone",
                "",
            ),
            (
                TokenSummary {
                    retire_after: Some(time("2026-11-25T12:00:00Z")),
                    ..replaced
                },
                "retires in 1 d",
                "replaced by new",
            ),
            (suspended.clone(), "", "holiday"),
            (
                TokenSummary {
                    last_used: Some("2026-11-21".to_owned()),
                    ..suspended
                },
                "tried since it was suspended",
                "holiday",
            ),
            (
                TokenSummary {
                    missing: vec![Missing::Label],
                    ..sample::token()
                },
                "not managed by Kargo",
                "",
            ),
            (
                TokenSummary {
                    minted: 2,
                    ..sample::token()
                },
                "2 values were made for it; all of them work",
                "",
            ),
            (
                TokenSummary {
                    last_used: Some("1969-12-31".to_owned()),
                    ..sample::token()
                },
                "used before it was created: it has the value of a deleted token",
                "",
            ),
            (
                TokenSummary {
                    is_terminating: true,
                    ..sample::token()
                },
                "Kubernetes removes it once its finalizers are done",
                "",
            ),
            (
                TokenSummary {
                    is_compromised: true,
                    ..sample::token()
                },
                "reported compromised but still accepted",
                "",
            ),
        ] {
            assert_eq!(
                said(&token),
                (loud.to_owned(), quiet.to_owned()),
                "{token:?}"
            );
        }
    }
}
