//! What a role may do, and who acts as it.

use kargo::role::{Grant, RoleSummary, Rule, Rules};
use leptos::prelude::*;

/// Whether its rules allow everything on everything.
pub fn may_everything(role: &RoleSummary) -> bool {
    let is_star = |list: &[String]| list.iter().any(|entry| entry == "*");
    role.grants.iter().any(|grant| {
        let Rules::Known(rules) = &grant.rules else {
            return false;
        };
        rules.iter().any(|rule| {
            is_star(&rule.verbs)
                && is_star(&rule.resources)
                && is_star(&rule.api_groups)
                && rule.resource_names.is_empty()
        })
    })
}

/// One line: how many rules, how many claims.
pub fn summary(role: &RoleSummary) -> String {
    let rules: usize = role
        .grants
        .iter()
        .map(|g| {
            if let Rules::Known(rules) = &g.rules {
                rules.len()
            } else {
                0
            }
        })
        .sum();
    let hidden =
        !role.unreadable.is_empty() || role.grants.iter().any(|g| g.rules == Rules::Unreadable);
    let rules = match (rules, hidden) {
        (0, true) => "Rules not readable".to_owned(),
        (0, false) => "No rules".to_owned(),
        (1, false) => "1 rule".to_owned(),
        (n, false) => format!("{n} rules"),
        (1, true) => "1 rule and more".to_owned(),
        (n, true) => format!("{n} rules and more"),
    };
    match role.claims.len() {
        0 => rules,
        1 => format!("{rules} · 1 OIDC claim"),
        n => format!("{rules} · {n} OIDC claims"),
    }
}

/// Rules of one binding that are shown: whoever may write Roles in a project must not be able to make a page endless.
const RULES_SHOWN: usize = 50;

/// Everything that is known of what a role grants.
#[component]
pub fn RoleDetails(role: RoleSummary) -> impl IntoView {
    let claims = (!role.claims.is_empty()).then(|| {
        view! {
            <p>"People whose ID token has any of these claims act as this role:"</p>
            <ul class="claims">
                {role.claims.iter().map(|c| view! { <li><code>{c.name.clone()}</code> ": " {c.values.join(", ")}</li> }).collect_view()}
            </ul>
        }
    });
    let unreadable = role
        .unreadable
        .iter()
        .map(|u| view! { <p class="help">{format!("You may not {} {}: what this role gets through them is not shown.", u.verb, u.resource)}</p> })
        .collect_view();
    let unmanaged = (!role.managed).then(|| {
        view! { <p class="help">"Kargo did not make this role, so its command line doesn't change it."</p> }
    });
    let none = (role.grants.is_empty() && role.unreadable.is_empty()).then(|| {
        view! { <p class="help">"Nothing is granted to it here: it may do what everybody who is signed in to the cluster may."</p> }
    });
    view! {
        {unmanaged}
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
        .map_or("in all namespaces".to_owned(), |ns| {
            format!("in namespace {ns}")
        });
    let rules = match grant.rules {
        Rules::Dangling => {
            view! { <p class="help">"That role doesn't exist: this binding grants nothing."</p> }
                .into_any()
        }
        Rules::Unreadable => {
            view! { <p class="help">"You may not read that role's rules."</p> }.into_any()
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
            {(more > 0).then(|| view! { <p class="help">{format!("And {more} more rules: kubectl describe shows them.")}</p> })}
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
        .map(|g| if g.is_empty() { "core" } else { g.as_str() })
        .collect();
    view! {
        <tr><td>{rule.verbs.join(", ")}</td><td>{on}</td><td>{groups.join(", ")}</td></tr>
    }
}
