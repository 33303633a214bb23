//! Parses URLs in flags.

/// Parses an HTTP URL. Restricts the characters, because people paste commands with this URL into shells.
pub fn http_url(text: &str) -> Result<String, String> {
    let is_valid = ["https://", "http://"].iter().any(|scheme| {
        text.strip_prefix(scheme).is_some_and(|rest| {
            !rest.is_empty()
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&byte))
        })
    });
    if is_valid {
        Ok(text.to_owned())
    } else {
        Err("expected a URL such as https://kargo.example.com".to_owned())
    }
}
