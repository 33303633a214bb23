//! Roles and bindings of Kubernetes as YAML, for administrators to apply.

use crate::identity::ServiceAccountRef;

/// API group of roles and bindings.
pub(crate) const RBAC: &str = "rbac.authorization.k8s.io";

/// A role with its binding to one user.
pub(crate) struct BoundRole<'a> {
    /// `Role` or `ClusterRole`.
    pub kind: &'a str,
    /// Name of the role.
    pub name: &'a str,
    /// Name of the binding.
    pub binding: &'a str,
    /// Namespace of both; `None` for the whole cluster.
    pub namespace: Option<&'a str>,
    /// Rules, as [`rule`] writes them.
    pub rules: &'a str,
    /// Kubernetes user name that gets the role. That of a ServiceAccount is written as one.
    pub user: &'a str,
}

impl BoundRole<'_> {
    /// Both objects.
    pub fn yaml(&self) -> String {
        let Self {
            kind,
            rules,
            namespace,
            user,
            ..
        } = self;
        let name = text(self.name);
        let metadata = |name: &str| match namespace {
            Some(namespace) => format!("{{name: {name}, namespace: {}}}", text(namespace)),
            None => format!("{{name: {name}}}"),
        };
        let subject = match ServiceAccountRef::of_user(user) {
            Some(ServiceAccountRef { namespace, name }) => format!(
                "{{kind: ServiceAccount, name: {}, namespace: {}}}",
                text(name.as_str()),
                text(namespace.as_str())
            ),
            None => format!("{{apiGroup: {RBAC}, kind: User, name: {}}}", text(user)),
        };
        format!(
            "---\napiVersion: {RBAC}/v1\nkind: {kind}\nmetadata: {}\nrules:\n{rules}---\napiVersion: {RBAC}/v1\nkind: {kind}Binding\n\
             metadata: {}\nroleRef: {{apiGroup: {RBAC}, kind: {kind}, name: {name}}}\nsubjects:\n  - {subject}\n",
            metadata(&name),
            metadata(&text(self.binding)),
        )
    }
}

/// A rule of a role, as an item of its list.
pub(crate) fn rule<T: AsRef<str>>(group: &str, resources: &[&str], verbs: &[T]) -> String {
    let verbs: Vec<_> = verbs.iter().map(|verb| text(verb.as_ref())).collect();
    format!(
        "  - apiGroups: [{}]\n    resources: [{}]\n    verbs: [{}]\n",
        text(group),
        resources.join(", "),
        verbs.join(", ")
    )
}

/// A text in YAML. Quoted unless it is a plain word: `1`, `null` or `on` would be something else.
pub(crate) fn text(text: &str) -> String {
    const RESERVED: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_plain = text.starts_with(|c: char| c.is_ascii_lowercase())
        && !RESERVED.contains(&text)
        && text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte)
        });
    if is_plain {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_yaml_would_read_as_something_else_are_quoted() {
        for (plain, written) in [
            ("kargo-admin", "kargo-admin"),
            ("kargo", "kargo"),
            ("a1", "a1"),
            ("", "\"\""),
            ("1", "\"1\""),
            ("1e3", "\"1e3\""),
            ("no", "\"no\""),
            ("null", "\"null\""),
            ("a: b", "\"a: b\""),
            (
                "impersonate:serviceaccount",
                "\"impersonate:serviceaccount\"",
            ),
        ] {
            assert_eq!(text(plain), written);
        }
    }
}
