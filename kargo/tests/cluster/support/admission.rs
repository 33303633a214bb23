//! Policies and quotas of a cluster, limited to one project.

use std::time::Duration;

use k8s_openapi::api::{
    admissionregistration::v1::{
        ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingWebhookConfiguration,
    },
    core::v1::{ResourceQuota, Secret},
};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value as Json, json};

use super::{
    control_plane::until,
    project::{Project, create},
};

/// Reason that the policies give.
pub const REASON: &str = "tokens need a ticket";

/// What is refused until it is dropped with [`Refusal::lift`].
pub struct Refusal<'a> {
    project: &'a Project,
    name: String,
}

impl Project {
    /// Refuses an operation (`CREATE`, `UPDATE` or `DELETE`) on the project's Secrets by a policy, and waits until it is in force.
    pub async fn refuse(&self, operation: &str) -> Refusal<'_> {
        let name = format!("{}-{}", self.namespace, operation.to_lowercase());
        let rule = json!({
            "apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"], "operations": [operation],
        });
        create::<ValidatingAdmissionPolicy>(
            &Api::all(self.client.clone()),
            json!({
                "metadata": { "name": name },
                "spec": {
                    "matchConstraints": { "resourceRules": [rule] },
                    "validations": [{ "expression": "false", "message": REASON }],
                },
            }),
        )
        .await;
        create::<ValidatingAdmissionPolicyBinding>(
            &Api::all(self.client.clone()),
            json!({
                "metadata": { "name": name },
                "spec": {
                    "policyName": name,
                    "validationActions": ["Deny"],
                    "matchResources": { "namespaceSelector": self.selector() },
                },
            }),
        )
        .await;
        self.until_refused_by_admission(operation).await;
        Refusal {
            project: self,
            name,
        }
    }

    /// Has the project's new Secrets checked by a webhook that doesn't answer.
    pub async fn check_by_silent_webhook(&self) {
        create::<ValidatingWebhookConfiguration>(
            &Api::all(self.client.clone()),
            json!({
                "metadata": { "name": self.namespace },
                "webhooks": [{
                    "name": "check.example.com",
                    "clientConfig": { "url": "https://127.0.0.1:1/check" },
                    "rules": [{
                        "apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"], "operations": ["CREATE"],
                    }],
                    "failurePolicy": "Fail",
                    "sideEffects": "None",
                    "admissionReviewVersions": ["v1"],
                    "timeoutSeconds": 2,
                    "namespaceSelector": self.selector(),
                }],
            }),
        )
        .await;
        self.until_refused_by_admission("CREATE").await;
    }

    /// Removes the webhook.
    pub async fn remove_webhook(&self) {
        let webhooks: Api<ValidatingWebhookConfiguration> = Api::all(self.client.clone());
        webhooks
            .delete(&self.namespace, &DeleteParams::default())
            .await
            .expect("it can be removed");
    }

    /// Lets the project have no more Secrets than it has.
    pub async fn use_up_quota(&self) {
        let hard = json!({ "count/secrets": "0" });
        let spec = json!({ "metadata": { "name": "few" }, "spec": { "hard": hard } });
        self.add::<ResourceQuota>(spec).await;
        // The quota controller, which this control plane doesn't have, fills the status.
        let status = Patch::Merge(json!({ "status": { "hard": hard, "used": hard } }));
        let quotas: Api<ResourceQuota> = Api::namespaced(self.client.clone(), &self.namespace);
        quotas
            .patch_status("few", &PatchParams::default(), &status)
            .await
            .expect("the status can be written");
        self.until_refused_by_admission("CREATE").await;
    }

    fn selector(&self) -> Json {
        json!({ "matchLabels": { "kubernetes.io/metadata.name": self.namespace } })
    }

    /// Waits until dry runs of an operation are refused. Admission plugins read their configuration some time after it was written.
    async fn until_refused_by_admission(&self, operation: &str) {
        let name = format!("probe-{}", operation.to_lowercase());
        let secrets = self.secrets();
        let probe: Secret =
            serde_json::from_value(json!({ "metadata": { "name": name } })).expect("a Secret");
        if operation != "CREATE" {
            secrets
                .create(&PostParams::default(), &probe)
                .await
                .expect("it can be created");
        }
        until(
            Duration::from_secs(30),
            "the refusal is in force",
            async || {
                let (name, delete) = (name.as_str(), DeleteParams::default().dry_run());
                let result = match operation {
                    "CREATE" => {
                        let params = PostParams {
                            dry_run: true,
                            ..PostParams::default()
                        };
                        secrets.create(&params, &probe).await.map(drop)
                    }
                    "UPDATE" => {
                        let params = PatchParams {
                            dry_run: true,
                            ..PatchParams::default()
                        };
                        let patch = Patch::Merge(json!({ "metadata": { "labels": { "a": "b" } } }));
                        secrets.patch(name, &params, &patch).await.map(drop)
                    }
                    _ => secrets.delete(name, &delete).await.map(drop),
                };
                result.is_err()
            },
        )
        .await;
    }
}

impl Refusal<'_> {
    /// Allows the operation again, sooner or later.
    pub async fn lift(self) {
        let Self { project, name } = self;
        let params = DeleteParams::default();
        let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(project.client.clone());
        let policies: Api<ValidatingAdmissionPolicy> = Api::all(project.client.clone());
        bindings
            .delete(&name, &params)
            .await
            .expect("it can be removed");
        policies
            .delete(&name, &params)
            .await
            .expect("it can be removed");
    }
}
