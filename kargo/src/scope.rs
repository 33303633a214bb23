//! Where tokens live: the system namespace or a project's namespace. The program's configuration names the system namespace.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::name::{NameError, ProjectName};

/// A set of roles and their tokens. Addresses and arguments write it `system` or `projects/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// Kargo's system roles, in the namespace that Kargo runs in.
    System,
    /// Roles of one project, in the project's namespace.
    Project(ProjectName),
}

impl Scope {
    /// The scope's name as people see it: `System` or the project's name.
    pub fn label(&self) -> &str {
        match self {
            Self::System => "System",
            Self::Project(name) => name.as_str(),
        }
    }
}

/// Why a text can't be read as a scope.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScopeError {
    /// The text has neither of the two forms.
    #[error("Write a scope as \"system\" or \"projects/NAME\".")]
    Form,
    /// The project's name is not a valid name.
    #[error("The project's name is not valid. {0}")]
    Project(#[from] NameError),
}

impl FromStr for Scope {
    type Err = ScopeError;
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        match text.split_once('/') {
            None if text == "system" => Ok(Self::System),
            Some(("projects", name)) => Ok(Self::Project(name.parse()?)),
            _ => Err(ScopeError::Form),
        }
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;
    fn try_from(text: String) -> Result<Self, ScopeError> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Project(name) => write!(f, "projects/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_read_as_it_is_written() {
        for text in ["system", "projects/kargo-demo"] {
            assert_eq!(
                text.parse::<Scope>().map(|s| s.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn every_other_text_is_refused() {
        for text in [
            "",
            "System",
            "projects",
            "projects/",
            "projects/a/b",
            "projects/../x",
            "namespaces/x",
        ] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}
