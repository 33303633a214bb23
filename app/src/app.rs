//! The app itself: what every page shares, and which page belongs to which address.

use kargo::cluster::Viewer;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use crate::{
    components::places::Places,
    pages::{
        access::AccessPage, compromise::CompromisePage, inventory::InventoryPage,
        not_found::NotFound, rules::RulesPage, session::SessionPage, sign_in::SignIn,
        token::TokenPage, tokens::TokensPage,
    },
};

/// The root component.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let is_signed_in = use_context::<Viewer>().is_some();
    view! {
        <Title formatter=|page: String| if page.is_empty() { "Kargo Tokens".to_owned() } else { format!("{page} · Kargo Tokens") } />
        <Router>
            <a class="skip" href="#main">"Skip to content"</a>
            <div class=if is_signed_in { "app" } else { "app gate" }>
                {is_signed_in.then(|| view! { <Places /> })}
                <Routes fallback=NotFound>
                    <Route path=path!("/system") view=TokensPage ssr=SsrMode::Async />
                    <Route path=path!("/projects/:project") view=TokensPage ssr=SsrMode::Async />
                    <Route path=path!("/system/tokens/:name") view=TokenPage ssr=SsrMode::Async />
                    <Route path=path!("/projects/:project/tokens/:name") view=TokenPage ssr=SsrMode::Async />
                    <Route path=path!("/system/compromised/:name") view=CompromisePage ssr=SsrMode::Async />
                    <Route path=path!("/projects/:project/compromised/:name") view=CompromisePage ssr=SsrMode::Async />
                    <Route path=path!("/inventory") view=InventoryPage ssr=SsrMode::Async />
                    <Route path=path!("/access") view=AccessPage ssr=SsrMode::Async />
                    <Route path=path!("/rules") view=RulesPage ssr=SsrMode::Async />
                    <Route path=path!("/session") view=SessionPage ssr=SsrMode::Async />
                    <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async />
                </Routes>
            </div>
            <div id="actions"></div>
        </Router>
    }
}
