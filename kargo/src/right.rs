//! Rights that commands need in a namespace, and the Role that grants those that somebody lacks.

use std::fmt;

use crate::rbac_yaml::{BoundRole, rule};

/// A right on the tokens or roles of a namespace. Each is one verb on one resource of the core API group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// List tokens.
    ListTokens,
    /// Create tokens.
    Create,
    /// Suspend, restore, annotate, reveal and retire tokens.
    Patch,
    /// Delete tokens.
    Delete,
    /// List roles.
    ListRoles,
    /// Have Kubernetes mint the values of expiring tokens.
    Mint,
}

impl Right {
    /// Verb, such as `patch`.
    pub fn verb(self) -> &'static str {
        match self {
            Self::ListTokens | Self::ListRoles => "list",
            Self::Create | Self::Mint => "create",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    /// Resource, such as `secrets`.
    pub fn resource(self) -> &'static str {
        match self {
            Self::ListTokens | Self::Create | Self::Patch | Self::Delete => "secrets",
            Self::ListRoles => "serviceaccounts",
            Self::Mint => "serviceaccounts/token",
        }
    }
}

/// `patch secrets`.
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb(), self.resource())
    }
}

/// A Role with exactly these rights, and its binding to a Kubernetes user. Applying it takes away nothing that is granted: the Role's name says
/// what it has, and the binding's name also says who gets it.
pub fn role_with(rights: &[Right], namespace: &str, user: &str) -> String {
    let mut rights = rights.to_vec();
    rights.sort();
    rights.dedup();
    let mut rules = String::new();
    for of_resource in rights.chunk_by(|a, b| a.resource() == b.resource()) {
        let verbs: Vec<_> = of_resource.iter().map(|right| right.verb()).collect();
        rules += &rule("", &[of_resource[0].resource()], &verbs);
    }
    let words: Vec<_> = rights.iter().map(|right| right.word()).collect();
    let name = format!("kargo-tokens-{}", words.join("-"));
    // A name of a binding may have everything but these.
    let binding = format!("{name}-{}", user.replace(['/', '%'], "-"));
    BoundRole {
        kind: "Role",
        name: &name,
        binding: &binding,
        namespace: Some(namespace),
        rules: &rules,
        user,
    }
    .yaml()
}

impl Right {
    /// The right in the name of a Role.
    fn word(self) -> &'static str {
        match self {
            Self::ListTokens => "list",
            Self::ListRoles => "roles",
            Self::Mint => "mint",
            _ => self.verb(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_exactly_the_missing_rights() {
        let user = "system:serviceaccount:kargo-demo:kargo-viewer";
        insta::assert_snapshot!(
            "service_account",
            role_with(
                &[Right::Mint, Right::Patch, Right::Create, Right::Patch],
                "kargo-demo",
                user
            )
        );
        insta::assert_snapshot!(
            "user",
            role_with(
                &[Right::ListTokens, Right::Delete, Right::ListRoles],
                "kargo",
                "idp/ana@example.com"
            )
        );
    }

    #[test]
    fn other_rights_or_another_user_make_other_objects() {
        let names = |rights: &[Right], user| {
            let yaml = role_with(rights, "kargo", user);
            let names = yaml.lines().filter(|line| line.starts_with("metadata:"));
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        let (one, both) = (
            names(&[Right::Patch], "ana"),
            names(&[Right::Patch, Right::Delete], "ana"),
        );
        assert!(one.iter().all(|name| !both.contains(name)));
        let other = names(&[Right::Patch], "ben");
        assert_eq!((one[0] == other[0], one[1] == other[1]), (true, false));
    }
}
