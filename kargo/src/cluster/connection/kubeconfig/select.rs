//! The entries in use: which context counts, and which file each entry comes from. The first file that names an entry wins, whole.

use std::path::PathBuf;

use super::{
    super::connect_error::{ConnectError, OTHER_FILE},
    fields::{Fields, WrongType},
    file::{Entry, File},
};

/// The entries in use.
pub(super) struct InUse<'a> {
    /// Name of the context.
    pub context: String,
    pub cluster: Located<'a>,
    /// `None` if the context names no user.
    pub user: Option<Located<'a>>,
}

/// An entry, and the file that it comes from.
#[derive(Clone, Copy)]
pub(super) struct Located<'a> {
    pub file: &'a File,
    pub entry: &'a Entry,
}

impl Located<'_> {
    /// The error of a field of this entry. `kind`: `cluster`, `user` or `context`.
    pub fn error(
        &self,
        kind: &str,
        field: &str,
        why: impl Into<String>,
        next: impl Into<String>,
    ) -> ConnectError {
        let name = format!("{kind} {}, field {field}", self.entry.name);
        ConnectError::field(&self.file.path, name, why, next)
    }

    /// The error of a field of the wrong type.
    pub fn wrong_type(&self, kind: &str, wrong: WrongType) -> ConnectError {
        self.error(kind, &wrong.field, wrong.why, OTHER_FILE)
    }
}

/// Chooses the context: the wanted one, else the first current context of the files. `None` if the files say nothing at all.
pub(super) fn select<'a>(
    files: &'a [File],
    wanted: Option<&str>,
) -> Result<Option<InUse<'a>>, ConnectError> {
    let wanted = wanted.filter(|name| !name.is_empty());
    if wanted.is_none() && files.iter().all(File::is_empty) {
        return Ok(None);
    }
    let paths = || -> Vec<PathBuf> { files.iter().map(|file| file.path.clone()).collect() };
    let mut current = files
        .iter()
        .filter_map(|file| file.current_context.as_deref());
    let Some(name) = wanted.or_else(|| current.next()) else {
        return Err(ConnectError::NoContext {
            paths: paths(),
            contexts: contexts(files),
        });
    };
    let Some(context) = find(files, |file| &file.contexts, "context", name)? else {
        return Err(ConnectError::UnknownContext {
            paths: paths(),
            name: name.to_owned(),
            contexts: contexts(files),
        });
    };
    let names = |field: &str| {
        Fields::of(&context.entry.body, "")
            .and_then(|fields| fields.text(field))
            .map_err(|wrong| context.wrong_type("context", wrong))
    };
    let missing = |field: &str, why: String| {
        context.error(
            "context",
            field,
            why,
            "Add the entry, or choose another context with --context.",
        )
    };
    let Some(cluster) = names("cluster")? else {
        return Err(missing("cluster", "it names no cluster".to_owned()));
    };
    let cluster = find(files, |file| &file.clusters, "cluster", cluster)?
        .ok_or_else(|| missing("cluster", format!("there is no cluster named {cluster}")))?;
    let user = match names("user")? {
        None => None,
        Some(user) => Some(
            find(files, |file| &file.users, "user", user)?
                .ok_or_else(|| missing("user", format!("there is no user named {user}")))?,
        ),
    };
    Ok(Some(InUse {
        context: name.to_owned(),
        cluster,
        user,
    }))
}

fn find<'a>(
    files: &'a [File],
    entries: impl Fn(&'a File) -> &'a Vec<Entry>,
    kind: &str,
    name: &str,
) -> Result<Option<Located<'a>>, ConnectError> {
    for file in files {
        let mut named = entries(file).iter().filter(|entry| entry.name == name);
        if let Some(entry) = named.next() {
            return match named.next() {
                None => Ok(Some(Located { file, entry })),
                Some(_) => Err(ConnectError::field(
                    &file.path,
                    format!("{kind} {name}"),
                    "two entries have this name",
                    "Remove or rename one of them.",
                )),
            };
        }
    }
    Ok(None)
}

/// Names of all contexts, without repetitions.
fn contexts(files: &[File]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for entry in files.iter().flat_map(|file| &file.contexts) {
        if !names.contains(&entry.name) {
            names.push(entry.name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn file(path: &str, text: &str) -> File {
        File::parse(Path::new(path), text.as_bytes()).expect("a kubeconfig")
    }

    /// Context, and the files of cluster and user.
    fn chosen(files: &[File], wanted: Option<&str>) -> Result<Option<String>, ConnectError> {
        let path = |located: &Located<'_>| located.file.path.display().to_string();
        Ok(select(files, wanted)?.map(|used| {
            let user = used.user.map_or_else(|| "-".to_owned(), |user| path(&user));
            format!("{} {} {user}", used.context, path(&used.cluster))
        }))
    }

    const ONE: &str = "{contexts: [{name: a, context: {cluster: c, user: u}}, {name: b, context: {cluster: c}}, {name: odd}], clusters: [{name: c}]}";

    #[test]
    fn the_first_file_that_names_an_entry_wins() {
        let files = [
            file("/1", ONE),
            file(
                "/2",
                "{current-context: a, users: [{name: u}], clusters: [{name: c}]}",
            ),
            file("/3", "{current-context: b, users: [{name: u}]}"),
        ];
        let text = |wanted| chosen(&files, wanted).expect("a context");
        assert_eq!(text(None).as_deref(), Some("a /1 /2"));
        assert_eq!(text(Some("")).as_deref(), Some("a /1 /2"));
        assert_eq!(text(Some("b")).as_deref(), Some("b /1 -"));
    }

    #[test]
    fn nothing_at_all_is_no_error() {
        assert_eq!(chosen(&[], None).expect("nothing"), None);
        assert_eq!(chosen(&[file("/1", "")], None).expect("nothing"), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        let files = [file("/1", ONE)];
        for (files, wanted, named) in [
            (&files[..], None, &["--context", "a, b, odd"][..]),
            (&files, Some("x"), &["/1", "named x", "--context"]),
            (&files, Some("a"), &["/1", "no user named u"]),
            (&files, Some("odd"), &["/1", "context odd", "no cluster"]),
            (&[], Some("x"), &["named x"]),
            (
                &[file(
                    "/1",
                    "{current-context: a, contexts: [{name: a, context: {cluster: 5}}]}",
                )],
                None,
                &["context a, field cluster", "quotes"],
            ),
            (
                &[file(
                    "/1",
                    "{current-context: a, contexts: [{name: a}, {name: a}]}",
                )],
                None,
                &["context a", "two entries"],
            ),
            (
                &[file(
                    "/1",
                    "{current-context: a, contexts: [{name: a, context: {cluster: c}}]}",
                )],
                None,
                &["no cluster named c"],
            ),
        ] {
            let error = chosen(files, wanted).expect_err("incomplete").to_string();
            for part in named {
                assert!(error.contains(part), "{error}");
            }
        }
    }
}
