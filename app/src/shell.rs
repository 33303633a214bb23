//! The HTML document around the app, rendered on the server only.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::{
    App,
    base_path::{self, at},
    preferences::Preferences,
};

/// The whole document. Scripts carry the nonce of the response's Content-Security-Policy.
pub fn shell(options: LeptosOptions, files: SiteFiles) -> impl IntoView {
    let preferences: Preferences = use_context().unwrap_or_default();
    let Preferences {
        theme, is_compact, ..
    } = preferences;
    let density = if is_compact { "compact" } else { "normal" };
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.word() data-density=density data-shortcuts=preferences.shortcuts_word() data-base-path=base_path::get()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="referrer" content="same-origin" />
                <link rel="icon" href=at("/favicon.svg") type="image/svg+xml" />
                <link id="style" rel="stylesheet" href=files.style />
                <AutoReload options />
                <BrowserCode script=files.script wasm=files.wasm />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Loads the browser's code and calls its one function. (Leptos' own `HydrationScripts` calls a function `hydrate`, and nothing is
/// hydrated here.)
#[component]
fn BrowserCode(script: String, wasm: String) -> impl IntoView {
    let start = format!(
        "import init, {{ start }} from {script:?}; init({{ module_or_path: {wasm:?} }}).then(start);"
    );
    view! {
        <link rel="modulepreload" href=script />
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" media="(scripting: enabled)" />
        <script type="module" nonce=use_nonce() inner_html=start></script>
    }
}

/// Addresses of the files that every page loads. (Leptos' own `HashedStylesheet` would read them from the disk for each page.)
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteFiles {
    /// The stylesheet.
    pub style: String,
    /// The script that starts the WebAssembly.
    pub script: String,
    /// The browser's code.
    pub wasm: String,
}
