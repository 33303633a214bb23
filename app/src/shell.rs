//! The HTML document around the app, rendered on the server only.

use std::sync::OnceLock;

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::{App, preferences::Preferences};

/// The whole document. Scripts carry the nonce of the response's Content-Security-Policy.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let preferences: Preferences = use_context().unwrap_or_default();
    let Preferences {
        theme, is_compact, ..
    } = preferences;
    let density = if is_compact { "compact" } else { "normal" };
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.word() data-density=density data-shortcuts=preferences.shortcuts_word()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="referrer" content="same-origin" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link id="style" rel="stylesheet" href=Addresses::of(&options).style.clone() />
                <AutoReload options=options.clone() />
                <BrowserCode options />
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
fn BrowserCode(options: LeptosOptions) -> impl IntoView {
    let Addresses { script, wasm, .. } = Addresses::of(&options);
    let start = format!(
        "import init, {{ start }} from {script:?}; init({{ module_or_path: {wasm:?} }}).then(start);"
    );
    view! {
        <link rel="modulepreload" href=script.clone() />
        <link rel="preload" href=wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous" media="(scripting: enabled)" />
        <script type="module" nonce=use_nonce() inner_html=start></script>
    }
}

/// Addresses of the built files. (Leptos' own `HashedStylesheet` would read the hashes from the disk for each page.)
struct Addresses {
    style: String,
    script: String,
    wasm: String,
}

impl Addresses {
    fn of(options: &LeptosOptions) -> &'static Self {
        static ADDRESSES: OnceLock<Addresses> = OnceLock::new();
        ADDRESSES.get_or_init(|| {
            let hashes = hashes(options);
            let of = |kind| address(options, &hashes, kind);
            Self {
                style: of("css"),
                script: of("js"),
                wasm: of("wasm"),
            }
        })
    }
}

/// The file beside the program that says which hash the name of each built file has.
fn hashes(options: &LeptosOptions) -> String {
    std::env::current_exe()
        .ok()
        .and_then(|program| {
            let file = program.parent()?.join(options.hash_file.as_ref());
            std::fs::read_to_string(file).ok()
        })
        .unwrap_or_default()
}

/// The address of a built file. `hashes`: lines such as `js: HASH`.
fn address(options: &LeptosOptions, hashes: &str, kind: &str) -> String {
    let hash = hashes
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == kind)
        .map(|(_, hash)| format!(".{}", hash.trim()))
        .unwrap_or_default();
    format!(
        "/{}/{}{hash}.{kind}",
        options.site_pkg_dir, options.output_name
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_built_file_has_its_hash_in_its_name() {
        let options = LeptosOptions::builder().output_name("kargo-tokens").build();
        let hashes = "js: abc\nwasm: abc\ncss: def\n";
        assert_eq!(address(&options, hashes, "js"), "/pkg/kargo-tokens.abc.js");
        assert_eq!(address(&options, "", "wasm"), "/pkg/kargo-tokens.wasm");
    }
}
