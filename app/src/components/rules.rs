//! What a role may do, and whose sign-in maps to it.

use kargo::role::{Grant, RoleSummary, Rule, Rules};
use leptos::prelude::*;

use super::verdicts::void_view;

/// Rules of one binding that are shown. Whoever may write Roles in a project must not be able to make a page endless.
const RULES_SHOWN: usize = 50;

/// One line: how many rules and claims.
pub fn summary(role: &RoleSummary) -> String {
    let rules: usize = role
        .grants
        .iter()
        .map(|grant| match &grant.rules {
            Rules::Known(rules) => rules.len(),
            Rules::Dangling | Rules::Unreadable => 0,
        })
        .sum();
    let is_partial = !role.unreadable.is_empty()
        || role
            .grants
            .iter()
            .any(|grant| grant.rules == Rules::Unreadable);
    let rules = match (rules, is_partial) {
        (0, true) => "rules not readable".to_owned(),
        (0, false) => "no rules".to_owned(),
        (1, false) => "1 rule".to_owned(),
        (n, false) => format!("{n} rules"),
        (1, true) => "at least 1 rule".to_owned(),
        (n, true) => format!("at least {n} rules"),
    };
    match role.claims.len() {
        0 if role.void_claims.is_some() => format!("{rules} · claims ignored"),
        0 => rules,
        1 => format!("{rules} · 1 claim"),
        n => format!("{rules} · {n} claims"),
    }
}

/// Everything that is known of what a role grants.
#[component]
pub fn RoleDetails(role: RoleSummary) -> impl IntoView {
    let claims = (!role.claims.is_empty()).then(|| {
        view! {
            <p>"People act as this role when their ID token has one of these OIDC claims:"</p>
            <ul class="claims">
                {role
                    .claims
                    .iter()
                    .map(|claim| view! { <li><code>{claim.name.clone()}</code> ": " <bdi>{claim.values.join(", ")}</bdi></li> })
                    .collect_view()}
            </ul>
        }
    });
    let void = role.void_claims.clone().map(|void| {
        view! {
            <div class="callout void-claims">
                <p>"Nobody acts as this role by the annotation " <code>"rbac.kargo.akuity.io/claims"</code> "."</p>
                {void_view(void, false)}
            </div>
        }
    });
    let unreadable = role
        .unreadable
        .iter()
        .map(|kind| view! { <p class="help">{format!("You can't {} {}, so the rules that they grant are not shown.", kind.verb, kind.resource)}</p> })
        .collect_view();
    let unmanaged = (!role.managed).then(|| {
        view! { <p class="help">"Kargo did not create this role, so Kargo's command line doesn't change it."</p> }
    });
    let none = (role.grants.is_empty() && role.unreadable.is_empty()).then(|| {
        view! { <p class="help">"Nothing is granted to this role. Its tokens may do what every signed-in user of the cluster may."</p> }
    });
    view! {
        {unmanaged}
        {void}
        {claims}
        {none}
        {role.grants.into_iter().map(|grant| view! { <GrantView grant /> }).collect_view()}
        {unreadable}
    }
}

#[component]
fn GrantView(grant: Grant) -> impl IntoView {
    let place = grant
        .namespace
        .as_ref()
        .map_or("in all namespaces".to_owned(), |namespace| {
            format!("in namespace {namespace}")
        });
    let rules = match grant.rules {
        Rules::Dangling => {
            view! { <p class="help">"That role doesn't exist, so this binding grants nothing."</p> }
                .into_any()
        }
        Rules::Unreadable => {
            view! { <p class="help">"You can't read that role's rules."</p> }.into_any()
        }
        Rules::Known(mut rules) => {
            let more = rules.len().saturating_sub(RULES_SHOWN);
            rules.truncate(RULES_SHOWN);
            view! {
                <table class="rules">
                    <thead>
                        <tr><th scope="col">"May"</th><th scope="col">"On"</th><th scope="col">"API group"</th></tr>
                    </thead>
                    <tbody>{rules.into_iter().map(|rule| view! { <RuleRow rule /> }).collect_view()}</tbody>
                </table>
                {(more > 0).then(|| view! { <p class="help">{format!("{more} more rules are not shown. Read them with kubectl describe.")}</p> })}
            }
            .into_any()
        }
    };
    view! {
        <section class="grant">
            <p><code>{grant.role}</code> " through " <code>{grant.binding}</code> ", " {place}</p>
            {rules}
        </section>
    }
}

#[component]
fn RuleRow(rule: Rule) -> impl IntoView {
    let mut on = if rule.non_resource_urls.is_empty() {
        rule.resources.join(", ")
    } else {
        rule.non_resource_urls.join(", ")
    };
    if !rule.resource_names.is_empty() {
        on = format!("{on} named {}", rule.resource_names.join(", "));
    }
    let groups: Vec<_> = rule
        .api_groups
        .iter()
        .map(|group| {
            if group.is_empty() {
                "core"
            } else {
                group.as_str()
            }
        })
        .collect();
    view! {
        <tr><td>{rule.verbs.join(", ")}</td><td>{on}</td><td>{groups.join(", ")}</td></tr>
    }
}
