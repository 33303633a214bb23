//! Which files are read, and which of their entries are in use.

use serde_json::{Value as Json, json};

use super::{
    AUDITOR, Case,
    Expected::{Both, Neither, Ours},
    Ground, VIEWER, check, single,
};

#[tokio::test]
async fn files_and_lists_of_files() {
    let ground = Ground::new();
    let (viewer, auditor) = (
        ground.user(&ground.viewer()),
        ground.user(&json!({ "token": ground.auditor })),
    );
    let without_context = |mut file: Json| {
        file["current-context"] = json!("");
        file
    };
    let part = |name: &str| json!({ name: viewer[name] });
    let token_file = ground.user(&json!({ "tokenFile": "token" }));
    let two = |name: &str, list: &str, user: &'static str| {
        Case::new(name, Both(user))
            .file("viewer", &viewer)
            .file("auditor", &auditor)
            .list(list)
    };
    check(vec![
        Case::new("a named file", Both(VIEWER)).file("kubeconfig", &viewer),
        Case::new("KUBECONFIG", Both(VIEWER))
            .file("v", &viewer)
            .list("{folder}/v"),
        two(
            "the first of a list",
            "{folder}/viewer:{folder}/auditor",
            VIEWER,
        ),
        two(
            "the other order",
            "{folder}/auditor:{folder}/viewer",
            AUDITOR,
        ),
        two(
            "a missing file in a list",
            "{folder}/missing:{folder}/viewer",
            VIEWER,
        ),
        two(
            "empty elements and repetitions",
            ":{folder}/viewer::{folder}/viewer:",
            VIEWER,
        ),
        two("relative to the working folder", "viewer", VIEWER),
        Case::new("an empty current-context in the first", Both(VIEWER))
            .file("1", without_context(auditor.clone()))
            .file("2", &viewer)
            .list("{folder}/2:{folder}/1"),
        Case::new("an empty current-context is none", Both(AUDITOR))
            .file("1", without_context(auditor.clone()))
            .file("2", &viewer)
            .list("{folder}/1:{folder}/2"),
        Case::new("entries over several files", Both(VIEWER))
            .file("1", part("contexts"))
            .file("2", part("clusters"))
            .file("3", part("users"))
            .file("4", part("current-context"))
            .list("1:2:3:4"),
        Case::new(
            "the first user of a name wins, whole",
            Neither(&["user it", "no credential"]),
        )
        .file("1", ground.user(&json!({})))
        .file("2", &viewer)
        .list("1:2"),
        Case::new("a broken file in a list", Neither(&["/2", "YAML"]))
            .file("1", &viewer)
            .file("2", "users: [sentinel")
            .list("{folder}/1:{folder}/2"),
        Case::new("all files missing", Neither(&["KUBECONFIG"])).list("{folder}/1:{folder}/2"),
        Case::new("the home folder", Both(VIEWER))
            .file(".kube/config", &viewer)
            .without_flag(),
        Case::new("an empty KUBECONFIG", Both(VIEWER))
            .file(".kube/config", &viewer)
            .list(""),
        Case::new("a named file before KUBECONFIG", Both(VIEWER))
            .file("kubeconfig", &viewer)
            .file("other", &auditor)
            .variable("KUBECONFIG", "{folder}/other"),
        Case::new(
            "a named file that is missing",
            Neither(&["/kubeconfig", "no such file"]),
        ),
        Case::new("a folder", Neither(&["directory"])).file("kubeconfig/x", ""),
        Case::new("nothing anywhere", Neither(&["no cluster is known"])).without_flag(),
        Case::new("an empty file", Neither(&["no cluster is known"])).file("kubeconfig", ""),
        Case::new("a relative file in the second file", Both(VIEWER))
            .file("1", part("contexts"))
            .file("sub/2", &token_file)
            .file("sub/token", &ground.viewer)
            .file("token", &ground.auditor)
            .list("{folder}/1:sub/2"),
        Case::new("a relative file from another working folder", Both(VIEWER))
            .file("kubeconfig", &token_file)
            .file("token", &ground.viewer)
            .file("elsewhere/token", &ground.auditor)
            .within("elsewhere"),
    ])
    .await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn contexts_and_entries() {
    let ground = Ground::new();
    let viewer = ground.user(&ground.viewer());
    let changed = |change: &dyn Fn(&mut Json)| {
        let mut file = viewer.clone();
        change(&mut file);
        file
    };
    let push = |list: &str, entry: Json| {
        changed(&|file| {
            file[list]
                .as_array_mut()
                .expect("a list")
                .push(entry.clone());
        })
    };
    let chosen = |name: &str, file: Json, expected| single(name, file, expected);
    let yaml = format!(
        "apiVersion: v1\ncurrent-context: it\ncontexts:\n- {{name: it, context: {{cluster: it, user: x, user: it}}}}\nclusters:\n\
         - name: it\n  cluster:\n    server: http://sentinel\n    server: {}\n    certificate-authority-data: {}\nusers:\n\
         - name: it\n  user:\n    token: {}\n",
        ground.server, ground.ca, ground.viewer
    );
    let pretty = serde_json::to_string_pretty(&viewer)
        .expect("JSON")
        .replace("  ", "\t");
    check(vec![
        chosen(
            "a chosen context",
            push("contexts", json!({ "name": "b", "context": {} })),
            Both(VIEWER),
        )
        .context("it"),
        chosen(
            "an unknown context",
            viewer.clone(),
            Neither(&["named x", "--context: it"]),
        )
        .context("x"),
        chosen(
            "an unknown current context",
            changed(&|f| f["current-context"] = json!("x")),
            Neither(&["named x"]),
        ),
        chosen(
            "several contexts and none current",
            push("contexts", json!({ "name": "b", "context": {} }))
                .as_object()
                .map(|file| {
                    file.iter()
                        .filter(|(name, _)| *name != "current-context")
                        .map(|(n, v)| (n.clone(), v.clone()))
                        .collect()
                })
                .expect("an object"),
            Neither(&["--context: it, b", "current-context"]),
        ),
        chosen(
            "an empty context in use",
            push("contexts", json!({ "name": "b", "context": {} })),
            Neither(&["context b"]),
        )
        .context("b"),
        chosen(
            "other entries are odd",
            push("contexts", json!({})),
            Both(VIEWER),
        ),
        chosen(
            "another user's command is invalid",
            push("users", json!({ "name": "b", "user": { "exec": {} } })),
            Both(VIEWER),
        ),
        chosen(
            "another cluster has a proxy",
            push(
                "clusters",
                json!({ "name": "b", "cluster": { "proxy-url": "http://127.0.0.1:1" } }),
            ),
            Both(VIEWER),
        ),
        chosen(
            "another user's token is a list",
            push(
                "users",
                json!({ "name": "b", "user": { "token": ["sentinel"] } }),
            ),
            Ours(VIEWER),
        ),
        chosen(
            "two other users have one name",
            push("users", json!({ "name": "b" }))
                .pointer_mut("/users")
                .map(|users| {
                    users
                        .as_array_mut()
                        .expect("a list")
                        .push(json!({ "name": "b" }));
                    changed(&|file| file["users"] = users.clone())
                })
                .expect("users"),
            Ours(VIEWER),
        ),
        chosen(
            "two users in use have one name",
            push("users", json!({ "name": "it" })),
            Neither(&["user it", "two entries"]),
        ),
        chosen(
            "a token of the wrong type",
            ground.user(&json!({ "token": 5 })),
            Neither(&["user it, field token", "quotes"]),
        ),
        chosen(
            "a name that is a number",
            changed(&|f| f["contexts"][0]["name"] = json!(5)),
            Neither(&["context"]),
        ),
        chosen(
            "another kind",
            changed(&|f| f["kind"] = json!("Secret")),
            Neither(&["field kind"]),
        ),
        chosen(
            "another version",
            changed(&|f| f["apiVersion"] = json!("v2")),
            Neither(&["field apiVersion"]),
        ),
        chosen(
            "no kind and unknown fields",
            changed(&|f| {
                f["kind"] = json!(null);
                f["x"] = json!(1);
            }),
            Both(VIEWER),
        ),
        chosen(
            "a user that doesn't exist",
            changed(&|f| f["users"] = json!([])),
            Neither(&["no user named it"]),
        ),
        chosen(
            "a cluster that doesn't exist",
            changed(&|f| f["clusters"] = json!([])),
            Neither(&["no cluster named it"]),
        ),
        chosen(
            "a context without a user",
            changed(&|f| f["contexts"][0]["context"] = json!({ "cluster": "it" })),
            Neither(&["no credential"]),
        ),
        single("repeated keys", &yaml, Both(VIEWER)),
        single(
            "line ends of Windows",
            yaml.replace('\n', "\r\n"),
            Both(VIEWER),
        ),
        single("JSON with tabs", pretty, Both(VIEWER)),
        single(
            "a second document",
            format!("{yaml}---\nx: [1]\n"),
            Both(VIEWER),
        ),
    ])
    .await;
}
