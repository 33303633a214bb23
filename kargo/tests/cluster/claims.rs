//! People who sign in with OIDC: which roles they have, and what they may do by them.

use std::{collections::BTreeSet, time::Duration};

use k8s_openapi::api::{core::v1::Namespace, rbac::v1::RoleBinding};
use kargo::{
    claims::Verdict,
    cluster::{Error, Explanation, People, Viewer, Wish},
    identity::ServiceAccountRef,
    impersonation::ImpersonationForm,
    name::RoleName,
    scope::Scope,
    token::Notes,
};
use kube::{Api, api::DeleteParams};
use serde_json::json;

use super::support::{
    control_plane::until,
    people::{claims, note, people},
    project::{Project, create, in_a_project, unique_name},
};

const SECOND: Duration = Duration::from_secs(1);

fn kargo_admin() -> ServiceAccountRef {
    ServiceAccountRef::of_user("system:serviceaccount:kargo:kargo-admin").expect("an account")
}

/// The project's explanation of one ServiceAccount.
async fn explained(project: &Project, people: &People, name: &str) -> Explanation {
    let all = project
        .person(people)
        .explain()
        .await
        .expect("an explanation");
    let account = project.account(name);
    let found = all.into_iter().find(|found| found.account == account);
    found.expect("explained")
}

/// Two roles for the project's group: `reader` may list tokens, `writer` may create and change them.
async fn add_two_half_roles(project: &Project) -> (ServiceAccountRef, ServiceAccountRef) {
    let both = (
        project.add_role_for_group("reader").await,
        project.add_role_for_group("writer").await,
    );
    project
        .allow_account("reader", "secrets", "get list watch")
        .await;
    project
        .allow_account("writer", "secrets", "create patch")
        .await;
    project
        .allow_account("writer", "serviceaccounts", "get")
        .await;
    both
}

#[tokio::test]
async fn a_person_may_do_what_any_of_their_roles_may() {
    in_a_project(async |project| {
        let (reader, writer) = add_two_half_roles(project).await;
        let person = project.person(&people(&project.cluster));
        let accounts = person
            .accounts(Some(&project.scope))
            .await
            .expect("accounts");
        assert_eq!(accounts, [reader.clone(), writer.clone()]);

        let reading = person
            .cluster_for(&Wish::to_list(&project.scope))
            .await
            .expect("a view");
        let writing = person
            .cluster_for(&Wish::to_create(&project.scope))
            .await
            .expect("a view");
        let (listing, creating) = (reading.acting_as(), writing.acting_as());
        assert_eq!((listing, creating), (Some(&reader), Some(&writer)));
        let role: RoleName = "ci".parse().expect("a name");
        let name = unique_name();
        let created = writing
            .create_token(&project.scope, &role, &name, None, &Notes::default())
            .await;
        let created = created.expect("created").token;
        assert_eq!(created.created_by, Some(person.note().name()));
        let listed = reading
            .list_tokens(&project.scope, 10, None)
            .await
            .expect("a list");
        assert!(listed.tokens.iter().any(|token| token.name == name));
        let error = writing.list_tokens(&project.scope, 10, None).await.err();
        assert!(matches!(error, Some(Error::Forbidden(_))), "{error:?}");

        let delete = person
            .cluster_for(&Wish::to_delete(&project.scope))
            .await
            .err();
        let delete = delete.expect("none of them may");
        assert_eq!(
            delete.to_string(),
            format!(
                "You may not delete secrets in namespace {}.",
                project.namespace
            )
        );
        let both = [
            Wish::to_list(&project.scope),
            Wish::to_create(&project.scope),
        ];
        let both = person.cluster_for_all(&both).await.err();
        assert!(
            matches!(both, Some(Error::Forbidden(_))),
            "no one role may do both: {both:?}"
        );
        let system = [Wish::to_list(&project.scope), Wish::to_list(&Scope::System)];
        let system = person.cluster_for_all(&system).await.err();
        assert!(
            matches!(system, Some(Error::NoMatchingRole(Some(Scope::System)))),
            "a project's role counts in the project only: {system:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_view_is_the_service_account_and_shares_no_memory_with_the_program() {
    in_a_project(async |project| {
        let (reader, _) = add_two_half_roles(project).await;
        project.cluster.whoami().await.expect("somebody");
        let person = project.person(&people(&project.cluster));
        let view = person
            .cluster_to_read(&project.scope)
            .await
            .expect("a view");
        let identity = view.whoami().await.expect("somebody");
        assert_eq!(identity.user, reader.user());
        assert!(
            !identity
                .groups
                .iter()
                .any(|group| group == "system:masters")
        );
        assert_eq!(view.person(), Some(&note("ana")));
        let program = project.cluster.whoami().await.expect("somebody");
        assert_eq!(
            (program.user.as_str(), project.cluster.acting_as()),
            ("admin@local", None)
        );
    })
    .await;
}

#[tokio::test]
async fn a_projects_roles_are_tried_first_then_kargos_then_the_global_ones() {
    in_a_project(async |a| {
        in_a_project(async |b| {
            let own = a.add_role_for_group("own").await;
            let json = json!({ "groups": [a.group()] }).to_string();
            b.add_service_account("global", json!({ "rbac.kargo.akuity.io/claims": json }))
                .await;
            let global = b.account("global");
            let namespaces = vec![b.namespace.parse().expect("a name")];
            let people = People::new(a.cluster.clone(), namespaces, None);
            let groups = json!({ "groups": [a.group(), "platform-admins"] });
            let person = people.person(claims(groups), note("ana"));

            let tried = person.accounts(Some(&a.scope)).await.expect("accounts");
            assert_eq!(tried, [own, kargo_admin(), global.clone()]);
            let cluster = [kargo_admin(), global.clone()];
            for scope in [None, Some(&Scope::System)] {
                assert_eq!(person.accounts(scope).await.expect("accounts"), cluster);
            }
            let of_b = person.accounts(Some(&b.scope)).await.expect("accounts");
            assert_eq!(of_b, [global.clone(), kargo_admin()]);

            // The first that may is taken, not the first of all.
            a.add_role(
                "list",
                json!([{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["list"] }]),
            )
            .await;
            a.bind("global", "Role/list", b.service_account("global"))
                .await;
            let view = person
                .cluster_for(&Wish::to_list(&a.scope))
                .await
                .expect("a view");
            assert_eq!(view.acting_as(), Some(&global));
            view.list_tokens(&a.scope, 10, None).await.expect("a list");
            let view = person.cluster_for(&Wish::to_delete(&Scope::System)).await;
            assert_eq!(view.expect("a view").acting_as(), Some(&kargo_admin()));
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_person_can_act_as_less() {
    in_a_project(async |project| {
        let (reader, writer) = add_two_half_roles(project).await;
        let person = project.person(&people(&project.cluster));
        let less = person.acting_only_as(Some(reader.clone()));
        let accounts = less.accounts(Some(&project.scope)).await.expect("accounts");
        assert_eq!(accounts, [reader]);
        less.cluster_for(&Wish::to_list(&project.scope))
            .await
            .expect("a view");
        let error = less
            .cluster_for(&Wish::to_create(&project.scope))
            .await
            .err();
        assert!(matches!(error, Some(Error::Forbidden(_))), "{error:?}");
        let all = less.acting_only_as(None);
        let view = all
            .cluster_for(&Wish::to_create(&project.scope))
            .await
            .expect("a view");
        assert_eq!(view.acting_as(), Some(&writer));

        // `ci` doesn't accept the person's claims.
        let other = person.acting_only_as(Some(project.account("ci")));
        let error = other
            .cluster_for(&Wish::to_list(&project.scope))
            .await
            .err();
        assert!(matches!(error, Some(Error::NotYourRole(_))), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_void_annotation_gives_nothing_until_it_is_corrected() {
    in_a_project(async |project| {
        let group = project.group();
        let void = json!({ "groups": group }).to_string();
        project
            .add_service_account("reader", json!({ "rbac.kargo.akuity.io/claims": void }))
            .await;
        let people = People::with_freshness(project.cluster.clone(), vec![], None, SECOND);
        let person = project.person(&people);
        let error = person
            .accounts(Some(&project.scope))
            .await
            .expect_err("void");
        assert!(matches!(error, Error::NoMatchingRole(_)), "{error}");
        let Verdict::Void { void, would_match } =
            explained(project, &people, "reader").await.verdict
        else {
            panic!("not void");
        };
        assert!(would_match);
        assert_eq!(
            void.to_string(),
            format!(
                "the claim groups has a single value, not a list of texts (line 1, column {})",
                12 + group.len()
            )
        );
        let corrected = void.corrected.expect("a correction");
        project.annotate_account("reader", &corrected).await;
        until(
            Duration::from_secs(5),
            "the correction counts",
            async || person.accounts(Some(&project.scope)).await.is_ok(),
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_role_ends_while_somebody_acts_as_it() {
    in_a_project(async |project| {
        let (reader, writer) = add_two_half_roles(project).await;
        let people = People::with_freshness(project.cluster.clone(), vec![], None, SECOND);
        let person = project.person(&people);
        let (list, create) = (
            Wish::to_list(&project.scope),
            Wish::to_create(&project.scope),
        );
        person.cluster_for(&create).await.expect("a view");
        let view = person.cluster_for(&list).await.expect("a view");

        // The annotation changes.
        project
            .annotate_account("writer", r#"{"groups":["others"]}"#)
            .await;
        let ends = |name: &'static str, wish: Wish| {
            let person = person.clone();
            async move {
                until(Duration::from_secs(5), name, async || {
                    person.cluster_for(&wish).await.is_err()
                })
                .await;
            }
        };
        ends("writer's annotation", create).await;
        let error = person
            .acting_only_as(Some(writer))
            .accounts(Some(&project.scope))
            .await;
        assert!(matches!(error, Err(Error::NotYourRole(_))), "{error:?}");

        // A right ends at once, whatever is remembered.
        let bindings: Api<RoleBinding> =
            Api::namespaced(project.client.clone(), &project.namespace);
        bindings
            .delete("reader-secrets", &DeleteParams::default())
            .await
            .expect("the binding is deleted");
        until(Duration::from_secs(5), "the right ends", async || {
            matches!(
                view.list_tokens(&project.scope, 1, None).await,
                Err(Error::Forbidden(_))
            )
        })
        .await;
        ends("reader's right", list).await;

        // The role is deleted.
        assert_eq!(
            person
                .accounts(Some(&project.scope))
                .await
                .expect("accounts"),
            [reader]
        );
        project
            .service_accounts()
            .delete("reader", &DeleteParams::default())
            .await
            .expect("the role is deleted");
        until(Duration::from_secs(5), "the role is gone", async || {
            matches!(
                person.accounts(Some(&project.scope)).await,
                Err(Error::NoMatchingRole(_))
            )
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_was_read_is_used_for_a_minute() {
    in_a_project(async |project| {
        let (reader, _) = add_two_half_roles(project).await;
        let person = project.person(&people(&project.cluster));
        let list = Wish::to_list(&project.scope);
        person.cluster_for(&list).await.expect("a view");
        project.annotate_account("reader", "{}").await;
        let view = person.cluster_for(&list).await.expect("a view");
        assert_eq!(view.acting_as(), Some(&reader));
    })
    .await;
}

#[tokio::test]
async fn a_page_explains_each_role() {
    in_a_project(async |project| {
        let group = project.group();
        let add = async |name: &str, json: serde_json::Value| {
            let annotations = json!({ "rbac.kargo.akuity.io/claims": json.to_string() });
            project.add_service_account(name, annotations).await;
        };
        add("a-match", json!({ "groups": ["x", group] })).await;
        add("b-case", json!({ "groups": [group.to_uppercase()] })).await;
        add("c-value", json!({ "groups": ["x"] })).await;
        add("d-missing", json!({ "email": ["a@b.c"] })).await;
        let elsewhere = format!("{}-elsewhere", project.namespace);
        create::<Namespace>(
            &Api::all(project.client.clone()),
            json!({ "metadata": { "name": elsewhere } }),
        )
        .await;
        let metadata = json!({
            "name": "e", "annotations": { "rbac.kargo.akuity.io/claims": json!({ "groups": [group] }).to_string() },
        });
        create::<k8s_openapi::api::core::v1::ServiceAccount>(
            &Api::namespaced(project.client.clone(), &elsewhere),
            json!({ "metadata": metadata }),
        )
        .await;

        let all = project.person(&people(&project.cluster)).explain().await.expect("explained");
        assert!(all.iter().any(|found| found.account == kargo_admin()));
        let of = |namespace: &str, name: &str| {
            all.iter()
                .find(|found| found.account.namespace.as_str() == namespace && found.account.name.as_str() == name)
                .expect("explained")
        };
        let here = |name| of(&project.namespace, name);
        assert!(matches!(&here("a-match").verdict, Verdict::Matches(found) if found.value == group));
        assert_eq!(here("a-match").is_impersonable, Some(true));
        assert!(matches!(&here("b-case").verdict, Verdict::NearMiss { has, .. } if has.value == group));
        assert_eq!(here("b-case").is_impersonable, None);
        assert!(matches!(&here("c-value").verdict, Verdict::OtherValue { claim, .. } if claim == "groups"));
        assert!(matches!(&here("d-missing").verdict, Verdict::Missing { claims } if claims == &["email"]));
        assert_eq!(here("ci").verdict, Verdict::NoClaims);
        assert_eq!(of(&elsewhere, "e").verdict, Verdict::NotLookedAt);
        let namespaces: Api<Namespace> = Api::all(project.client.clone());
        namespaces.delete(&elsewhere, &DeleteParams::default()).await.expect("removed");
    })
    .await;
}

#[tokio::test]
async fn a_match_that_the_program_may_not_act_as_names_the_missing_role() {
    in_a_project(async |project| {
        let role = project.add_role_for_group("reader").await;
        project
            .with_program(ImpersonationForm::Constrained, &[], async |program| {
                let people = People::new(
                    program.cluster.clone(),
                    vec![],
                    Some(ImpersonationForm::Constrained),
                );
                let found = explained(project, &people, "reader").await;
                assert_eq!(found.is_impersonable, Some(false));
                let yaml = found.impersonation_roles.expect("the missing objects");
                assert!(yaml.contains("kargo-tokens-as-reader"), "{yaml}");
                project.apply(&yaml).await;
                until(
                    Duration::from_secs(10),
                    "the program may act as it",
                    async || people.is_impersonable(&role).await.expect("an answer"),
                )
                .await;
                let found = explained(project, &people, "reader").await;
                assert_eq!(
                    (found.is_impersonable, found.impersonation_roles),
                    (Some(true), None)
                );
            })
            .await;
    })
    .await;
}

/// Namespaces of which a viewer may read the claims, and those of which they may not.
async fn readable(viewer: &Viewer, also: Option<&Scope>) -> (BTreeSet<String>, BTreeSet<String>) {
    let found = viewer.claimed_accounts(&[], also).await.expect("an answer");
    let accounts = found.accounts.iter();
    (
        accounts
            .map(|role| role.account.namespace.to_string())
            .collect(),
        found.hidden.iter().map(ToString::to_string).collect(),
    )
}

#[tokio::test]
async fn accepted_claims_are_for_those_who_may_list_the_service_accounts() {
    in_a_project(async |project| {
        project
            .add_service_account(
                "void",
                json!({ "rbac.kargo.akuity.io/claims": r#"{"groups":"ops"}"# }),
            )
            .await;
        let admin = Viewer::from(project.cluster.clone());
        let (all, hidden) = readable(&admin, None).await;
        assert!(all.contains("kargo") && all.contains(&project.namespace) && hidden.is_empty());
        let found = admin.claimed_accounts(&[], None).await.expect("an answer");
        let void = found
            .accounts
            .iter()
            .find(|role| role.account == project.account("void"))
            .expect("read");
        assert!(void.is_looked_at && void.accepted.void.is_some());

        // The holder of a token that may list the project's ServiceAccounts, and nothing else.
        let lister = project.with_rights(&[("serviceaccounts", "list")]).await;
        let lister = Viewer::from(lister);
        let (none, hidden) = readable(&lister, None).await;
        assert!(
            none.is_empty() && hidden.contains("kargo"),
            "{none:?} {hidden:?}"
        );
        let (own, _) = readable(&lister, Some(&project.scope)).await;
        assert_eq!(own, BTreeSet::from([project.namespace.clone()]));
        let found = lister.claimed_accounts(&[], None).await.expect("an answer");
        assert!(found.unknown_projects.is_some());

        // A person of a role with the same right.
        project.add_role_for_group("reader").await;
        let person = Viewer::Person(project.person(&people(&project.cluster)));
        let (none, hidden) = readable(&person, None).await;
        assert!(none.is_empty() && hidden.contains(&project.namespace));
        project
            .allow_account("reader", "serviceaccounts", "list")
            .await;
        let person = Viewer::Person(project.person(&people(&project.cluster)));
        until(Duration::from_secs(10), "the right is known", async || {
            let (own, _) = readable(&person, None).await;
            own == BTreeSet::from([project.namespace.clone()])
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_person_sees_their_projects() {
    in_a_project(async |project| {
        project.add_role_for_group("reader").await;
        let people = people(&project.cluster);
        let namespace = project.namespace.parse().expect("a name");
        let own = project.person(&people).projects().await.expect("projects");
        assert_eq!(own, std::slice::from_ref(&namespace));
        let admin = people.person(claims(json!({ "groups": ["platform-admins"] })), note("bo"));
        let all = admin.projects().await.expect("projects");
        assert!(all.len() > 1 && all.contains(&namespace));
        let nobody = people.person(claims(json!({ "groups": ["nobody"] })), note("cy"));
        assert_eq!(nobody.projects().await.expect("projects"), []);
        let error = nobody.cluster_to_read(&project.scope).await.err();
        assert!(matches!(error, Some(Error::NoMatchingRole(_))), "{error:?}");
        let reading = project
            .person(&people)
            .cluster_to_read(&project.scope)
            .await;
        let reading = reading.expect("a view that may read nothing");
        let error = reading.list_tokens(&project.scope, 1, None).await.err();
        assert!(matches!(error, Some(Error::Forbidden(_))), "{error:?}");
    })
    .await;
}
