//! Kubernetes objects that allow the program to act as ServiceAccounts, as YAML. The program applies none of them: the chart and administrators
//! do. What the program sends is in `cluster/connection/acting.rs`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use crate::{
    identity::ServiceAccountRef,
    name::{ProjectName, RoleName},
    rbac_yaml::{self, BoundRole, RBAC, text},
};

/// How the program acts as a ServiceAccount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImpersonationForm {
    /// Constrained impersonation, from Kubernetes 1.36 on: only named ServiceAccounts, and only the listed verbs and resources. The person is
    /// named in the `User-Agent` only.
    Constrained,
    /// The verb `impersonate`: named ServiceAccounts, and everything that they may do. The person is named in two extras, too.
    Legacy,
}

/// Key of the extra with the person's issuer and subject.
pub const EXTRA_SUBJECT: &str = "kargo-tokens/subject";
/// Key of the extra with the person's user name.
pub const EXTRA_USER: &str = "kargo-tokens/user";

/// API group, resources and verbs.
type Rule = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// Requests that the program sends as a ServiceAccount within a namespace.
const IN_NAMESPACE: [Rule; 5] = [
    (
        "",
        &["secrets"],
        &["create", "delete", "get", "list", "patch", "watch"],
    ),
    ("", &["serviceaccounts"], &["get", "list", "watch"]),
    ("", &["serviceaccounts/token"], &["create"]),
    ("", &["events"], &["create", "list"]),
    (RBAC, &["rolebindings", "roles"], &["list", "watch"]),
];

/// Requests that the program sends as a ServiceAccount, and that concern the whole cluster.
const IN_CLUSTER: [Rule; 4] = [
    (
        "authentication.k8s.io",
        &["selfsubjectreviews"],
        &["create"],
    ),
    (
        "authorization.k8s.io",
        &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        &["create"],
    ),
    ("", &["namespaces"], &["list", "watch"]),
    (RBAC, &["clusterrolebindings", "clusterroles"], &["list"]),
];

/// Requests that the program sends as itself.
const ITSELF: Rule = (
    "",
    &["namespaces", "serviceaccounts"],
    &["get", "list", "watch"],
);

/// Name of the objects of the whole cluster.
const CLUSTER_ROLE: &str = "kargo-tokens";
/// Name of a namespace's Role with the requests that the program may send there as a ServiceAccount.
const NAMESPACE_ROLE: &str = "kargo-tokens-requests";
/// Name of a namespace's Role with the ServiceAccounts that the program may act as.
const ACCOUNTS_ROLE: &str = "kargo-tokens-accounts";

/// The objects that the program needs.
#[derive(Debug, Clone)]
pub struct ImpersonationRoles {
    /// Kubernetes user name of the program, such as `system:serviceaccount:kargo-tokens:kargo-tokens`.
    pub program: String,
    /// How the program acts as ServiceAccounts.
    pub form: ImpersonationForm,
}

/// Parts of what may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// The right to send requests in the namespace as a ServiceAccount (constrained form only).
    pub namespace: bool,
    /// The objects of the whole cluster.
    pub cluster: bool,
}

impl ImpersonationRoles {
    /// Everything: what the program may read as itself, the ServiceAccounts that it may act as, and the namespaces with tokens.
    pub fn all(
        &self,
        accounts: &BTreeSet<ServiceAccountRef>,
        namespaces: &BTreeSet<ProjectName>,
    ) -> String {
        let mut by_namespace = BTreeMap::<&ProjectName, Vec<&RoleName>>::new();
        for ServiceAccountRef { namespace, name } in accounts {
            by_namespace.entry(namespace).or_default().push(name);
        }
        let mut yaml = self.cluster_role();
        for (namespace, names) in by_namespace {
            yaml += &self.accounts_role(ACCOUNTS_ROLE, namespace, &names);
        }
        if self.form == ImpersonationForm::Constrained {
            for namespace in namespaces {
                yaml += &self.namespace_role(namespace);
            }
        }
        yaml
    }

    /// What may be missing to act as one ServiceAccount in a namespace. Applying it takes away nothing that is granted: the Role of the
    /// ServiceAccount has a name of its own, and each other object is the same wherever it is rendered.
    pub fn missing(
        &self,
        account: &ServiceAccountRef,
        namespace: Option<&ProjectName>,
        parts: Parts,
    ) -> String {
        let mut yaml = String::new();
        if parts.cluster {
            yaml += &self.cluster_role();
        }
        let role = format!("kargo-tokens-as-{}", account.name);
        yaml += &self.accounts_role(&role, &account.namespace, &[&account.name]);
        if let (Some(namespace), true, ImpersonationForm::Constrained) =
            (namespace, parts.namespace, self.form)
        {
            yaml += &self.namespace_role(namespace);
        }
        yaml
    }

    fn cluster_role(&self) -> String {
        let mut rules = rule(ITSELF, "");
        match self.form {
            ImpersonationForm::Constrained => {
                rules += &IN_CLUSTER.map(|each| rule(each, ON)).concat();
            }
            ImpersonationForm::Legacy => {
                let extras = [EXTRA_SUBJECT, EXTRA_USER].map(|key| format!("userextras/{key}"));
                let _ = write!(
                    rules,
                    "  - apiGroups: [authentication.k8s.io]\n    resources: [{}]\n    verbs: [impersonate]\n",
                    extras.join(", ")
                );
            }
        }
        self.bound("ClusterRole", CLUSTER_ROLE, None, &rules)
    }

    /// A Role with ServiceAccounts of a namespace that the program may act as.
    fn accounts_role(&self, name: &str, namespace: &ProjectName, accounts: &[&RoleName]) -> String {
        let (group, verb) = match self.form {
            ImpersonationForm::Constrained => {
                ("authentication.k8s.io", "impersonate:serviceaccount")
            }
            ImpersonationForm::Legacy => ("", "impersonate"),
        };
        let names: Vec<_> = accounts.iter().map(|name| text(name.as_str())).collect();
        let rules = format!(
            "  - apiGroups: [{}]\n    resources: [serviceaccounts]\n    resourceNames: [{}]\n    verbs: [{}]\n",
            text(group),
            names.join(", "),
            text(verb)
        );
        self.bound("Role", name, Some(namespace), &rules)
    }

    fn namespace_role(&self, namespace: &ProjectName) -> String {
        let rules = IN_NAMESPACE.map(|each| rule(each, ON)).concat();
        self.bound("Role", NAMESPACE_ROLE, Some(namespace), &rules)
    }

    /// A role, and its binding to the program.
    fn bound(
        &self,
        kind: &str,
        name: &str,
        namespace: Option<&ProjectName>,
        rules: &str,
    ) -> String {
        BoundRole {
            kind,
            name,
            binding: name,
            namespace: namespace.map(ProjectName::as_str),
            rules,
            user: &self.program,
        }
        .yaml()
    }
}

/// Start of the verbs for requests that are sent as a ServiceAccount.
const ON: &str = "impersonate-on:serviceaccount:";

fn rule((group, resources, verbs): Rule, prefix: &str) -> String {
    let verbs: Vec<_> = verbs.iter().map(|verb| format!("{prefix}{verb}")).collect();
    rbac_yaml::rule(group, resources, &verbs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(namespace: &str, name: &str) -> ServiceAccountRef {
        ServiceAccountRef {
            namespace: namespace.parse().expect("a name"),
            name: name.parse().expect("a name"),
        }
    }

    fn roles(form: ImpersonationForm) -> ImpersonationRoles {
        ImpersonationRoles {
            program: "system:serviceaccount:kargo-tokens:dashboard".to_owned(),
            form,
        }
    }

    #[test]
    fn everything_is_rendered_for_both_forms() {
        let accounts = BTreeSet::from([
            account("kargo", "kargo-admin"),
            account("kargo", "kargo-viewer"),
            account("1", "null"),
        ]);
        let namespaces = BTreeSet::from([
            "kargo".parse().expect("a name"),
            "1".parse().expect("a name"),
        ]);
        let all = |form| roles(form).all(&accounts, &namespaces);
        insta::assert_snapshot!("constrained", all(ImpersonationForm::Constrained));
        insta::assert_snapshot!("legacy", all(ImpersonationForm::Legacy));
    }

    #[test]
    fn what_is_missing_is_less() {
        let missing = |form, namespace, cluster| {
            roles(form).missing(
                &account("kargo", "kargo-admin"),
                Some(&"demo".parse().expect("a name")),
                Parts { namespace, cluster },
            )
        };
        let kinds = |yaml: &str| {
            let kinds = yaml.lines().filter_map(|line| line.strip_prefix("kind: "));
            kinds.map(str::to_owned).collect::<Vec<_>>().join(" ")
        };
        let constrained = ImpersonationForm::Constrained;
        let pair = "Role RoleBinding";
        assert_eq!(kinds(&missing(constrained, false, false)), pair);
        assert_eq!(
            kinds(&missing(constrained, true, false)),
            format!("{pair} {pair}")
        );
        assert_eq!(
            kinds(&missing(ImpersonationForm::Legacy, true, true)),
            format!("ClusterRole ClusterRoleBinding {pair}")
        );
        assert!(missing(constrained, false, false).contains("name: kargo-tokens-as-kargo-admin"));
    }

    #[test]
    fn a_program_that_is_no_service_account_is_a_user() {
        let roles = ImpersonationRoles {
            program: "it's \"x\": #y".to_owned(),
            form: ImpersonationForm::Legacy,
        };
        let yaml = roles.all(&BTreeSet::new(), &BTreeSet::new());
        assert!(
            yaml.contains(r#"kind: User, name: "it's \"x\": #y"}"#),
            "{yaml}"
        );
    }
}
