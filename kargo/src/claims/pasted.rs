//! Claims that a person pastes: an ID token, or its claims as JSON. The signature isn't checked: only the issuer's keys could tell, and nothing is
//! granted by a pasted text.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use thiserror::Error;

use super::person::{ClaimsError, PersonClaims};

/// Claims of a pasted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastedClaims {
    /// The claims.
    pub claims: PersonClaims,
    /// `true` if the text was an ID token, whose payload was decoded.
    pub is_token: bool,
}

/// Why a pasted text has no claims.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PasteError {
    /// The JSON has a mistake.
    #[error(transparent)]
    Json(#[from] ClaimsError),
    /// The text is neither JSON nor an ID token.
    #[error(
        "This is neither JSON nor an ID token. JSON begins with {{; an ID token begins with eyJ and has three parts with dots between them."
    )]
    Neither,
    /// The text has the parts of a token, but the middle one can't be decoded.
    #[error(
        "The middle part of the ID token can't be decoded: character {0} is not base64url. Copy the whole token again."
    )]
    NotBase64(usize),
    /// The middle part of the token was cut off.
    #[error("The ID token is cut off. Copy the whole token again.")]
    CutOff,
    /// The payload of the token isn't text.
    #[error("The payload of the ID token is no text. Encrypted tokens can't be read here.")]
    NotText,
    /// The payload of the token is no JSON object.
    #[error(
        "The payload of the ID token, decoded, is no JSON object: line {line}, column {column}."
    )]
    Payload {
        /// Line of the mistake, from 1.
        line: usize,
        /// Column of the mistake.
        column: usize,
    },
}

impl PastedClaims {
    /// Reads a text: a JSON object, or an ID token, with or without `Bearer` before it and line breaks in it.
    ///
    /// # Errors
    /// [`PasteError`] names the line and column of a mistake in JSON.
    pub fn parse(text: &str) -> Result<Self, PasteError> {
        if text.trim_start().starts_with(['{', '[', '"']) {
            return Ok(Self {
                claims: PersonClaims::parse(text)?,
                is_token: false,
            });
        }
        let token = text.trim();
        let token = token.strip_prefix("Bearer").unwrap_or(token);
        // Terminals and mails break long lines.
        let token: String = token.chars().filter(|c| !c.is_whitespace()).collect();
        let mut parts = token.split('.');
        let (Some(header), Some(payload)) = (parts.next(), parts.next()) else {
            return Err(PasteError::Neither);
        };
        if !header.starts_with("eyJ") || payload.is_empty() {
            return Err(PasteError::Neither);
        }
        let json = decoded(payload, header.len() + 1)?;
        let claims = PersonClaims::parse(&json).map_err(|error| match error {
            ClaimsError::NotAnObject { line, column, .. } => PasteError::Payload { line, column },
            ClaimsError::TooLarge(_) => error.into(),
        })?;
        Ok(Self {
            claims,
            is_token: true,
        })
    }
}

/// A pasted text without the signatures of the tokens in it: whatever has the three parts of one loses the last. A token that is not inside of JSON
/// may have line ends in it.
pub fn without_signature(text: &str) -> String {
    let is_json = text.trim_start().starts_with(['{', '[', '"']);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '.');
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("eyJ") {
        let token = &rest[start..];
        let end = if is_json {
            token.find(|c| !is_part(c))
        } else {
            None
        };
        let (token, after) = token.split_at(end.unwrap_or(token.len()));
        kept.push_str(&rest[..start]);
        let second_dot = token.match_indices('.').nth(1).map(|(at, _)| at + 1);
        kept.push_str(&token[..second_dot.unwrap_or(token.len())]);
        rest = after;
    }
    kept + rest
}

/// The text of a token's payload. `before`: characters of the token before it.
fn decoded(payload: &str, before: usize) -> Result<String, PasteError> {
    use base64::DecodeError;
    let payload = payload.trim_end_matches('=');
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(payload)
        .map_err(|error| match error {
            DecodeError::InvalidByte(at, _) => PasteError::NotBase64(before + at + 1),
            _ => PasteError::CutOff,
        })?;
    String::from_utf8(bytes).map_err(|_| PasteError::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &[u8]) -> String {
        let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        format!("{}.{}.c2ln", part(br#"{"alg":"RS256"}"#), part(payload))
    }

    fn groups(text: &str) -> Result<(Vec<String>, bool), PasteError> {
        let PastedClaims { claims, is_token } = PastedClaims::parse(text)?;
        Ok((claims.texts("groups").to_vec(), is_token))
    }

    #[test]
    fn json_and_id_tokens_are_read() {
        let json = r#"{"sub":"7f0c","groups":["ops"]}"#;
        let whole = token(json.as_bytes());
        let (first, rest) = whole.split_at(30);
        for (text, is_token) in [
            (json.to_owned(), false),
            (format!("\n  {json}\n"), false),
            (whole.clone(), true),
            (format!("Bearer {whole}\n"), true),
            (format!("{first}\n{rest}"), true),
            (whole.replace(".c2ln", "=.c2ln"), true),
        ] {
            let expected = (vec!["ops".to_owned()], is_token);
            assert_eq!(groups(&text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn only_a_token_loses_its_last_part() {
        let whole = token(br#"{"groups":["ops"]}"#);
        let cut = without_signature(&format!(" Bearer {whole}\n"));
        assert!(cut.ends_with('.') && !cut.contains("c2ln"), "{cut}");
        assert_eq!(groups(&cut), Ok((vec!["ops".to_owned()], true)));
        for (text, cut) in [
            (format!(r#"{{"id_token":"{whole}","n":1}}"#), r#"","n":1}"#),
            (format!(r#"["{whole}"]"#), r#""]"#),
            (format!(r#""{whole}""#), "\""),
            (format!("{whole} and {whole}"), "."),
        ] {
            let kept = without_signature(&text);
            assert!(!kept.contains("c2ln") && kept.ends_with(cut), "{kept}");
        }
        for text in [
            r#" {"a.b":["c.d.e.f"]}"#,
            "",
            "ops",
            "a.b",
            "eyJ.a",
            "{\"eyJ\":1}",
        ] {
            assert_eq!(without_signature(text), text);
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let at = |what: &str, line, column| {
            PasteError::Json(ClaimsError::NotAnObject {
                what: what.to_owned(),
                line,
                column,
            })
        };
        let whole = token(br#"{"groups":["ops"]}"#);
        let cut = whole.rsplit_once('.').map_or("", |(rest, _)| rest);
        for (text, error) in [
            (
                "{\n  \"groups\": [\"ops\",]\n}".to_owned(),
                at("trailing comma", 2, 20),
            ),
            ("[]".to_owned(), at("another type begins", 1, 0)),
            (
                "{\"groups\":".to_owned(),
                at("the text ends too early", 1, 10),
            ),
            (String::new(), PasteError::Neither),
            ("groups: ops".to_owned(), PasteError::Neither),
            ("a.b.c".to_owned(), PasteError::Neither),
            ("eyJhbGciOiJSUzI1NiJ9".to_owned(), PasteError::Neither),
            ("eyJh.e!J.x".to_owned(), PasteError::NotBase64(7)),
            (cut[..cut.len() - 3].to_owned(), PasteError::CutOff),
            (token(b"\xff\xfe"), PasteError::NotText),
            (
                token(b"{\"groups\":1,}"),
                PasteError::Payload {
                    line: 1,
                    column: 13,
                },
            ),
        ] {
            assert_eq!(groups(&text).err(), Some(error), "{text}");
        }
    }
}
