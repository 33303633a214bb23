//! A problem as the person sees it: what happened, why, what to do next.

use kargo::problem::{Kind, Problem};
use leptos::prelude::*;

use crate::protocol::COPY;

/// Shown in place of what could not be read or done. Screen readers read it out when it appears (`role="alert"`).
#[component]
pub fn ProblemView(problem: Problem) -> impl IntoView {
    let class = match problem.kind {
        Kind::Forbidden | Kind::Unauthenticated => "problem problem-permission",
        _ => "problem",
    };
    let hint = (!problem.hint.is_empty()).then(|| view! { <p>{problem.hint.clone()}</p> });
    let yaml = problem.yaml.map(|yaml| {
        let copy = view! { <button type="button" class="ghost lead needs-js">"Copy YAML"</button> }
            .attr(COPY, yaml.clone());
        view! {
            <details>
                <summary>"Show the objects that would allow it"</summary>
                <p>{copy}</p>
                <pre class="yaml" tabindex="0" aria-label="The missing objects as YAML">{yaml}</pre>
            </details>
        }
    });
    let quote = problem.quote.map(|quote| {
        view! { <p>"Kubernetes says: " <q><bdi>{quote}</bdi></q></p> }
    });
    view! {
        <div class=class role="alert">
            <p><strong>{problem.message}</strong></p>
            {quote}
            {hint}
            {yaml}
        </div>
    }
}
