//! A credential that a kubeconfig contains or names the files of.

use std::{fmt, path::PathBuf};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// A credential as a kubeconfig stores it.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    pub authorization: Authorization,
    /// Client certificate and key.
    pub certificate: Option<(Source, Source)>,
}

/// What the header `Authorization` is made of.
#[derive(Debug, Clone, Default)]
pub enum Authorization {
    #[default]
    None,
    /// User name and password.
    Password(String, SecretString),
    /// A token. What can be read from the file comes before the text.
    Token {
        text: Option<SecretString>,
        file: Option<PathBuf>,
    },
}

/// Text within the kubeconfig, or in a file.
#[derive(Debug, Clone)]
pub enum Source {
    Text(SecretString),
    File(PathBuf),
}

/// A stored credential as it is now.
pub(super) struct Reading {
    /// Content of the header.
    pub authorization: Option<SecretString>,
    /// The token alone.
    pub token: Option<SecretString>,
    /// Certificate and key as PEM.
    pub certificate: Option<(SecretString, SecretString)>,
}

/// Why a stored credential can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// Field of the kubeconfig.
    pub field: &'static str,
    pub why: String,
}

impl Unusable {
    pub fn new(field: &'static str, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { field, why }
    }
}

impl Stored {
    /// `true` if nothing signs requests.
    pub fn is_none(&self) -> bool {
        matches!(self.authorization, Authorization::None) && self.certificate.is_none()
    }

    /// `true` if something may change on disk.
    pub fn has_files(&self) -> bool {
        let is_file = |source: &Source| matches!(source, Source::File(_));
        matches!(
            &self.authorization,
            Authorization::Token { file: Some(_), .. }
        ) || self
            .certificate
            .as_ref()
            .is_some_and(|(certificate, key)| is_file(certificate) || is_file(key))
    }

    /// Reads the files.
    pub(super) fn read(&self) -> Result<Reading, Unusable> {
        let token = match &self.authorization {
            Authorization::Token { text, file } => Some(token(text.as_ref(), file.as_ref())?),
            _ => None,
        };
        let authorization = match (&self.authorization, &token) {
            (Authorization::Password(name, password), _) => {
                let user = format!("{name}:{}", password.expose_secret());
                Some(format!("Basic {}", BASE64_STANDARD.encode(user)).into())
            }
            (_, Some(token)) => Some(format!("Bearer {}", token.expose_secret()).into()),
            _ => None,
        };
        let certificate = match &self.certificate {
            Some((certificate, key)) => Some((
                certificate.read("client-certificate")?,
                key.read("client-key")?,
            )),
            None => None,
        };
        Ok(Reading {
            authorization,
            token,
            certificate,
        })
    }
}

impl Source {
    fn read(&self, field: &'static str) -> Result<SecretString, Unusable> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(text.into()),
                Err(error) => Err(unreadable(field, path, &error)),
            },
        }
    }
}

/// The token now: the file's, else the kubeconfig's own.
fn token(text: Option<&SecretString>, file: Option<&PathBuf>) -> Result<SecretString, Unusable> {
    let Some(path) = file else {
        let text = text.cloned().unwrap_or_default();
        return sendable(text).map_err(|why| Unusable::new("token", why));
    };
    let read = match std::fs::read_to_string(path) {
        Ok(read) if read.trim().is_empty() => Err(Unusable::new(
            "tokenFile",
            format!("the file {} is empty", path.display()),
        )),
        Ok(read) => sendable(read.trim().into()).map_err(|why| {
            Unusable::new(
                "tokenFile",
                format!("in the file {}, {why}", path.display()),
            )
        }),
        Err(error) => Err(unreadable("tokenFile", path, &error)),
    };
    match (read, text) {
        (Err(_), Some(text)) => sendable(text.clone()).map_err(|why| Unusable::new("token", why)),
        (read, _) => read,
    }
}

/// Refuses what can't stand in a header.
pub(super) fn sendable(token: SecretString) -> Result<SecretString, &'static str> {
    if HeaderValue::from_str(token.expose_secret()).is_err() {
        return Err("the token has a line end or another character that can't be sent");
    }
    Ok(token)
}

fn unreadable(field: &'static str, path: &std::path::Path, error: &std::io::Error) -> Unusable {
    Unusable::new(
        field,
        format!("can't read the file {}: {error}", path.display()),
    )
}

/// Without what is secret.
impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}

/// `true` if both are the same.
impl PartialEq for Reading {
    fn eq(&self, other: &Self) -> bool {
        exposed(self.authorization.as_ref()) == exposed(other.authorization.as_ref())
            && self.has_certificate_of(other)
    }
}

impl Reading {
    /// `true` if both have the same certificate and key, or none.
    pub fn has_certificate_of(&self, other: &Self) -> bool {
        match (&self.certificate, &other.certificate) {
            (Some((a, b)), Some((c, d))) => {
                a.expose_secret() == c.expose_secret() && b.expose_secret() == d.expose_secret()
            }
            (None, None) => true,
            _ => false,
        }
    }
}

fn exposed(text: Option<&SecretString>) -> Option<&str> {
    text.map(ExposeSecret::expose_secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorization(text: Option<&str>, file: Option<&str>) -> Result<String, Unusable> {
        let directory = tempfile::TempDir::new().expect("a directory");
        let path = directory.path().join("token");
        if let Some(content) = file.filter(|content| *content != "missing") {
            std::fs::write(&path, content).expect("a file");
        }
        let stored = Stored {
            authorization: Authorization::Token {
                text: text.map(SecretString::from),
                file: file.map(|_| path),
            },
            certificate: None,
        };
        let reading = stored.read()?;
        Ok(reading
            .authorization
            .expect("a token")
            .expose_secret()
            .to_owned())
    }

    #[test]
    fn a_token_file_comes_before_a_token() {
        for (text, file, expected) in [
            (Some("a"), None, Ok("Bearer a")),
            (None, Some("b"), Ok("Bearer b")),
            (None, Some(" b\r\n"), Ok("Bearer b")),
            (Some("a"), Some("b\n"), Ok("Bearer b")),
            (Some("a"), Some("missing"), Ok("Bearer a")),
            (Some("a"), Some(" \n"), Ok("Bearer a")),
            (None, Some("missing"), Err("tokenFile")),
            (None, Some("\n"), Err("tokenFile")),
            (None, Some("a\nb"), Err("tokenFile")),
            (Some("a\n"), None, Err("token")),
        ] {
            let found = authorization(text, file);
            match expected {
                Ok(expected) => assert_eq!(found.as_deref(), Ok(expected)),
                Err(field) => assert_eq!(found.expect_err("unusable").field, field),
            }
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let stored = Stored {
            authorization: Authorization::Password("user".to_owned(), "sentinel".into()),
            certificate: Some((
                Source::Text("sentinel".into()),
                Source::Text("sentinel".into()),
            )),
        };
        let reading = stored.read().expect("a reading");
        assert!(!format!("{stored:?} {reading:?}").contains("sentinel"));
        assert_eq!(
            reading.authorization.expect("a header").expose_secret(),
            "Basic dXNlcjpzZW50aW5lbA=="
        );
    }
}
