//! Names and UIDs of tokens, roles and projects in the form that Kubernetes accepts, and suggested names for new tokens.
//! Only the cluster knows whether a name is taken.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a name is refused, in the words that are shown beside the field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// The text is empty.
    #[error("Enter a name.")]
    Empty,
    /// The name is longer than Kubernetes allows.
    #[error("A name has at most {max} characters; this one has {len}.")]
    TooLong {
        /// Length of the name in characters.
        len: usize,
        /// Maximum length in characters.
        max: usize,
    },
    /// The name has a character that DNS-1123 doesn't allow.
    #[error("A name can't contain {0:?}. Use only lower-case letters a–z, digits, '-' and '.'.")]
    Character(char),
    /// A part between dots starts or ends with something other than a letter or digit.
    #[error("Each part of a name must start and end with a letter or digit.")]
    Edge,
}

/// Checks a DNS-1123 subdomain (RFC 1123 as Kubernetes applies it to most object names).
fn check(name: &str, max: usize, dots: bool) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    let allowed =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || (dots && c == '.');
    if let Some(c) = name.chars().find(|c| !allowed(*c)) {
        return Err(NameError::Character(c));
    }
    if name.len() > max {
        return Err(NameError::TooLong {
            len: name.len(),
            max,
        });
    }
    if name
        .split('.')
        .any(|part| part.is_empty() || part.starts_with('-') || part.ends_with('-'))
    {
        return Err(NameError::Edge);
    }
    Ok(())
}

/// UID that Kubernetes gave an object. Two objects with the same name and different UIDs are different objects.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uid(pub String);

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $max:literal, dots: $dots:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Maximum length in characters.
            pub const MAX: usize = $max;

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(name: String) -> Result<Self, NameError> {
                check(&name, Self::MAX, $dots).map(|()| Self(name))
            }
        }

        impl FromStr for $type {
            type Err = NameError;
            fn from_str(name: &str) -> Result<Self, NameError> {
                Self::try_from(name.to_owned())
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// Name of a token and of its Secret: a DNS-1123 subdomain of up to 253 characters.
    TokenName, 253, dots: true
);
name!(
    /// Name of a role and of its ServiceAccount: a DNS-1123 subdomain of up to 253 characters.
    RoleName, 253, dots: true
);
name!(
    /// Name of a project and of its namespace: a DNS-1123 label of up to 63 characters.
    ProjectName, 63, dots: false
);

name!(
    /// Name of a ConfigMap: a DNS-1123 subdomain of up to 253 characters.
    ConfigMapName, 253, dots: true
);

/// A ConfigMap by its namespace and name, written as `NAMESPACE/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigMapRef {
    /// Namespace of the ConfigMap.
    pub namespace: ProjectName,
    /// Name of the ConfigMap.
    pub name: ConfigMapName,
}

impl FromStr for ConfigMapRef {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let (namespace, name) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self {
            namespace: namespace.parse()?,
            name: name.parse()?,
        })
    }
}

impl fmt::Display for ConfigMapRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Characters of a random suffix: no vowels, so that no words appear by accident, and none that is easily misread.
const ALPHABET: &[u8; 27] = b"bcdfghjkmnpqrstvwxz23456789";
const FIRST_DIGIT: usize = 19;
const SUFFIX: usize = 5;

impl TokenName {
    /// A name that cannot have existed before: `base` without an earlier random suffix, cut to fit, plus a fresh suffix from `random`.
    ///
    /// Kubernetes gives the same name and role the same value again (a token's JWT holds neither a time nor an id), so a leaked value would
    /// work again. A recreated token therefore never gets its old name.
    pub fn with_suffix(base: &str, random: [u8; SUFFIX]) -> Self {
        let mut suffix: Vec<u8> = random
            .iter()
            .map(|b| ALPHABET[usize::from(*b) % ALPHABET.len()])
            .collect();
        if !suffix.iter().any(u8::is_ascii_digit) {
            // At least one digit tells a suffix from a short word, so that it can be removed again.
            let digits = ALPHABET.len() - FIRST_DIGIT;
            suffix[SUFFIX / 2] = ALPHABET[FIRST_DIGIT + usize::from(random[SUFFIX / 2]) % digits];
        }
        let base: String = base.chars().take(Self::MAX - SUFFIX - 1).collect();
        let base = without_suffix(&base).trim_end_matches(['-', '.']);
        let base = if check(base, Self::MAX, true).is_ok() {
            base
        } else {
            "token"
        };
        Self(format!("{base}-{}", String::from_utf8_lossy(&suffix)))
    }

    /// `true` if the name ends with a random suffix of [`TokenName::with_suffix`], so that it hardly existed before.
    pub fn has_random_suffix(&self) -> bool {
        without_suffix(&self.0) != self.0
    }

    /// A new name for this token's successor.
    #[must_use]
    pub fn successor(&self, random: [u8; SUFFIX]) -> Self {
        Self::with_suffix(without_suffix(&self.0), random)
    }
}

/// Removes a random suffix: `ci-7f3kq` → `ci`. A name without one stays as it is.
fn without_suffix(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((base, end))
            if end.len() == SUFFIX
                && end.bytes().all(|b| ALPHABET.contains(&b))
                && end.bytes().any(|b| b.is_ascii_digit()) =>
        {
            base
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Result<TokenName, NameError> {
        name.parse()
    }

    #[test]
    fn names_that_kubernetes_accepts_are_accepted() {
        for name in ["a", "ci-7f3kq", "a.b", "0", &"a".repeat(253)] {
            assert_eq!(parse(name).map(String::from), Ok(name.to_owned()));
        }
    }

    #[test]
    fn names_that_kubernetes_refuses_are_refused() {
        assert_eq!(parse(""), Err(NameError::Empty));
        assert_eq!(
            parse(&"a".repeat(254)),
            Err(NameError::TooLong { len: 254, max: 253 })
        );
        assert_eq!(parse("A_b"), Err(NameError::Character('A')));
        assert_eq!(parse("../x"), Err(NameError::Character('/')));
        assert_eq!(parse("🔑"), Err(NameError::Character('🔑')));
        for name in ["-a", "a-", "a..b", ".", "a.-b"] {
            assert_eq!(parse(name), Err(NameError::Edge), "{name}");
        }
    }

    #[test]
    fn a_project_name_has_no_dots_and_at_most_63_characters() {
        assert_eq!("a.b".parse::<ProjectName>(), Err(NameError::Character('.')));
        assert!("a".repeat(63).parse::<ProjectName>().is_ok());
        assert_eq!(
            "a".repeat(64).parse::<ProjectName>(),
            Err(NameError::TooLong { len: 64, max: 63 })
        );
    }

    #[test]
    fn a_config_map_is_written_with_its_namespace() {
        let parse = |text: &str| text.parse::<ConfigMapRef>().map(|at| at.to_string());
        assert_eq!(parse("kargo/a.b"), Ok("kargo/a.b".to_owned()));
        for bad in ["", "a", "a/", "/a", "a/b/c", "a.b/c", "a/B"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn json_with_a_bad_name_is_refused() {
        assert!(serde_json::from_str::<TokenName>("\"../x\"").is_err());
    }

    #[test]
    fn a_successor_keeps_the_base_and_changes_the_suffix() {
        let first = TokenName::with_suffix("ci", [1, 2, 3, 4, 5]);
        let second = first.successor([9, 8, 7, 6, 20]);
        assert_ne!(first, second);
        assert_eq!(second.as_str().len(), "ci-".len() + SUFFIX);
        assert!(second.as_str().starts_with("ci-"));
        assert!(
            "ci-https"
                .parse::<TokenName>()
                .is_ok_and(|n| n.successor([0; 5]).as_str().starts_with("ci-https-"))
        );
    }

    #[test]
    fn the_charts_policy_names_the_alphabet() {
        let policy = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../deploy/chart/templates/policies/unique_names.yaml"
        ));
        let alphabet = String::from_utf8_lossy(ALPHABET);
        assert!(policy.contains(&*alphabet));
    }

    #[test]
    fn every_suffix_has_a_digit_and_every_suggestion_is_a_valid_name() {
        for b in 0..=255 {
            for base in [
                "ci",
                "",
                "A_b",
                "a-",
                &"a".repeat(300),
                &format!("{}.b", "a".repeat(246)),
            ] {
                let name = TokenName::with_suffix(base, [b, b.wrapping_add(1), b, 0, b]);
                assert!(name.as_str().parse::<TokenName>().is_ok(), "{name}");
                assert_ne!(without_suffix(name.as_str()), name.as_str());
            }
        }
    }
}
