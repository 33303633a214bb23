//! What is known of a token, fact by fact.

use jiff::Timestamp;
use kargo::{
    identity::ServiceAccountRef,
    name::{RoleName, TokenName},
    role::{RoleStatus, RoleSummary},
    scope::Scope,
    token::{Missing, Reveal, TokenState, TokenSummary},
};
use leptos::prelude::*;

use super::{
    person::Person,
    state::state_label,
    time::{ExactMoment, Moment, day, exact, from_now},
};
use crate::{
    error::ApiError,
    page_model::TokenDetails,
    query::{TokensQuery, token_address},
};

/// The facts. What doesn't apply is left out.
#[component]
pub fn TokenFacts(scope: Scope, details: TokenDetails, viewer: Option<String>) -> impl IntoView {
    let TokenDetails {
        summary,
        role,
        tracking_since,
        is_own,
        now,
        ..
    } = details;
    let facts = [
        Some(fact("State", state_label(&summary, now, viewer.as_deref()).sentence)),
        summary.is_compromised.then(|| {
            fact("Compromised", view! { <strong class="bad">"Somebody reported that its value is in the wrong hands."</strong> })
        }),
        suspension(&summary, now, viewer.clone()),
        stopped_deletion(&summary),
        Some(fact("Role", role_words(&scope, &summary.role, &role))),
        Some(fact("Last used", last_used(&summary, now, tracking_since))),
        Some(match summary.expires {
            Some(then) => fact(
                "Expires",
                view! { <Moment now then /> <small>{exact(then)} ". Kubernetes can't suspend such a token, only delete it."</small> },
            ),
            None => fact("Expires", "never"),
        }),
        summary.retire_after.map(|then| {
            let due = (then <= now).then_some(" It is due to be deleted.");
            fact("Retires", view! { <ExactMoment now then /> "." {due} })
        }),
        summary
            .replaces
            .as_ref()
            .map(|name| fact("Replaces", link(&scope, name))),
        summary
            .replaced_by
            .as_ref()
            .map(|name| fact("Replaced by", link(&scope, name))),
        Some(created(&summary, now, viewer)),
        Some(fact("Value", value(&summary, now))),
        fingerprint(&summary),
        is_own.then(|| fact("Yours", "You are signed in with this token, so you can't delete or suspend it here.")),
        Some(fact("Managed", managed(&summary))),
        summary.external_manager.as_ref().map(|tool| {
            fact("Managed by", format!("{tool}, which may recreate it. Delete it there."))
        }),
    ];
    view! { <dl class="facts">{facts.into_iter().flatten().collect_view()}</dl> }
}

fn fact(name: &'static str, content: impl IntoView + 'static) -> AnyView {
    view! { <div><dt>{name}</dt><dd>{content}</dd></div> }.into_any()
}

fn link(scope: &Scope, name: &TokenName) -> impl IntoView + use<> {
    view! { <a class="name" href=token_address(scope, name)>{name.to_string()}</a> }
}

fn suspension(token: &TokenSummary, now: Timestamp, viewer: Option<String>) -> Option<AnyView> {
    let TokenState::Suspended { since } = &token.state else {
        return None;
    };
    let Some(suspension) = token.suspension.clone() else {
        return Some(fact(
            "Suspended",
            format!("Since {since}, with another tool: nobody's name is noted."),
        ));
    };
    let tried = if token.was_tried_since_suspension() {
        view! { <p class="loud">"Somebody has tried it since then: something still uses it."</p> }
            .into_any()
    } else {
        view! { <small>"No use was seen since then. Kubernetes tracks only the first use of a day."</small> }.into_any()
    };
    let reason = (!suspension.reason.is_empty())
        .then(|| view! { <p class="written" dir="auto">{suspension.reason}</p> });
    Some(fact(
        "Suspended",
        view! { <ExactMoment now then=suspension.time /> " by " <Person name=suspension.actor viewer /> {reason} {tried} },
    ))
}

/// A deletion that somebody stopped with another tool.
fn stopped_deletion(token: &TokenSummary) -> Option<AnyView> {
    let was_begun = token.delete_after.is_some();
    (was_begun && !matches!(token.state, TokenState::Deleting { .. })).then(|| {
        fact(
            "Deletion",
            "Somebody removed its suspension with another tool, so the deletion stopped.",
        )
    })
}

fn role_words(
    scope: &Scope,
    name: &str,
    role: &Result<(RoleStatus, Option<RoleSummary>), ApiError>,
) -> impl IntoView + use<> {
    // The Secret can name anything. Only a role's name leads somewhere.
    let shown = match name.parse::<RoleName>() {
        Ok(role) => {
            let address = TokensQuery::of(scope.clone())
                .with_role(role.as_str(), 1)
                .address();
            view! { <a class="name" href=address>{role.to_string()}</a> }.into_any()
        }
        Err(_) => view! { <bdi>{name.to_owned()}</bdi> }.into_any(),
    };
    let remark = match (role, scope) {
        (Ok((RoleStatus::SystemRole | RoleStatus::ProjectRole, role)), _) => {
            let description = role.as_ref().and_then(|role| role.description.clone());
            return view! { {shown} {description.map(|text| view! { <small>{text}</small> })} }
                .into_any();
        }
        (Ok((RoleStatus::NotARole, _)), Scope::System) => {
            "Not a role of Kargo. Its holder can take over the cluster."
        }
        (Ok((RoleStatus::NotARole, _)), Scope::Project(_)) => "Not a role of this project.",
        (Ok((RoleStatus::Missing, _)), _) => {
            "This role is gone, so the token doesn't work any more."
        }
        (Err(_), _) => return shown.into_any(),
    };
    view! { {shown} <small class="bad">{remark}</small> }.into_any()
}

fn created(token: &TokenSummary, now: Timestamp, viewer: Option<String>) -> AnyView {
    let by = match token.created_by.clone() {
        Some(name) => {
            let shared = ServiceAccountRef::of_user(&name).map(|_| {
                view! { <small>"A ServiceAccount, not a person: whoever has one of its tokens acts under this name."</small> }
            });
            view! { " by " <Person name viewer /> {shared} }.into_any()
        }
        None => view! { " with another tool: its creator is not noted" }.into_any(),
    };
    fact(
        "Created",
        view! { <Moment now then=token.created /> {by} <small>{exact(token.created)}</small> },
    )
}

fn value(token: &TokenSummary, now: Timestamp) -> String {
    let time = |then: &Timestamp| format!("{} ({})", from_now(now, *then), exact(*then));
    let seen = match &token.reveal {
        None => "Created with another tool: nobody knows who has seen its value.".to_owned(),
        Some(Reveal::Pending) => format!(
            "Not revealed yet. Only {} can reveal it, once.",
            token.created_by.as_deref().unwrap_or("its creator")
        ),
        Some(Reveal::Claimed { time: revealed, .. }) => {
            format!(
                "Revealed once, {}. Nobody confirmed that it was saved.",
                time(revealed)
            )
        }
        Some(Reveal::Confirmed { time: revealed, .. }) => {
            format!("Revealed once, {}, saving confirmed.", time(revealed))
        }
    };
    let kept = if token.is_expiring() {
        " The cluster does not store it."
    } else {
        ""
    };
    seen + kept
}

fn fingerprint(token: &TokenSummary) -> Option<AnyView> {
    let (Reveal::Claimed { fingerprint, .. } | Reveal::Confirmed { fingerprint, .. }) =
        token.reveal.as_ref()?
    else {
        return None;
    };
    let shown = fingerprint.0.clone();
    (!shown.is_empty()).then(|| {
        fact(
            "Fingerprint",
            view! {
                <code>{shown}</code>
                <small>"The first 12 hex digits of the value's SHA-256. Compare with "<code>"printf %s \"$KARGO_API_TOKEN\" | sha256sum | cut -c1-12"</code></small>
            },
        )
    })
}

fn last_used(token: &TokenSummary, now: Timestamp, tracking_since: Option<String>) -> String {
    if token.is_expiring() {
        return "Unknown: Kubernetes doesn't track the use of tokens that expire.".to_owned();
    }
    match (&token.last_used, tracking_since) {
        (Some(used), _) => match day(now, used) {
            words if words == *used => words,
            words => format!("{words} ({used})"),
        },
        (None, Some(since)) if kargo::token::day(token.created) < since => {
            format!("Never since {since}, when this cluster began to track uses.")
        }
        (None, Some(_)) => "never".to_owned(),
        (None, None) => {
            "Never, as far as the cluster has tracked. You can't see since when.".to_owned()
        }
    }
}

fn managed(token: &TokenSummary) -> String {
    if token.is_managed() {
        return "By Kargo, whose own tools also list, describe and delete it.".to_owned();
    }
    let missing: Vec<_> = token
        .missing
        .iter()
        .map(|part: &Missing| part.text())
        .collect();
    format!(
        "Not by Kargo: the Secret has no {}.",
        missing.join(" and no ")
    )
}

#[cfg(test)]
mod tests {
    use kargo::sample::{self, time};

    use super::*;

    #[test]
    fn never_used_counts_from_the_day_that_uses_are_tracked() {
        let now = time("2026-11-24T12:00:00Z");
        let said = |token: &TokenSummary, since: Option<&str>| {
            last_used(token, now, since.map(str::to_owned))
        };
        let unused = TokenSummary {
            created: time("2026-01-01T00:00:00Z"),
            ..sample::token()
        };
        assert_eq!(said(&unused, Some("2025-06-01")), "never");
        assert!(said(&unused, Some("2026-02-03")).starts_with("Never since 2026-02-03"));
        assert!(said(&unused, None).contains("can't see since when"));
        let used = TokenSummary {
            last_used: Some("2026-11-23".to_owned()),
            ..sample::token()
        };
        assert_eq!(said(&used, None), "yesterday (2026-11-23)");
        let expiring = TokenSummary {
            expires: Some(now),
            ..sample::token()
        };
        assert!(said(&expiring, None).starts_with("Unknown"));
    }
}
