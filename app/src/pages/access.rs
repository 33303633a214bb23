//! `/access`: why a person has or doesn't have each role, by their own claims or by pasted ones.

use kargo::{cluster::Viewer, scope::Scope};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    components::{
        problem::ProblemView,
        verdicts::{ClaimList, VerdictList},
        without_code::NotStarted,
    },
    error::ApiError,
    page_model::{OwnClaims, read_own_claims},
    policy::GlobalNamespaces,
    protocol::{DETAIL, EXPLAIN, EXPLAIN_STATUS, EXPLAINED, ExplainContext, to_attribute},
    query::AccessQuery,
    reading::when_read,
};

/// The page.
#[component]
pub fn AccessPage() -> impl IntoView {
    let query = AccessQuery::parse(&use_query_map().get_untracked());
    let content = match use_context::<Viewer>() {
        None => view! { <ProblemView problem=ApiError::signed_out().0 /> }.into_any(),
        Some(viewer) => content(viewer, query),
    };
    view! {
        <Title text="Why this role?" />
        <main id="main" class="access" tabindex="-1">
            <div class="top">
                <div>
                    <h1 tabindex="-1">"Why this role?"</h1>
                    <p>"Which Kargo roles a person gets from the claims of their ID token, and why not the others."</p>
                </div>
            </div>
            {content}
            <NotStarted />
        </main>
    }
}

/// The person's own claims, or the field for pasted ones.
fn content(viewer: Viewer, query: AccessQuery) -> AnyView {
    let system = viewer.base().namespace(&Scope::System).to_owned();
    let is_person = viewer.person().is_some();
    let switch = is_person.then(|| view! { <Switch query=query.clone() /> });
    if query.is_pasted || !is_person {
        let no_own = (!is_person).then(|| {
            view! { <p class="help">"You didn't sign in with claims that Kargo Tokens compares, so it knows none of yours. Paste those of a person."</p> }
        });
        return view! { {switch} {no_own} <Pasted query system /> }.into_any();
    }
    let global = GlobalNamespaces::get();
    let find = query.find.clone();
    let reading = async move { read_own_claims(viewer, &global, &find).await };
    let own = when_read(reading, move |own| {
        own.map(|own| match own {
            Ok(own) => view! { <Own own query system /> }.into_any(),
            Err(error) => view! { <ProblemView problem=error.0 /> }.into_any(),
        })
    });
    view! { {switch} {own} }.into_any()
}

/// The choice between one's own claims and pasted ones.
#[component]
fn Switch(query: AccessQuery) -> impl IntoView {
    let link = |is_pasted: bool, label: &'static str| {
        let current = (query.is_pasted == is_pasted).then_some("true");
        let address = AccessQuery {
            is_pasted,
            ..query.clone()
        }
        .address();
        view! { <a href=address aria-current=current>{label}</a> }
    };
    view! {
        <nav class="seg claims-of" aria-label="Claims">
            {link(false, "Mine")}
            {link(true, "Pasted")}
        </nav>
    }
}

#[component]
fn Own(own: OwnClaims, query: AccessQuery, system: String) -> impl IntoView {
    let OwnClaims { claims, verdicts } = own;
    view! {
        <div class="why">
            <section aria-labelledby="claims">
                <h2 id="claims">"Your claims"</h2>
                <ClaimList claims />
                <p class="help">"As your ID token had them when you signed in. After a change at the issuer, sign in again. Of a very large token, only the claims that some role accepted are kept."</p>
            </section>
            <section class="card" aria-label="Roles">
                <form method="get" action="/access" class="find-role">
                    <FindField find=query.find />
                    <button type="submit" class="btn">"Show"</button>
                </form>
                <p class="help" role="status">{verdicts.sentence()}</p>
                <VerdictList verdicts system />
            </section>
        </div>
    }
}

/// A part of a role's name or namespace.
#[component]
fn FindField(find: String) -> impl IntoView {
    view! {
        <label for="find-role">"Role or namespace"</label>
        <input id="find-role" name="find" type="search" value=find placeholder="All" autocomplete="off" autocapitalize="none" spellcheck="false" />
    }
}

/// The field for pasted claims. It has no name, so that no browser can send what is in it. The browser's code fills the right side.
#[component]
fn Pasted(query: AccessQuery, system: String) -> impl IntoView {
    let context = ExplainContext {
        system,
        scope: query.scope.map(|scope| scope.to_string()),
    };
    let form = view! {
        <form id=EXPLAIN class="explain">
            <label for="pasted-claims">"ID token, or claims as JSON"</label>
            <textarea
                id="pasted-claims"
                rows="12"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby="pasted-help"
                placeholder="{\n  \"sub\": \"7f0c\",\n  \"email\": \"dev@corp.example\",\n  \"groups\": [\"engineering\"]\n}"
            ></textarea>
            <p id="pasted-help" class="help">"Decoded in this browser, sent nowhere. The signature isn't checked."</p>
            <div class="find-role"><FindField find=query.find /></div>
            <button type="submit" class="btn primary needs-js" disabled>"Explain"</button>
        </form>
    }
    .attr(DETAIL, to_attribute(&context));
    view! {
        <noscript><p class="callout">"Pasted claims are compared in the browser, which needs JavaScript."</p></noscript>
        <div class="why">
            <section class="needs-js" aria-label="Pasted claims">{form}</section>
            <section class="card" aria-label="Roles">
                <p id=EXPLAIN_STATUS class="help" role="status">"Paste claims to see which roles they match."</p>
                <div id=EXPLAINED></div>
            </section>
        </div>
    }
}
