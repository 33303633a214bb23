//! What is known of a token, fact by fact, in plain words.

use jiff::Timestamp;
use kargo::{
    name::{RoleName, TokenName},
    role::RoleSummary,
    scope::Scope,
    token::{Reveal, TokenState, TokenSummary},
};
use leptos::prelude::*;

use super::{
    time::{ExactMoment, day, exact, from_now},
    token_state::stated,
};
use crate::api::{ApiError, TokenDetails};

/// A person's name as Kubernetes knows it. Anybody who may write an annotation could write "you" into it: the real one is marked.
#[component]
pub fn Person(name: String, me: Option<String>) -> impl IntoView {
    if me.as_ref() == Some(&name) {
        view! { <em class="you">"you"</em> }.into_any()
    } else {
        view! { <bdi>{name}</bdi> }.into_any()
    }
}

/// The list of facts. What doesn't apply is left out.
#[component]
pub fn TokenFacts(scope: Scope, token: TokenDetails, me: Option<String>) -> impl IntoView {
    let TokenDetails {
        summary,
        role,
        tracking_since,
        is_own,
        now,
        ..
    } = token;
    let facts = [
        Some(fact("State", stated(&summary, now, me.as_deref()).why)),
        summary
            .is_compromised
            .then(|| fact("Compromised", view! { <strong class="loud">"Somebody said that its value is in the wrong hands."</strong> })),
        suspension(&summary, now, me.clone()),
        lifted(&summary),
        Some(fact("Role", role_words(&scope, &summary.role, &role))),
        Some(created(&summary, now, me)),
        Some(fact("Value", value(&summary, now))),
        fingerprint(&summary),
        Some(fact("Last used", last_used(&summary, now, tracking_since))),
        Some(match summary.expires {
            Some(then) => fact("Expires", view! { <ExactMoment now then /> ". Kubernetes can't suspend such a token, only delete it." }),
            None => fact("Expires", "Never."),
        }),
        summary
            .replaces
            .as_ref()
            .map(|name| fact("Replaces", link(&scope, name))),
        summary
            .replaced_by
            .as_ref()
            .map(|name| fact("Replaced by", link(&scope, name))),
        summary.retire_after.map(|then| {
            let due = (then <= now).then_some(" It is due to be deleted.");
            fact("Retires", view! { <ExactMoment now then /> "." {due} })
        }),
        is_own.then(|| fact("Yours", "You are signed in with it, so it is neither deleted nor suspended here.")),
        Some(fact("Managed", managed(&summary))),
        summary.kept_by.as_ref().map(|tool| {
            let words = format!("{tool} keeps it as its own sources say: it may come back when it is deleted here. Delete it there.");
            fact("Kept by", words)
        }),
    ];
    view! { <dl class="facts">{facts.into_iter().flatten().collect_view()}</dl> }
}

fn fact(name: &'static str, says: impl IntoView + 'static) -> AnyView {
    view! { <div><dt>{name}</dt><dd>{says}</dd></div> }.into_any()
}

fn link(scope: &Scope, name: &TokenName) -> impl IntoView + use<> {
    view! { <a href=format!("/{scope}/tokens/{name}")><code>{name.to_string()}</code></a> }
}

fn suspension(token: &TokenSummary, now: Timestamp, me: Option<String>) -> Option<AnyView> {
    let TokenState::Suspended { since } = &token.state else {
        return None;
    };
    let Some(suspension) = token.suspension.clone() else {
        return Some(fact(
            "Suspended",
            format!("Since {since}; by whom is not noted."),
        ));
    };
    let tried = if token.was_tried_since_suspension() {
        view! { <p class="loud">"Somebody has tried it since then: something still uses it."</p> }
            .into_any()
    } else {
        view! { <p class="help">"Nobody was seen trying it since then. The cluster notes the first use of a day only."</p> }.into_any()
    };
    let reason = (!suspension.reason.is_empty())
        .then(|| view! { <p class="written">{suspension.reason}</p> });
    Some(fact(
        "Suspended",
        view! { <ExactMoment now then=suspension.at /> " by " <Person name=suspension.by me /> {reason} {tried} },
    ))
}

/// A deletion that was begun and then undone by other means.
fn lifted(token: &TokenSummary) -> Option<AnyView> {
    let was_begun = token.delete_after.is_some();
    (was_begun && !matches!(token.state, TokenState::Deleting { .. })).then(|| {
        fact("Deletion", "It was to be deleted, but somebody has lifted its suspension with another program: it is not deleted.")
    })
}

fn role_words(
    scope: &Scope,
    name: &str,
    role: &Result<Option<RoleSummary>, ApiError>,
) -> impl IntoView + use<> {
    // The Secret can name anything; only a role's name leads somewhere.
    let shown = match name.parse::<RoleName>() {
        Ok(role) => {
            view! { <a href=format!("/{scope}?role={role}")>{role.to_string()}</a> }.into_any()
        }
        Err(_) => view! { <bdi>{name.to_owned()}</bdi> }.into_any(),
    };
    let remark = match (role, scope) {
        (Ok(Some(role)), _) => role.description.clone().map(|text| format!(" · {text}")),
        (Ok(None), Scope::System) => Some(
            " · This is none of Kargo's system roles. Whoever holds this token acts as this ServiceAccount, which can lead to control of the whole cluster."
                .to_owned(),
        ),
        (Ok(None), Scope::Project(_)) => Some(" · This role is gone, so the token doesn't work any more.".to_owned()),
        (Err(_), _) => None,
    };
    let class = matches!(role, Ok(None)).then_some("loud");
    view! { {shown} {remark.map(|text| view! { <span class=class>{text}</span> })} }
}

fn created(token: &TokenSummary, now: Timestamp, me: Option<String>) -> AnyView {
    let by = match token.created_by.clone() {
        Some(name) => view! { " by " <Person name me /> }.into_any(),
        None => view! { ", not with Kargo Tokens: by whom is not noted" }.into_any(),
    };
    fact(
        "Created",
        view! { <ExactMoment now then=token.created /> {by} },
    )
}

fn value(token: &TokenSummary, now: Timestamp) -> String {
    let at = |then: &Timestamp| format!("{} ({})", from_now(now, *then), exact(*then));
    let told = match &token.reveal {
        None => {
            "This token was made with another tool: who has seen its value is not known.".to_owned()
        }
        Some(Reveal::Pending) => format!(
            "Nobody has seen it yet. {} can reveal it, once.",
            token.created_by.as_deref().unwrap_or("Its creator")
        ),
        Some(Reveal::Claimed { at: then, .. }) => {
            format!("Sent once, {}. Nobody said that it was saved.", at(then))
        }
        Some(Reveal::Confirmed { at: then, .. }) => {
            format!("Sent once, {}, and said to be saved.", at(then))
        }
    };
    let kept = if token.is_expiring() {
        " It is kept nowhere."
    } else {
        ""
    };
    told + kept
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
                <p class="help">"The start of the value's SHA-256. To compare a value with it: " <code>"printf %s \"$KARGO_API_TOKEN\" | sha256sum | cut -c1-12"</code></p>
            },
        )
    })
}

fn last_used(token: &TokenSummary, now: Timestamp, tracking_since: Option<String>) -> String {
    if token.is_expiring() {
        return "Not known: Kubernetes doesn't note the use of tokens that expire.".to_owned();
    }
    match (&token.last_used, tracking_since) {
        (Some(used), _) => match day(now, used) {
            told if told == *used => told,
            told => format!("{told} ({used})"),
        },
        (None, Some(since)) if kargo::token::day(token.created) < since => {
            format!("Never since {since}, when this cluster began to note it.")
        }
        (None, Some(_)) => "Never.".to_owned(),
        (None, None) => {
            "Never, since this cluster began to note it. You may not read when that was.".to_owned()
        }
    }
}

fn managed(token: &TokenSummary) -> String {
    if token.is_managed() {
        return "By Kargo: its own tools list, describe and delete it too.".to_owned();
    }
    let missing: Vec<_> = token.missing.iter().map(|m| m.text()).collect();
    format!(
        "Not by Kargo, so it is not touched here: it has no {}. Use kubectl to change or delete it.",
        missing.join(" and no ")
    )
}

#[cfg(test)]
mod tests {
    use kargo::token::Missing;

    use super::*;
    use crate::sample::{at, token};

    #[test]
    fn never_used_means_since_it_is_noted() {
        let now = at("2026-11-24T12:00:00Z");
        let said = |token: &TokenSummary, since: Option<&str>| {
            last_used(token, now, since.map(str::to_owned))
        };
        let unused = token();
        assert_eq!(said(&unused, Some("2025-06-01")), "Never.");
        assert!(said(&unused, Some("2026-02-03")).starts_with("Never since 2026-02-03"));
        assert!(said(&unused, None).contains("may not read"));
        let used = TokenSummary {
            last_used: Some("2026-11-23".to_owned()),
            ..token()
        };
        assert_eq!(said(&used, None), "yesterday (2026-11-23)");
        let expiring = TokenSummary {
            expires: Some(now),
            ..token()
        };
        assert!(said(&expiring, None).starts_with("Not known"));
    }

    #[test]
    fn what_an_unmanaged_token_lacks_is_named() {
        let unmanaged = TokenSummary {
            missing: vec![Missing::Label, Missing::ManagedAnnotation],
            ..token()
        };
        let said = managed(&unmanaged);
        assert!(
            said.contains("api-token") && said.contains(" and no annotation"),
            "{said}"
        );
    }
}
