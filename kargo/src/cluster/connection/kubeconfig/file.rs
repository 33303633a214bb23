//! One kubeconfig file: YAML or JSON with named entries. Entries are read further only if they are in use.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{
    super::{
        connect_error::{ConnectError, OTHER_FILE},
        yaml,
    },
    fields::{Fields, WrongType},
};

/// A file's content.
pub(super) struct File {
    /// Absolute path of the file.
    pub path: PathBuf,
    /// Name of the current context.
    pub current_context: Option<String>,
    /// Clusters, users and contexts by name, in the file's order.
    pub clusters: Vec<Entry>,
    pub users: Vec<Entry>,
    pub contexts: Vec<Entry>,
}

/// A named entry that was not judged yet.
pub(super) struct Entry {
    pub name: String,
    pub body: Value,
}

impl File {
    /// Parses a file. An empty one is valid.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ConnectError> {
        let content = content(path, bytes)?;
        Self::of(path, &content).map_err(|WrongType { field, why }| {
            ConnectError::field(path, format!("field {field}"), why, OTHER_FILE)
        })?
    }

    fn of(path: &Path, content: &Value) -> Result<Result<Self, ConnectError>, WrongType> {
        let top = Fields::of(content, "")?;
        for (name, expected) in [("kind", "Config"), ("apiVersion", "v1")] {
            if top.text(name)?.is_some_and(|found| found != expected) {
                let why = format!("a kubeconfig has {expected} here");
                let error = ConnectError::field(path, format!("field {name}"), why, OTHER_FILE);
                return Ok(Err(error));
            }
        }
        Ok(Ok(Self {
            path: path.to_owned(),
            current_context: top.text("current-context")?.map(str::to_owned),
            clusters: entries(top.list("clusters")?, "cluster"),
            users: entries(top.list("users")?, "user"),
            contexts: entries(top.list("contexts")?, "context"),
        }))
    }

    /// `true` if the file says nothing.
    pub fn is_empty(&self) -> bool {
        self.current_context.is_none()
            && self.clusters.is_empty()
            && self.users.is_empty()
            && self.contexts.is_empty()
    }
}

/// Entries with a name. Others can't be in use.
fn entries(list: &[Value], kind: &str) -> Vec<Entry> {
    let entry = |value: &Value| {
        let name = value.get("name")?.as_str()?.to_owned();
        let body = value.get(kind).cloned().unwrap_or(Value::Null);
        Some(Entry { name, body })
    };
    list.iter().filter_map(entry).collect()
}

fn content(path: &Path, bytes: &[u8]) -> Result<Value, ConnectError> {
    if let Ok(json) = serde_json::from_slice(bytes) {
        return Ok(json);
    }
    yaml::parse(bytes).map_err(|line| {
        let line = line.map(|line| format!(" (line {line})"));
        let why = format!("it is not valid YAML{}", line.unwrap_or_default());
        ConnectError::file(path, why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<File, ConnectError> {
        File::parse(Path::new("/kubeconfig"), text.as_bytes())
    }

    #[test]
    fn odd_entries_are_not_judged() {
        let file = parse(
            "{current-context: a, contexts: [{name: a, context: {user: u, user: v}}, {name: b}, {}, 5], users: [{name: u, user: {token: [1]}}]}",
        )
        .expect("a kubeconfig");
        assert_eq!(file.current_context.as_deref(), Some("a"));
        let names: Vec<_> = file
            .contexts
            .iter()
            .map(|entry| entry.name.as_str())
            .collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(file.contexts[0].body["user"], "v");
        assert_eq!(file.contexts[1].body, Value::Null);
    }

    #[test]
    fn yaml_and_json_are_read() {
        for text in [
            "current-context: x",
            "{\n\t\"current-context\": \"x\"\n}",
            "apiVersion: v1\nkind: Config\ncurrent-context: x\nusers: null\n",
            "current-context: x\n---\ncurrent-context: y\n",
            "current-context: x\r\n",
            "preferences: {}\nextra: [1]\ncurrent-context: &a x\n",
        ] {
            let file = parse(text).expect(text);
            assert_eq!(file.current_context.as_deref(), Some("x"), "{text}");
        }
        for text in ["", "# nothing\n", "---\n", "{}", "clusters: []"] {
            assert!(parse(text).expect(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_no_kubeconfig_is_named_and_not_quoted() {
        for (text, named) in [
            ("users: [{ user: { token: [sentinel", "valid YAML"),
            ("users: sentinel", "field users"),
            ("kind: sentinel", "field kind"),
            ("apiVersion: v2", "field apiVersion"),
            ("current-context: 5", "field current-context"),
            ("- sentinel", "expected"),
        ] {
            let error = parse(text).err().expect(text);
            let all = format!("{error} {error:?}");
            assert!(all.contains(named), "{all}");
            assert!(
                !all.contains("sentinel") && all.contains("/kubeconfig"),
                "{all}"
            );
        }
        assert!(File::parse(Path::new("/k"), b"a: \xff").is_err());
    }
}
