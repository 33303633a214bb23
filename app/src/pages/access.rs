//! `/access`: why a person has or doesn't have each role, by their own claims or by pasted ones.

use kargo::{cluster::Viewer, scope::Scope};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    access::PastedText,
    base_path::at,
    components::{
        problem::ProblemView,
        verdicts::{ClaimList, VerdictList},
    },
    error::ApiError,
    page_model::{ComparedClaims, PasteProblem, read_own_claims, read_pasted_claims},
    policy::GlobalNamespaces,
    protocol::PASTED_CLAIMS,
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
            view! { <p class="help">"Your sign-in has no claims to compare. Paste somebody's."</p> }
        });
        return view! { {switch} {no_own} {pasted(viewer, query, system)} }.into_any();
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
fn Own(own: ComparedClaims, query: AccessQuery, system: String) -> impl IntoView {
    let ComparedClaims {
        claims,
        verdicts,
        unread,
    } = own;
    view! {
        <div class="why">
            <section aria-labelledby="claims">
                <h2 id="claims">"Your claims"</h2>
                <ClaimList claims />
                <p class="help">"As your ID token had them when you signed in. After a change at the issuer, sign in again. Of a very large token, only the claims that some role accepted are kept."</p>
            </section>
            <section class="card" aria-label="Roles">
                <form method="get" action=at("/access") class="find-role">
                    <FindField find=query.find />
                    <button type="submit" class="btn">"Show"</button>
                </form>
                <p class="help" role="status">{verdicts.sentence()}</p>
                <VerdictList verdicts system />
                {unread.map(|text| view! { <p class="help">{text}</p> })}
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

/// The field for pasted claims, and what came out of those that were sent.
fn pasted(viewer: Viewer, query: AccessQuery, system: String) -> AnyView {
    let Some(PastedText(text)) = use_context() else {
        let form = view! { <PastedForm query text=String::new() mistake=None /> };
        return explained(
            form,
            "Paste claims to see which roles they match.".to_owned(),
            ().into_any(),
        )
        .into_any();
    };
    let global = GlobalNamespaces::get();
    let asked = (query.clone(), text.clone());
    let reading = async move {
        let (AccessQuery { scope, find, .. }, text) = asked;
        read_pasted_claims(viewer, &global, scope.as_ref(), &text, &find).await
    };
    when_read(reading, move |answer| {
        let (mistake, sentence, verdicts) = match answer {
            Ok(compared) => (
                None,
                compared.verdicts.sentence(),
                view! { <Compared compared system /> }.into_any(),
            ),
            Err(PasteProblem::Mistake(error)) => (
                Some(error.to_string()),
                "Correct the claims first.".to_owned(),
                ().into_any(),
            ),
            Err(PasteProblem::Unreadable(error)) => (
                None,
                String::new(),
                view! { <ProblemView problem=error.0 /> }.into_any(),
            ),
        };
        let form = view! { <PastedForm query text mistake /> };
        explained(form, sentence, verdicts)
    })
    .into_any()
}

fn explained(form: impl IntoView, sentence: String, verdicts: AnyView) -> impl IntoView {
    view! {
        <div class="why">
            <section aria-label="Pasted claims">{form}</section>
            <section class="card" aria-label="Roles">
                <p class="help" role="status">{sentence}</p>
                {verdicts}
            </section>
        </div>
    }
}

/// The claims are posted, so that no address has them. `mistake`: what is wrong with `text`.
#[component]
fn PastedForm(query: AccessQuery, text: String, mistake: Option<String>) -> impl IntoView {
    let is_invalid = mistake.as_ref().map(|_| "true");
    let mistake =
        mistake.map(|mistake| view! { <p class="field-error" role="alert">{mistake}</p> });
    let scope = query
        .scope
        .map(|scope| view! { <input type="hidden" name="scope" value=scope.to_string() /> });
    view! {
        <form method="post" action=at("/access") class="explain">
            <label for=PASTED_CLAIMS>"ID token, or claims as JSON"</label>
            <textarea
                id=PASTED_CLAIMS
                name="claims"
                rows="12"
                required
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-invalid=is_invalid
                aria-describedby="pasted-help"
                placeholder="{\n  \"sub\": \"7f0c\",\n  \"email\": \"dev@corp.example\",\n  \"groups\": [\"engineering\"]\n}"
            >
                {textarea_text(&text)}
            </textarea>
            {mistake}
            <p id="pasted-help" class="help">"The server compares the claims and does not keep them. The signature of an ID token is removed, and not checked."</p>
            <div class="find-role"><FindField find=query.find /></div>
            {scope}
            <button type="submit" class="btn primary">"Explain"</button>
        </form>
    }
}

/// A text as the content of a `<textarea>`: Leptos doesn't escape that, and browsers drop a line end at its start.
fn textarea_text(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

#[component]
fn Compared(compared: ComparedClaims, system: String) -> impl IntoView {
    let ComparedClaims {
        claims,
        verdicts,
        unread,
    } = compared;
    view! {
        {unread.map(|text| view! { <p class="callout">{text}</p> })}
        <details><summary>"The claims, decoded"</summary><ClaimList claims /></details>
        <VerdictList verdicts system />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_pasted_claims_stays_text() {
        let text = textarea_text("\n</textarea><meta http-equiv=refresh>&lt;");
        let page = view! { <textarea>{text}</textarea> }.to_html();
        assert!(!page.contains("<meta"), "{page}");
        assert!(
            page.contains("\n\n&lt;/textarea>&lt;meta http-equiv=refresh>&amp;lt;</textarea>"),
            "{page}"
        );
    }
}
