//! Version of an API server, and what depends on it.

use std::fmt;

use serde::Deserialize;

use crate::impersonation::ImpersonationForm;

/// First minor version of Kubernetes 1 whose API server refuses tokens with the suspension label.
const SUSPENDS_FROM: u32 = 29;
/// First minor version of Kubernetes 1 with constrained impersonation on by default.
const CONSTRAINS_FROM: u32 = 36;

/// Version of an API server.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::cluster) struct Version {
    major: String,
    /// May have a suffix (`29+`).
    minor: String,
}

impl Version {
    /// A version that a gateway hides from everybody. Clusters behind gateways are hardly that old, and hardly the newest.
    pub fn hidden() -> Self {
        Self {
            major: "1".to_owned(),
            minor: SUSPENDS_FROM.to_string(),
        }
    }

    /// `true` from Kubernetes 1.29 on.
    pub fn refuses_suspended_tokens(&self) -> bool {
        self.is_at_least(SUSPENDS_FROM)
    }

    /// How programs act as ServiceAccounts: constrained from Kubernetes 1.36 on.
    pub fn impersonation_form(&self) -> ImpersonationForm {
        if self.constrains_impersonation() {
            ImpersonationForm::Constrained
        } else {
            ImpersonationForm::Legacy
        }
    }

    fn constrains_impersonation(&self) -> bool {
        self.is_at_least(CONSTRAINS_FROM)
    }

    fn is_at_least(&self, first: u32) -> bool {
        let number = |text: &str| {
            text.trim_end_matches(|c: char| !c.is_ascii_digit())
                .parse::<u32>()
        };
        match (number(&self.major), number(&self.minor)) {
            (Ok(1), Ok(minor)) => minor >= first,
            (Ok(major), Ok(_)) => major > 1,
            _ => false,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(major: &str, minor: &str) -> Version {
        Version {
            major: major.to_owned(),
            minor: minor.to_owned(),
        }
    }

    #[test]
    fn suspension_works_from_1_29() {
        let works = |major, minor| version(major, minor).refuses_suspended_tokens();
        assert!(works("1", "29") && works("1", "29+") && works("1", "37") && works("2", "0"));
        assert!(!works("1", "28") && !works("1", "9+") && !works("", "") && !works("1", "x"));
        assert!(Version::hidden().refuses_suspended_tokens());
    }

    #[test]
    fn impersonation_is_constrained_from_1_36() {
        let constrains = |major, minor| version(major, minor).constrains_impersonation();
        assert!(constrains("1", "36") && constrains("1", "37+") && constrains("2", "0"));
        assert!(!constrains("1", "35") && !Version::hidden().constrains_impersonation());
    }
}
