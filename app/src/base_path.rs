//! The base path: what all addresses of the program begin with where its host serves other programs, too, such as `/tools/tokens`. Empty
//! where the program has the host for itself. Requests lose it before they are routed, so only addresses that leave the program have it.

use std::sync::OnceLock;

static BASE_PATH: OnceLock<String> = OnceLock::new();

/// Sets the base path, once: the server from its configuration, the browser's code from the page.
pub fn set(base_path: &str) {
    let _ = BASE_PATH.set(base_path.to_owned());
}

/// The base path.
pub fn get() -> &'static str {
    BASE_PATH.get().map_or("", String::as_str)
}

/// The address that browsers are given. `path`: within the program, such as `/system`, with or without a query.
pub fn at(path: &str) -> String {
    format!("{}{path}", get())
}

/// The path within the program of an address that browsers were given.
#[cfg(feature = "browser")]
pub fn within(address: &str) -> &str {
    address.strip_prefix(get()).unwrap_or(address)
}
