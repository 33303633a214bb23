//! The page of a compromise report: `/{scope}/compromised/{name}?role={role}&since={seconds}`.

use kargo::token::TokenRef;
use leptos::prelude::window;

use crate::base_path::at;

/// Address of a token's report. `since`: the time of the report, in seconds since 1970 by the API server's clock.
pub fn address(token: &TokenRef, since: i64) -> String {
    let role = String::from(js_sys::encode_uri_component(&token.role));
    at(&format!(
        "/{}/compromised/{}?role={role}&since={since}",
        token.scope, token.name
    ))
}

/// Whether the page is a report.
pub fn is_open() -> bool {
    let path = window().location().pathname();
    path.is_ok_and(|path| path.contains("/compromised/"))
}
