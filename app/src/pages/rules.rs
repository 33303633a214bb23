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
                    <p>"Kubernetes checks these rules on each request for a token, from this dashboard, kubectl or any other tool."</p>
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
        view! { <p class="card unruled">"No rule is on. Whoever installs Kargo Tokens can turn on each of them, with the values "<code>"policy.rules"</code>" of the Helm chart."</p> }
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
        .map(|status| view! { <RuleView status is_incomplete /> })
        .collect_view();
    view! {
        {none}
        {problems}
        {incomplete}
        <ul class="admission">{rules}</ul>
        <p class="help">"Rules apply to new requests. Existing tokens go on working."</p>
    }
    .into_any()
}

#[component]
fn RuleView(status: RuleStatus, is_incomplete: bool) -> impl IntoView {
    let RuleStatus {
        rule,
        in_force,
        broken_by,
    } = status;
    let enforcement = in_force.as_ref().map(|it| it.enforcement);
    let documented = in_force.as_ref().is_some_and(|it| it.settings.documented);
    let applies = in_force.map(|it| view! { <p class="help">{place(&it.projects)}</p> });
    let (class, action) = match enforcement {
        Some(Enforcement::Deny) => ("pill enforced", "Enforced"),
        Some(Enforcement::Warn) => ("pill warn", "Warning only"),
        Some(Enforcement::Audit) => ("pill warn", "Audit log only"),
        None => ("pill off-mark", "Off"),
    };
    let help = match enforcement {
        Some(Enforcement::Deny) => "Kubernetes refuses a request that breaks the rule.",
        Some(Enforcement::Warn) => {
            "Kubernetes allows a request that breaks the rule, and warns whoever sends it."
        }
        Some(Enforcement::Audit) => {
            "Kubernetes allows a request that breaks the rule, and records that in the cluster's audit log."
        }
        None => "",
    };
    let broken = broken_by.map(|breaking| view! { <BrokenBy breaking is_incomplete /> });
    view! {
        <li class="card" class:off=enforcement.is_none()>
            <h2>{name(rule)} " " <code>{rule.word()}</code> " " <span class=class>{action}</span></h2>
            <p>{sentence(rule, documented)}</p>
            <p class="help">{help}</p>
            {applies}
            {broken}
        </li>
    }
}

/// Where a rule applies.
fn place(projects: &RuledProjects) -> AnyView {
    match projects {
        RuledProjects::All => "Applies to the system and to all projects.".into_any(),
        RuledProjects::One(project) => {
            view! { "Applies to the system and to the project " <bdi>{project.clone()}</bdi> ". Tokens of all projects are looked at here." }
                .into_any()
        }
        RuledProjects::Some => {
            view! { "Applies to the system and to the projects that "<code>"policy.projectSelector"</code>" of the chart selects. Tokens of all projects are looked at here." }
                .into_any()
        }
    }
}

/// Tokens that could not be created now. `is_incomplete`: there may be others, which the person may not list.
#[component]
fn BrokenBy(breaking: Breaking, is_incomplete: bool) -> impl IntoView {
    let Breaking { total, named } = breaking;
    if total == 0 {
        let text = if is_incomplete {
            "None of the tokens that you may list breaks it."
        } else {
            "No token breaks it."
        };
        return view! { <p class="unbroken">{text}</p> }.into_any();
    }
    let more = total - named.len();
    let more = (more > 0).then(|| view! { <li>{format!("and {} more", grouped(more))}</li> });
    let names = named
        .into_iter()
        .map(|(scope, name)| {
            let address = token_address(&scope, &name);
            view! { <li><a class="name" href=address><bdi>{name.to_string()}</bdi></a> " " <small><bdi>{scope.label().to_owned()}</bdi></small></li> }
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
        Rule::OwnRole => "Tokens can't create tokens of their own role",
        Rule::OnlyRoles => "Tokens only for roles",
        Rule::PermanentTokens => "Tokens expire",
        Rule::UniqueNames => "Names end in random characters",
        Rule::Annotations => "The record of a token can't be changed",
    }
}

fn sentence(rule: Rule, documented: bool) -> &'static str {
    match rule {
        Rule::SuspendedTokens => {
            "A token can't be used to change or delete a suspended token of its own role. So a thief can't lift the suspension."
        }
        Rule::OwnRole => {
            "A token can't be used to create another token of its own role. So a thief can't get a second one."
        }
        Rule::OnlyRoles => {
            "Tokens can be created for Kargo's roles, and for no other ServiceAccount."
        }
        Rule::PermanentTokens if documented => "New tokens expire, or have a note and a contact.",
        Rule::PermanentTokens => "New tokens expire.",
        Rule::UniqueNames => {
            "The name of a new token must end in random characters. Under the name of a deleted token, Kubernetes would give out the old value again."
        }
        Rule::Annotations => {
            "Only the commands of this dashboard can change who created a token, whether it was revealed, and its history."
        }
    }
}
