//! The program's own ServiceAccount, with the Roles that it documents and nothing else: what it may do, and what it may not.

use std::time::Duration;

use kargo::{
    cluster::{Error, Wish},
    identity::{PersonNote, ServiceAccountRef},
    impersonation::ImpersonationForm::{self, Constrained, Legacy},
    name::RoleName,
    token::Notes,
    value::Value,
};
use serde_json::json;
use tempfile::TempDir;

use super::support::{
    control_plane::{admin, load, until},
    deletions::HOUR,
    people::{Program, note, people},
    project::{Project, claim, in_a_project, text, unique_name},
};

/// A request that the program may send as itself.
const SERVICE_ACCOUNTS: &str = "GET /api/v1/serviceaccounts?limit=1";

fn header(account: &ServiceAccountRef) -> String {
    format!("impersonate-user: {}", account.user())
}

/// Requests on the Secrets of a namespace, one for each verb.
fn on_secrets(namespace: &str) -> Vec<String> {
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    [
        format!("GET {secrets}"),
        format!("GET {secrets}?watch=true&timeoutSeconds=1"),
        format!("GET {secrets}/dashboard-own"),
        format!("POST {secrets}"),
        format!("PUT {secrets}/dashboard-own"),
        format!("PATCH {secrets}/dashboard-own"),
        format!("DELETE {secrets}/dashboard-own"),
        format!("DELETE {secrets}"),
        "GET /api/v1/secrets".to_owned(),
    ]
    .into()
}

/// A project whose roles `ci` and `other` may do everything in the whole cluster: whatever is refused is refused to the program. `ci` accepts
/// the project's group.
async fn with_mighty_role(
    project: &Project,
    form: ImpersonationForm,
    test: impl AsyncFnOnce(&Program, &str),
) {
    let ci = project.account("ci");
    let json = json!({ "groups": [project.group()] }).to_string();
    project.annotate_account("ci", &json).await;
    project.add_service_account("other", json!({})).await;
    let accounts = ["ci", "other"].map(|name| project.service_account(name));
    project
        .with_cluster_admins(&accounts, async || {
            let accounts = std::slice::from_ref(&ci);
            project
                .with_program(form, accounts, async |program| {
                    let as_ci = header(&ci);
                    let list = format!("GET /api/v1/namespaces/{}/secrets", project.namespace);
                    program.until_allowed(SERVICE_ACCOUNTS, &[]).await;
                    program.until_allowed(&list, &[&as_ci]).await;
                    test(program, &as_ci).await;
                })
                .await;
        })
        .await;
}

/// Fails unless each of the program's own requests on Secrets is refused, and each identity but the listed ServiceAccount.
async fn nothing_else_is_allowed(project: &Project, program: &Program, as_ci: &str) {
    for line in on_secrets(&project.namespace)
        .iter()
        .chain(&on_secrets("kargo"))
    {
        assert_eq!(program.status(line, &[]).await, 403, "{line}");
    }
    let namespace = &project.namespace;
    let minting = format!("POST /api/v1/namespaces/{namespace}/serviceaccounts/ci/token");
    assert_eq!(program.status(&minting, &[]).await, 403);
    for allowed in ["/api/v1/namespaces", "/api/v1/serviceaccounts"] {
        assert_eq!(program.status(&format!("GET {allowed}"), &[]).await, 200);
    }

    let list = format!("GET /api/v1/namespaces/{namespace}/secrets");
    assert_eq!(program.status(&list, &[as_ci]).await, 200);
    let other = header(&project.account("other"));
    let own = header(&project.account("dashboard"));
    for user in [
        other.as_str(),
        own.as_str(),
        "impersonate-user: system:serviceaccount:kargo:kargo-admin",
        "impersonate-user: system:serviceaccount:kargo:kargo-management-controller",
        "impersonate-user: admin@local",
        "impersonate-user: admin@example.com",
        "impersonate-user: system:admin",
        "impersonate-user: system:anonymous",
        "impersonate-user: system:node:a",
        "impersonate-user: system:kube-controller-manager",
    ] {
        assert_eq!(program.status(&list, &[user]).await, 403, "{user}");
    }
    for more in [
        "impersonate-group: system:masters",
        "impersonate-group: system:serviceaccounts",
        "impersonate-group: platform-admins",
        "impersonate-uid: 1",
        "impersonate-extra-scopes: x",
        "impersonate-extra-kargo-tokens%2fother: x",
    ] {
        assert_eq!(program.status(&list, &[as_ci, more]).await, 403, "{more}");
    }
}

/// Creates, reveals, suspends, restores and deletes a token for a person.
async fn a_person_works(project: &Project, program: &Program, form: ImpersonationForm) {
    let people = people(&program.cluster);
    assert_eq!(
        people.form().await.expect("a version"),
        Constrained,
        "by its version"
    );
    let people = kargo::cluster::People::new(program.cluster.clone(), vec![], Some(form));
    let person = project.person(&people);
    let view = person
        .cluster_for(&Wish::to_create(&project.scope))
        .await
        .expect("a view");
    let ci: RoleName = "ci".parse().expect("a name");
    let (name, claim) = (unique_name(), claim());
    let created = view
        .create_token(&project.scope, &ci, &name, None, &Notes::default())
        .await;
    let target = created.expect("created").token.token_ref(&project.scope);
    view.reveal_token(&target, &claim).await.expect("the value");
    view.confirm_token(&target, &claim)
        .await
        .expect("confirmed");
    view.suspend_token(&target, &text(""))
        .await
        .expect("suspended");
    view.list_all_tokens(&project.scope).await.expect("a list");
    let roles = view.scope_roles(&project.scope).await.expect("roles");
    assert!(roles.roles.iter().any(|role| role.name == ci));
    assert!(
        view.permissions(&project.scope)
            .await
            .expect("permissions")
            .create
    );
    assert!(view.features().await.expect("features").suspend);
    view.tracking_since().await.expect("unreadable is no error");
    view.describe_token(&project.scope, &name)
        .await
        .expect("described");
    assert_eq!(view.list_events(&target).await.expect("events").len(), 4);
    view.delete_token(&target).await.expect("deleted");
    let name = unique_name();
    let expiring = view
        .create_token(&project.scope, &ci, &name, Some(HOUR), &Notes::default())
        .await;
    let expiring = expiring.expect("created").token.token_ref(&project.scope);
    view.reveal_token(&expiring, &self::claim())
        .await
        .expect("a minted value");
    let explained = person.explain().await.expect("explained");
    let account = project.account("ci");
    let explained = explained.iter().find(|found| found.account == account);
    assert_eq!(explained.expect("explained").is_impersonable, Some(true));
}

#[tokio::test]
async fn a_constrained_program_may_send_only_what_it_uses() {
    in_a_project(async |project| {
        with_mighty_role(project, Constrained, async |program, as_ci| {
            nothing_else_is_allowed(project, program, as_ci).await;
            let namespace = format!("/api/v1/namespaces/{}", project.namespace);
            let rbac = format!(
                "/apis/rbac.authorization.k8s.io/v1/namespaces/{}",
                project.namespace
            );
            // The role itself may do all of this.
            for line in [
                format!("DELETE {namespace}/secrets"),
                format!("PUT {namespace}/secrets/dashboard-own"),
                format!("GET {namespace}/configmaps"),
                format!("POST {namespace}/configmaps"),
                format!("DELETE {namespace}/configmaps/a"),
                format!("GET {namespace}/pods"),
                format!("POST {namespace}/pods"),
                format!("POST {namespace}/pods/a/exec"),
                format!("POST {namespace}/serviceaccounts"),
                format!("PATCH {namespace}/serviceaccounts/ci"),
                format!("PUT {namespace}/serviceaccounts/ci"),
                format!("DELETE {namespace}/serviceaccounts/ci"),
                format!("GET {namespace}/events?watch=true&timeoutSeconds=1"),
                format!("GET {namespace}/serviceaccounts/ci/token"),
                format!("GET {namespace}/events/a"),
                format!("DELETE {namespace}/events"),
                format!("PATCH {namespace}/events/a"),
                format!("GET {rbac}/roles/everything"),
                format!("POST {rbac}/roles"),
                format!("PATCH {rbac}/roles/everything"),
                format!("DELETE {rbac}/roles/everything"),
                format!("GET {rbac}/rolebindings/ci"),
                format!("POST {rbac}/rolebindings"),
                format!("DELETE {rbac}/rolebindings/ci"),
                format!(
                    "GET /apis/apps/v1/namespaces/{}/deployments",
                    project.namespace
                ),
                format!(
                    "GET /apis/kargo.akuity.io/v1alpha1/namespaces/{}/stages",
                    project.namespace
                ),
                format!(
                    "POST /apis/authorization.k8s.io/v1/namespaces/{}/localsubjectaccessreviews",
                    project.namespace
                ),
                "POST /apis/authorization.k8s.io/v1/subjectaccessreviews".to_owned(),
                "POST /apis/authentication.k8s.io/v1/tokenreviews".to_owned(),
                format!("GET {namespace}"),
                format!("DELETE {namespace}"),
                "POST /api/v1/namespaces".to_owned(),
                "GET /api/v1/secrets".to_owned(),
                "GET /api/v1/nodes".to_owned(),
                "GET /api/v1/namespaces/kargo/secrets".to_owned(),
                "GET /api/v1/namespaces/kube-system/configmaps".to_owned(),
                "GET /version".to_owned(),
                "GET /metrics".to_owned(),
            ] {
                assert_eq!(program.status(&line, &[as_ci]).await, 403, "{line}");
            }
            for extra in [
                "impersonate-extra-kargo-tokens%2fuser: x",
                "impersonate-extra-kargo-tokens%2fsubject: x",
            ] {
                let list = format!("GET {namespace}/secrets");
                assert_eq!(program.status(&list, &[as_ci, extra]).await, 403, "{extra}");
            }
            a_person_works(project, program, Constrained).await;
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_older_program_may_act_as_the_listed_roles_only() {
    in_a_project(async |project| {
        with_mighty_role(project, Legacy, async |program, as_ci| {
            nothing_else_is_allowed(project, program, as_ci).await;
            let list = format!("GET /api/v1/namespaces/{}/configmaps", project.namespace);
            assert_eq!(
                program.status(&list, &[as_ci]).await,
                200,
                "all that the role may do"
            );
            a_person_works(project, program, Legacy).await;
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_refusal_shows_the_objects_that_would_allow_it() {
    for form in [Constrained, Legacy] {
        in_a_project(async |project| {
            let role = project.add_role_for_group("reader").await;
            project
                .allow_account("reader", "secrets", "get list watch")
                .await;
            project
                .with_program(form, &[], async |program| {
                    program.until_allowed(SERVICE_ACCOUNTS, &[]).await;
                    let people =
                        kargo::cluster::People::new(program.cluster.clone(), vec![], Some(form));
                    let person = project.person(&people);
                    let list = Wish::to_list(&project.scope);
                    let error = person
                        .cluster_for(&list)
                        .await
                        .err()
                        .expect("not impersonated");
                    assert!(matches!(error, Error::NotImpersonated(_)), "{error}");
                    assert_eq!(
                        error.to_string(),
                        format!("Kargo Tokens may not act as the role {role}.")
                    );
                    assert_eq!(people.is_impersonable(&role).await.ok(), Some(false));
                    let yaml = error.problem().yaml.expect("objects");
                    assert!(yaml.contains("name: kargo-tokens-as-reader"), "{yaml}");
                    project.apply(&yaml).await;
                    until(Duration::from_secs(15), "it is allowed", async || {
                        person.cluster_for(&list).await.is_ok()
                    })
                    .await;
                    let view = person.cluster_for(&list).await.expect("a view");
                    assert_eq!(view.acting_as(), Some(&role));
                    view.list_tokens(&project.scope, 1, None)
                        .await
                        .expect("a list");
                })
                .await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_request_in_a_namespace_without_the_role_shows_it() {
    in_a_project(async |project| {
        in_a_project(async |elsewhere| {
            let role = project.add_role_for_group("reader").await;
            elsewhere
                .add_role("list", json!([{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["list"] }]))
                .await;
            elsewhere.bind("list", "Role/list", project.service_account("reader")).await;
            project
                .with_program(Constrained, std::slice::from_ref(&role), async |program| {
                    program.until_allowed(SERVICE_ACCOUNTS, &[]).await;
                    let global = vec![project.namespace.parse().expect("a name")];
                    let people = kargo::cluster::People::new(program.cluster.clone(), global, None);
                    let person = project.person(&people);
                    let list = Wish::to_list(&elsewhere.scope);
                    let view = person.cluster_for(&list).await.expect("the role may");
                    let error = view.list_tokens(&elsewhere.scope, 1, None).await.err();
                    let error = error.expect("the program may not");
                    assert_eq!(
                        error.to_string(),
                        format!("Kargo Tokens may not act as the role {role} to list secrets in namespace {}.", elsewhere.namespace)
                    );
                    let yaml = error.problem().yaml.expect("objects");
                    assert!(yaml.contains(&format!("namespace: {}", elsewhere.namespace)), "{yaml}");
                    project.apply(&yaml).await;
                    until(Duration::from_secs(15), "it is allowed", async || {
                        view.list_tokens(&elsewhere.scope, 1, None).await.is_ok()
                    })
                    .await;
                })
                .await;
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_role_that_is_not_impersonable_does_not_hide_one_that_is() {
    in_a_project(async |project| {
        project.add_role_for_group("a").await;
        let b = project.add_role_for_group("b").await;
        for name in ["a", "b"] {
            project.allow_account(name, "secrets", "list").await;
        }
        project
            .with_program(Constrained, std::slice::from_ref(&b), async |program| {
                program.until_allowed(SERVICE_ACCOUNTS, &[]).await;
                let person = project.person(&people(&program.cluster));
                let view = person.cluster_for(&Wish::to_list(&project.scope)).await;
                assert_eq!(view.expect("a view").acting_as(), Some(&b));
            })
            .await;
    })
    .await;
}

#[tokio::test]
async fn a_program_that_may_not_read_service_accounts_says_so() {
    in_a_project(async |project| {
        let own = project.create("own").await;
        let program = project.holder_of(&own).await;
        let error = project
            .person(&people(&program))
            .accounts(Some(&project.scope))
            .await;
        let error = error.expect_err("forbidden");
        assert!(matches!(error, Error::ProgramForbidden(_)), "{error}");
        assert!(
            error
                .to_string()
                .starts_with("Kargo Tokens itself may not list "),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
async fn claims_can_not_add_headers() {
    let account = ServiceAccountRef::of_user("system:serviceaccount:kargo:kargo-viewer");
    let account = account.expect("an account");
    let hostile = "x\r\nImpersonate-Group: system:masters\r\nx: é\u{0}";
    for form in [Constrained, Legacy] {
        let person = PersonNote {
            issuer: hostile.to_owned(),
            subject: hostile.repeat(100),
            user: hostile.to_owned(),
        };
        let view = admin()
            .await
            .impersonating(&account, &person, form)
            .expect("a view");
        let identity = view.whoami().await.expect("somebody");
        assert_eq!(identity.user, account.user());
        assert!(
            !identity
                .groups
                .iter()
                .any(|group| group == "system:masters")
        );
    }
}

#[tokio::test]
async fn a_kubeconfig_that_acts_as_somebody_can_not_act_as_a_role() {
    let directory = TempDir::new().expect("a directory");
    let command = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "command": "sign-in", "interactiveMode": "Never",
    });
    for user in [
        json!({ "token": "t", "as": "x" }),
        json!({ "token": "t", "as": "x", "as-groups": ["system:masters"] }),
        json!({ "exec": command, "as": "x" }),
        json!({ "as": "x" }),
    ] {
        let kubeconfig = directory.path().join("kubeconfig");
        let content = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{ "name": "it", "cluster": { "server": "https://127.0.0.1:1" } }],
            "users": [{ "name": "it", "user": user }],
            "contexts": [{ "name": "it", "context": { "cluster": "it", "user": "it" } }],
        });
        std::fs::write(&kubeconfig, content.to_string()).expect("a file");
        let (connector, cluster) = load(&kubeconfig, None).await.expect("a kubeconfig");
        let account = ServiceAccountRef::of_user("system:serviceaccount:kargo:kargo-viewer");
        let account = account.expect("an account");
        let view = cluster.impersonating(&account, &note("ana"), Constrained);
        assert!(
            matches!(view.err(), Some(Error::ImpersonatesAlready)),
            "{user}"
        );
        // Whoever signs in with a token doesn't act as the kubeconfig's other user.
        let bearer = connector.with_bearer(&Value::new("t".to_owned()));
        let view = bearer
            .expect("a token")
            .impersonating(&account, &note("ana"), Constrained);
        assert!(view.is_ok(), "{user}");
    }
}
