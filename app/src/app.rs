//! The app itself: what every page shares, and which page belongs to which address.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use crate::{
    api::{self, ApiError, Session},
    components::header::Header,
    pages::{not_found::NotFound, sign_in::SignIn, token::TokenPage, tokens::TokensPage},
};

/// Who is signed in, read once for each page.
#[derive(Clone, Copy)]
pub struct SessionResource;

impl SessionResource {
    /// Reads it, and makes it available to every component below.
    fn provide() {
        provide_context(Resource::new(|| (), |()| api::get_session()));
    }

    /// The page's session.
    pub fn get() -> Resource<Result<Session, ApiError>> {
        expect_context()
    }
}

/// The root component.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    SessionResource::provide();

    view! {
        <Title formatter=|page: String| if page.is_empty() { "Kargo Tokens".to_owned() } else { format!("{page} · Kargo Tokens") } />
        <Router>
            <a class="skip" href="#main">"Skip to the tokens"</a>
            <Header />
            <Routes fallback=NotFound>
                <Route path=path!("/system") view=TokensPage ssr=SsrMode::Async />
                <Route path=path!("/projects/:project") view=TokensPage ssr=SsrMode::Async />
                <Route path=path!("/system/tokens/:name") view=TokenPage ssr=SsrMode::Async />
                <Route path=path!("/projects/:project/tokens/:name") view=TokenPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async />
            </Routes>
            <div id="actions"></div>
        </Router>
    }
}
