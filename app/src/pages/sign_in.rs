//! The page for people who are not signed in.

use leptos::prelude::*;
use leptos_meta::Title;

/// Says how to sign in. In local mode that is the one-time address from the terminal.
#[component]
pub fn SignIn() -> impl IntoView {
    view! {
        <Title text="Sign in" />
        <main id="main" class="plain">
            <h1>"You are not signed in"</h1>
            <p>
                "Open the address that " <code>"kargo-tokens"</code>
                " printed in its terminal. It works once; each time it is used, the terminal shows the next one."
            </p>
        </main>
    }
}
