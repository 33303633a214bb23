//! People who sign in with OIDC, and the ServiceAccount of a program that acts for them.

use std::{collections::BTreeSet, panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;
use k8s_openapi::api::{
    core::v1::ServiceAccount,
    rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding},
};
use kargo::{
    claims::PersonClaims,
    cluster::{Cluster, People, Person},
    identity::{PersonNote, ServiceAccountRef},
    impersonation::{ImpersonationForm, ImpersonationRoles},
    value::Value,
};
use kube::{
    Api, Client, Config,
    api::{DeleteParams, Patch, PatchParams},
    client::Body,
    config::{AuthInfo, KubeConfigOptions, Kubeconfig},
};
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use super::{
    control_plane::{admin_kubeconfig, until},
    project::{Project, create},
};

/// Claims of a person.
pub fn claims(json: Json) -> PersonClaims {
    PersonClaims::parse(&json.to_string()).expect("claims")
}

/// A person of the test's issuer.
pub fn note(subject: &str) -> PersonNote {
    PersonNote {
        issuer: "https://dex.example.com".to_owned(),
        subject: subject.to_owned(),
        user: format!("{subject}@example.com"),
    }
}

/// Everybody, for whom a program acts whose view is given.
pub fn people(program: &Cluster) -> People {
    People::new(program.clone(), vec![], None)
}

impl Project {
    /// A group that no other test has.
    pub fn group(&self) -> String {
        format!("{}-ops", self.namespace)
    }

    /// Adds a ServiceAccount that accepts the project's group.
    pub async fn add_role_for_group(&self, name: &str) -> ServiceAccountRef {
        let json = json!({ "groups": [self.group()] }).to_string();
        self.add_service_account(name, json!({ "rbac.kargo.akuity.io/claims": json }))
            .await;
        self.account(name)
    }

    /// A person of the project's group.
    pub fn person(&self, people: &People) -> Person {
        people.person(
            claims(json!({ "sub": "ana", "groups": [self.group()] })),
            note("ana"),
        )
    }

    /// A ServiceAccount of the project.
    pub fn account(&self, name: &str) -> ServiceAccountRef {
        ServiceAccountRef {
            namespace: self.namespace.parse().expect("a name"),
            name: name.parse().expect("a name"),
        }
    }

    /// Gives a ServiceAccount of the project verbs on a resource of the core group.
    pub async fn allow_account(&self, name: &str, resource: &str, verbs: &str) {
        let verbs: Vec<_> = verbs.split(' ').collect();
        let rules = json!([{ "apiGroups": [""], "resources": [resource], "verbs": verbs }]);
        let binding = format!("{name}-{}", resource.replace('/', "-"));
        self.add_role(&binding, rules).await;
        self.bind(
            &binding,
            &format!("Role/{binding}"),
            self.service_account(name),
        )
        .await;
    }

    /// Changes the claims of a ServiceAccount.
    pub async fn annotate_account(&self, name: &str, json: &str) {
        let patch =
            json!({ "metadata": { "annotations": { "rbac.kargo.akuity.io/claims": json } } });
        let accounts: Api<ServiceAccount> = self.service_accounts();
        accounts
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .expect("the ServiceAccount can be changed");
    }

    /// Applies Kubernetes objects as an administrator would. Objects of the whole cluster get a name of this project.
    pub async fn apply(&self, yaml: &str) {
        for document in yaml.split("---\n").filter(|text| !text.is_empty()) {
            let object: Json = serde_saphyr::from_str(document).expect("YAML");
            match object["kind"].as_str().expect("a kind") {
                "Role" => self.apply_one::<Role>(object).await,
                "RoleBinding" => self.apply_one::<RoleBinding>(object).await,
                "ClusterRole" => {
                    apply_one(
                        &Api::<ClusterRole>::all(self.client.clone()),
                        self.renamed(object),
                    )
                    .await;
                }
                "ClusterRoleBinding" => {
                    apply_one(
                        &Api::<ClusterRoleBinding>::all(self.client.clone()),
                        self.renamed(object),
                    )
                    .await;
                }
                other => panic!("{other}"),
            }
        }
    }

    async fn apply_one<T>(&self, object: Json)
    where
        T: kube::Resource<Scope = kube::core::NamespaceResourceScope>
            + Clone
            + std::fmt::Debug
            + Serialize
            + DeserializeOwned,
        T::DynamicType: Default,
    {
        let namespace = object["metadata"]["namespace"]
            .as_str()
            .expect("a namespace")
            .to_owned();
        apply_one(
            &Api::<T>::namespaced(self.client.clone(), &namespace),
            object,
        )
        .await;
    }

    fn renamed(&self, mut object: Json) -> Json {
        object["metadata"]["name"] = self.namespace.clone().into();
        if object["kind"] == "ClusterRoleBinding" {
            object["roleRef"]["name"] = self.namespace.clone().into();
        }
        object
    }

    /// Runs a test while subjects may do everything in the whole cluster.
    pub async fn with_cluster_admins(&self, subjects: &[Json], test: impl AsyncFnOnce()) {
        let name = format!("{}-mighty", self.namespace);
        let bindings = Api::<ClusterRoleBinding>::all(self.client.clone());
        let binding = json!({
            "metadata": { "name": name },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" },
            "subjects": subjects,
        });
        create(&bindings, binding).await;
        let result = AssertUnwindSafe(test()).catch_unwind().await;
        let removed = bindings.delete(&name, &DeleteParams::default()).await;
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
        removed.expect("the binding can be removed");
    }

    /// Runs a test with a program whose ServiceAccount has only the documented Roles for these accounts and for this namespace.
    pub async fn with_program(
        &self,
        form: ImpersonationForm,
        accounts: &[ServiceAccountRef],
        test: impl AsyncFnOnce(&Program),
    ) {
        self.add_service_account("dashboard", json!({})).await;
        let roles = ImpersonationRoles {
            program: self.account("dashboard").user(),
            form,
        };
        let namespaces = BTreeSet::from([self.namespace.parse().expect("a name")]);
        self.apply(&roles.all(&accounts.iter().cloned().collect(), &namespaces))
            .await;
        let annotation = json!({ "kubernetes.io/service-account.name": "dashboard" });
        let token = self.add_token("dashboard-own", json!({}), annotation).await;
        let value = self.stored_value(&token.name).await;
        self.until_accepted(&value).await;
        let program = Program {
            cluster: self.signed_in_with(&value),
            client: client_of(&value).await,
        };
        let result = AssertUnwindSafe(test(&program)).catch_unwind().await;
        let params = DeleteParams::default();
        let bindings = Api::<ClusterRoleBinding>::all(self.client.clone());
        let roles = Api::<ClusterRole>::all(self.client.clone());
        let removed = (
            bindings.delete(&self.namespace, &params).await,
            roles.delete(&self.namespace, &params).await,
        );
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
        assert!(removed.0.is_ok() && removed.1.is_ok());
    }
}

async fn apply_one<T>(api: &Api<T>, object: Json)
where
    T: Clone + std::fmt::Debug + Serialize + DeserializeOwned,
{
    let name = object["metadata"]["name"]
        .as_str()
        .expect("a name")
        .to_owned();
    api.patch(&name, &PatchParams::apply("test"), &Patch::Apply(object))
        .await
        .expect("the object can be applied");
}

/// kube's own client for the holder of a value.
async fn client_of(value: &Value) -> Client {
    let kubeconfig = Kubeconfig::read_from(admin_kubeconfig()).expect("a kubeconfig");
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    let mut config = config.expect("a kubeconfig");
    config.auth_info = AuthInfo {
        token: Some(SecretString::from(value.expose())),
        ..AuthInfo::default()
    };
    Client::try_from(config).expect("a client")
}

/// A program that acts for people.
pub struct Program {
    pub cluster: Cluster,
    client: Client,
}

impl Program {
    /// HTTP status of a request. `line`: method and path. `headers`: `NAME: VALUE`.
    pub async fn status(&self, line: &str, headers: &[&str]) -> u16 {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let content = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let mut request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content);
        for header in headers {
            let (name, value) = header.split_once(": ").expect("a name and a value");
            request = request.header(name, value);
        }
        let body = if method == "GET" {
            vec![]
        } else {
            b"{}".to_vec()
        };
        let request = request.body(Body::from(body)).expect("a request");
        let response = self.client.send(request).await.expect("an answer");
        response.status().as_u16()
    }

    /// Waits until the API server knows a new Role.
    pub async fn until_allowed(&self, line: &str, headers: &[&str]) {
        until(Duration::from_secs(10), line, async || {
            self.status(line, headers).await < 400
        })
        .await;
    }
}
