//! Who may do what: people who sign in with OIDC, against what kubectl says of the ServiceAccounts that accept their claims.

use std::fmt::Write;

use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::ServiceAccount;
use kargo::{cluster::Viewer, identity::ServiceAccountRef, scope::Scope};
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::{Value as Json, json};

use super::support::{
    kubectl::can_i,
    people::{claims, note, people},
    project::{Project, in_a_project},
};

/// Requests that the program sends for people.
const REQUESTS: [&str; 6] = [
    "list secrets",
    "get secrets",
    "create secrets",
    "patch secrets",
    "delete secrets",
    "create serviceaccounts/token",
];

/// A person, by what their claims say.
struct Somebody {
    name: &'static str,
    claims: Json,
    /// The ServiceAccounts that accept the claims.
    accounts: Vec<ServiceAccountRef>,
}

fn kargo_account(name: &str) -> ServiceAccountRef {
    let user = format!("system:serviceaccount:kargo:{name}");
    ServiceAccountRef::of_user(&user).expect("an account")
}

/// Adds a role of the project that accepts a claim of its own.
async fn add_role(project: &Project, name: &str) -> ServiceAccountRef {
    let json = json!({ "groups": [format!("{}-{name}", project.namespace)] }).to_string();
    project
        .add_service_account(name, json!({ "rbac.kargo.akuity.io/claims": json }))
        .await;
    project.account(name)
}

/// Makes a system role accept a claim that nobody else has.
async fn map_to_system_role(project: &Project, name: &str) {
    let accounts: Api<ServiceAccount> = Api::namespaced(project.client.clone(), "kargo");
    let key = format!("rbac.kargo.akuity.io/claim.{}", project.namespace);
    let patch = json!({ "metadata": { "annotations": { key: name } } });
    accounts
        .patch(name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .expect("the ServiceAccount can be changed");
}

/// Everybody of the table.
async fn everybody(project: &Project) -> Vec<Somebody> {
    let group = |name: &str| format!("{}-{name}", project.namespace);
    let mut all = Vec::new();
    for (name, verbs) in [
        ("admin", "get list watch create patch delete"),
        ("viewer", "get list watch"),
        ("half-reader", "get list"),
        ("half-writer", "create patch delete"),
    ] {
        add_role(project, name).await;
        project.allow_account(name, "secrets", verbs).await;
    }
    project
        .allow_account("admin", "serviceaccounts/token", "create")
        .await;
    let owner = add_role(project, "owner").await;
    for name in ["kargo-admin", "kargo-viewer"] {
        map_to_system_role(project, name).await;
        all.push(Somebody {
            name: if name == "kargo-admin" {
                "kargo-admin"
            } else {
                "kargo-viewer"
            },
            claims: json!({ project.namespace.clone(): name }),
            accounts: vec![kargo_account(name)],
        });
    }
    for name in ["admin", "viewer"] {
        all.push(Somebody {
            name: if name == "admin" {
                "project admin"
            } else {
                "project viewer"
            },
            claims: json!({ "groups": [group(name)] }),
            accounts: vec![project.account(name)],
        });
    }
    all.push(Somebody {
        name: "two half-roles",
        claims: json!({ "groups": [group("half-reader"), group("half-writer")] }),
        accounts: vec![
            project.account("half-reader"),
            project.account("half-writer"),
        ],
    });
    all.push(Somebody {
        name: "cluster admin, by a project's role",
        claims: json!({ "groups": [group("owner")] }),
        accounts: vec![owner],
    });
    all.push(Somebody {
        name: "nobody",
        claims: json!({ "groups": ["engineering"] }),
        accounts: vec![],
    });
    all
}

/// A line of the table: what a person may do in a scope. Checks that kubectl says the same.
async fn line(viewer: &Viewer, somebody: &Somebody, scope: &Scope, namespace: &str) -> String {
    // A project's ServiceAccounts count in their project only.
    let counts = |account: &&ServiceAccountRef| {
        account.namespace.as_str() == "kargo" || account.namespace.as_str() == namespace
    };
    let mut allowed = Vec::new();
    for request in REQUESTS {
        let (verb, resource) = request.split_once(' ').expect("verb and resource");
        let of_kubectl = stream::iter(somebody.accounts.iter().filter(counts))
            .any(|account| {
                let user = account.user();
                async move { can_i(&user, verb, resource, namespace).await }
            })
            .await;
        let ours = viewer.to(scope, &[request]).await;
        assert_eq!(
            ours.is_ok(),
            of_kubectl,
            "{}: {request} in {scope}",
            somebody.name
        );
        if of_kubectl {
            allowed.push(request);
        }
    }
    if allowed.is_empty() {
        "nothing".to_owned()
    } else {
        allowed.join(", ")
    }
}

#[tokio::test]
async fn people_may_do_exactly_what_kubectl_may_do_as_their_roles() {
    in_a_project(async |a| {
        in_a_project(async |b| {
            let everybody = everybody(a).await;
            let people = people(&a.cluster);
            let mighty = [a.service_account("owner")];
            a.with_cluster_admins(&mighty, async || {
                let mut table = String::new();
                for somebody in &everybody {
                    let person = people.person(claims(somebody.claims.clone()), note("ana"));
                    let viewer = Viewer::Person(person);
                    let _ = writeln!(table, "{}", somebody.name);
                    for (name, scope, namespace) in [
                        ("system", &Scope::System, "kargo"),
                        ("project", &a.scope, a.namespace.as_str()),
                        ("other project", &b.scope, b.namespace.as_str()),
                    ] {
                        let line = line(&viewer, somebody, scope, namespace).await;
                        let _ = writeln!(table, "  {name}: {line}");
                    }
                }
                insta::assert_snapshot!(table);
            })
            .await;
        })
        .await;
    })
    .await;
}
