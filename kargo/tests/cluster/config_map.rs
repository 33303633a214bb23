//! One ConfigMap, with the rights on its name only.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use k8s_openapi::api::core::v1::ConfigMap;
use kargo::{cluster::Error, name::ConfigMapRef};
use kube::{Api, api::DeleteParams};
use serde_json::json;

use super::support::{
    control_plane::until,
    project::{Project, in_a_project},
};

fn at(project: &Project, name: &str) -> ConfigMapRef {
    let text = format!("{}/{name}", project.namespace);
    text.parse().expect("a ConfigMap")
}

fn changes<'a>(
    pairs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> BTreeMap<String, Option<String>> {
    pairs
        .into_iter()
        .map(|(key, text)| (key.to_owned(), text.map(str::to_owned)))
        .collect()
}

#[tokio::test]
async fn three_verbs_on_its_name_are_enough_and_give_no_other() {
    in_a_project(async |project| {
        for name in ["own", "other"] {
            project
                .add::<ConfigMap>(json!({ "metadata": { "name": name }, "data": { "a": "1" } }))
                .await;
        }
        let rule = json!([{
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["own"],
            "verbs": ["get", "watch", "patch"],
        }]);
        project.add_role("own", rule).await;
        let account = project.service_account("ci");
        project.bind("own", "Role/own", account).await;
        let token = project.create("own").await;
        let cluster = project.holder_of(&token).await;

        let (own, other) = (at(project, "own"), at(project, "other"));
        let refused = cluster.get_config_map(&other).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
        let read = cluster.get_config_map(&own).await.expect("read");
        assert_eq!(
            read.data,
            BTreeMap::from([("a".to_owned(), "1".to_owned())])
        );

        let seen = Arc::new(Mutex::new(Vec::new()));
        let (report, watched, version) = (
            Arc::clone(&seen),
            own.clone(),
            read.resource_version.clone(),
        );
        let watching = tokio::spawn({
            let cluster = cluster.clone();
            async move {
                let report = |map: kargo::cluster::ConfigMap| {
                    report.lock().expect("a list").push(map.data);
                };
                cluster
                    .watch_config_map(&watched, &version, || {}, report)
                    .await
            }
        });
        let change = changes([("b", Some("2")), ("a", None)]);
        let version = &read.resource_version;
        let changed = cluster.patch_config_map(&own, version, &change).await;
        let now = BTreeMap::from([("b".to_owned(), "2".to_owned())]);
        assert_eq!(changed.expect("changed").data, now);
        let late = cluster.patch_config_map(&own, version, &change).await;
        assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
        until(Duration::from_secs(5), "the change is seen", async || {
            *seen.lock().expect("a list") == [now.clone()]
        })
        .await;

        let maps: Api<ConfigMap> = Api::namespaced(project.client.clone(), &project.namespace);
        let deleted = maps.delete("own", &DeleteParams::default()).await;
        deleted.expect("deleted");
        let ended = watching.await.expect("it ends");
        assert!(matches!(ended, Err(Error::NotFound(_))), "{ended:?}");
        let gone = cluster.patch_config_map(&own, version, &change).await;
        assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
    })
    .await;
}
