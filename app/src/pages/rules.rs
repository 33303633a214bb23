//! `/rules`: which rules about tokens Kubernetes enforces here, and which tokens break them.

use kargo::{
    admission::{Enforcement, Rule, RuledProjects},
    cluster::Viewer,
};
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    components::{
        count::{grouped, tokens},
        problem::ProblemView,
    },
    page_model::{Breaking, RuleStatus, RulesPageModel, RulesReader, read_rules_page},
    query::token_address,
    reading::when_read,
};

/// The page.
#[component]
pub fn RulesPage() -> impl IntoView {
    let (reader, viewer): (RulesReader, Viewer) = (expect_context(), expect_context());
    let visited = use_context().unwrap_or_default();
    view! {
        <Title text="Rules" />
        <main id="main" tabindex="-1">
            <div class="top">
                <div>
                    <h1 tabindex="-1">"Rules"</h1>
                    <p>"What Kubernetes itself checks when somebody creates, changes or deletes a token, with any tool."</p>
                </div>
            </div>
            {when_read(read_rules_page(reader, viewer, visited), |page| view! { <Rules page /> })}
        </main>
    }
}

#[component]
fn Rules(page: RulesPageModel) -> impl IntoView {
    let RulesPageModel {
        rules,
        problems,
        is_incomplete,
    } = page;
    let rules = match rules {
        Ok(rules) => rules,
        Err(error) => return view! { <ProblemView problem=error.0 /> }.into_any(),
    };
    let is_any_on = rules.iter().any(|rule| rule.in_force.is_some());
    let none = (!is_any_on).then(|| {
        view! { <p class="callout">"No rule is on. Whoever installs Kargo Tokens can turn them on, each by itself: values "<code>"policy.rules"</code>" of the Helm chart."</p> }
    });
    let problems = problems
        .into_iter()
        .map(|problem| view! { <ProblemView problem /> })
        .collect_view();
    let incomplete = is_incomplete.then(|| {
        view! { <p class="help">"Tokens that you may not list aren't counted."</p> }
    });
    let rules = rules
        .into_iter()
        .map(|status| view! { <RuleView status /> })
        .collect_view();
    view! {
        {none}
        {problems}
        {incomplete}
        <ul class="admission">{rules}</ul>
        <p class="help">"The rules are about requests. Tokens that exist already stay as they are, and work as before."</p>
    }
    .into_any()
}

#[component]
fn RuleView(status: RuleStatus) -> impl IntoView {
    let RuleStatus {
        rule,
        in_force,
        broken_by,
    } = status;
    let enforcement = in_force.as_ref().map(|it| it.enforcement);
    let documented = in_force.as_ref().is_some_and(|it| it.settings.documented);
    let is_in_some = in_force.is_some_and(|it| it.projects == RuledProjects::Some);
    let some = is_in_some.then(|| {
        view! { <p class="help">"In projects, it holds only where "<code>"policy.projectSelector"</code>" of the chart selects them. Tokens of all projects are counted here."</p> }
    });
    let (class, action) = match enforcement {
        Some(Enforcement::Deny) => ("state", "Refused"),
        Some(Enforcement::Warn) => ("state susp", "Warned about"),
        Some(Enforcement::Audit) => ("state susp", "Only noted"),
        None => ("off-mark", "Off"),
    };
    let help = match enforcement {
        Some(Enforcement::Deny) => "Kubernetes refuses what breaks the rule.",
        Some(Enforcement::Warn) => "Kubernetes allows what breaks the rule, with a warning.",
        Some(Enforcement::Audit) => {
            "Kubernetes allows what breaks the rule, and notes it in the cluster's audit log."
        }
        None => "",
    };
    let broken = broken_by.map(|breaking| view! { <BrokenBy breaking /> });
    view! {
        <li class="card" class:off=enforcement.is_none()>
            <h2>{name(rule)} " " <span class=class>{action}</span></h2>
            <p>{sentence(rule, documented)}</p>
            <p class="help">{help} " " <code>{rule.word()}</code></p>
            {some}
            {broken}
        </li>
    }
}

/// Tokens that could not be created now.
#[component]
fn BrokenBy(breaking: Breaking) -> impl IntoView {
    let Breaking { total, named } = breaking;
    if total == 0 {
        return view! { <p class="unbroken">"No token breaks it."</p> }.into_any();
    }
    let more = total - named.len();
    let more = (more > 0).then(|| view! { <li>{format!("and {} more", grouped(more))}</li> });
    let names = named
        .into_iter()
        .map(|(scope, name)| {
            let address = token_address(&scope, &name);
            view! { <li><a href=address><bdi>{name.to_string()}</bdi></a> " " <small><bdi>{scope.label().to_owned()}</bdi></small></li> }
        })
        .collect_view();
    let breaks = if total == 1 { "breaks it" } else { "break it" };
    view! {
        <details>
            <summary>{format!("{} {breaks}", tokens(total))}</summary>
            <ul class="breaking">{names}{more}</ul>
        </details>
    }
    .into_any()
}

fn name(rule: Rule) -> &'static str {
    match rule {
        Rule::SuspendedTokens => "Suspended tokens stay suspended",
        Rule::OwnRole => "No token makes another one of its role",
        Rule::OnlyRoles => "Tokens only for roles",
        Rule::PermanentTokens => "Tokens expire",
        Rule::UniqueNames => "No name is used twice",
        Rule::Annotations => "The record of a token is kept",
    }
}

fn sentence(rule: Rule, documented: bool) -> &'static str {
    match rule {
        Rule::SuspendedTokens => {
            "Whoever signs in with a token of a role can't change or delete a suspended token of that role. So the thief of a token can't lift its suspension."
        }
        Rule::OwnRole => {
            "Whoever signs in with a token of a role can't create a token of that role. So a stolen token can't be used to get another one."
        }
        Rule::OnlyRoles => {
            "Tokens can be created for Kargo's roles, and for no other ServiceAccount."
        }
        Rule::PermanentTokens if documented => "New tokens expire, or have a note and a contact.",
        Rule::PermanentTokens => "New tokens expire.",
        Rule::UniqueNames => {
            "Names of new tokens end in random characters: under the name of a deleted token, Kubernetes would give out its old value again."
        }
        Rule::Annotations => {
            "Who created a token, whether it was revealed, and its history change only as the commands of this dashboard change them."
        }
    }
}
