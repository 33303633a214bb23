//! A problem as the person sees it: what happened, why, what to do next.

use kargo::problem::{Kind, Problem};
use leptos::prelude::*;

/// Shown in place of what could not be read or done. Screen readers read it out when it appears (`role="alert"`).
#[component]
pub fn ProblemView(problem: Problem) -> impl IntoView {
    let class = match problem.kind {
        Kind::Forbidden | Kind::Unauthenticated => "problem problem-permission",
        _ => "problem",
    };
    let hint = (!problem.hint.is_empty()).then(|| view! { <p>{problem.hint.clone()}</p> });
    let quote = problem.quote.map(|quote| {
        view! { <p>"Kubernetes says: " <q><bdi>{quote}</bdi></q></p> }
    });
    view! {
        <div class=class role="alert">
            <p><strong>{problem.message}</strong></p>
            {quote}
            {hint}
        </div>
    }
}
