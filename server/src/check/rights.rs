//! What the identity itself may do with tokens: what people may do who sign in locally.

use futures::{StreamExt, stream};
use kargo::{
    cluster::{Cluster, Error, Question},
    name::ProjectName,
    scope::Scope,
};

use super::{Finding, Level};

/// Projects that are asked about. The rights are usually the same in all of them.
const PROJECTS: usize = 20;
/// Questions at the same time.
const AT_ONCE: usize = 8;
/// The subject of these findings.
const ABOUT: &str = "rights";

/// A right, what it is for, and how much its lack matters.
struct Need {
    verb: &'static str,
    resource: &'static str,
    without: &'static str,
    level: Level,
}

const fn need(
    verb: &'static str,
    resource: &'static str,
    without: &'static str,
    level: Level,
) -> Need {
    Need {
        verb,
        resource,
        without,
        level,
    }
}

/// Rights that commands need in the namespace of a scope.
const NEEDS: [Need; 8] = [
    need("list", "secrets", "no token is shown", Level::Problem),
    need(
        "watch",
        "secrets",
        "pages show changes of others late",
        Level::Warning,
    ),
    need("get", "secrets", "no token can be changed", Level::Warning),
    need(
        "create",
        "secrets",
        "no token can be created",
        Level::Warning,
    ),
    need(
        "patch",
        "secrets",
        "no token can be revealed or suspended, and no deletion undone",
        Level::Warning,
    ),
    need(
        "delete",
        "secrets",
        "no token can be deleted",
        Level::Warning,
    ),
    need(
        "list",
        "serviceaccounts",
        "roles are not shown",
        Level::Warning,
    ),
    need(
        "create",
        "serviceaccounts/token",
        "no token can expire",
        Level::Warning,
    ),
];

/// Rights of the identity in Kargo's namespace, and in projects.
pub async fn of_identity(cluster: &Cluster, projects: Vec<ProjectName>) -> Vec<Finding> {
    let (all, asked) = (projects.len(), projects.len().min(PROJECTS));
    let scopes = projects.into_iter().take(PROJECTS).map(Scope::Project);
    let scopes = [Scope::System].into_iter().chain(scopes);
    let mut findings: Vec<_> = stream::iter(scopes)
        .map(|scope| async move { in_scope(cluster, &scope).await })
        .buffered(2)
        .collect()
        .await;
    if asked < all {
        findings.push(Finding::ok(
            ABOUT,
            format!("asked about the first {asked} of {all} projects only"),
        ));
    }
    findings
}

async fn in_scope(cluster: &Cluster, scope: &Scope) -> Finding {
    let namespace = cluster.namespace(scope);
    let answers: Vec<Result<bool, Error>> = stream::iter(&NEEDS)
        .map(|need| {
            cluster.allows(Question {
                namespace,
                verb: need.verb,
                resource: need.resource,
                name: "",
            })
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let answers: Result<Vec<bool>, Error> = answers.into_iter().collect();
    match answers {
        Ok(answers) => judged(namespace, &answers),
        Err(error) => Finding::of(Level::Warning, ABOUT, &error),
    }
}

/// Judges what is allowed of the needs, in their order.
fn judged(namespace: &str, answers: &[bool]) -> Finding {
    let right = |need: &Need| format!("{} {}", need.verb, need.resource);
    let (have, lack): (Vec<_>, Vec<_>) = NEEDS
        .iter()
        .zip(answers)
        .partition(|(_, is_allowed)| **is_allowed);
    let have: Vec<_> = have.iter().map(|(need, _)| right(need)).collect();
    let may = if have.is_empty() {
        format!("in namespace {namespace}: none")
    } else {
        format!("in namespace {namespace}: {}", have.join(", "))
    };
    let Some(level) = lack.iter().map(|(need, _)| need.level).max() else {
        return Finding::ok(ABOUT, may);
    };
    let lack: Vec<_> = lack
        .iter()
        .map(|(need, _)| format!("{} ({})", right(need), need.without))
        .collect();
    let next = format!("Grant, if people need it: {}.", lack.join(", "));
    Finding {
        level,
        ..Finding::warning(ABOUT, may, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_important_missing_right_decides() {
        let without = |missing: &[usize]| {
            let answers: Vec<_> = (0..NEEDS.len()).map(|n| !missing.contains(&n)).collect();
            judged("kargo", &answers)
        };
        assert_eq!(without(&[]).level, Level::Ok);
        assert_eq!(without(&[0]).level, Level::Problem);
        let mint = without(&[7]);
        assert_eq!(mint.level, Level::Warning);
        assert_eq!(
            mint.next,
            "Grant, if people need it: create serviceaccounts/token (no token can expire)."
        );
        assert!(mint.found.ends_with("delete secrets, list serviceaccounts"));
        let none = without(&[0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(none.level, Level::Problem);
        assert_eq!(none.found, "in namespace kargo: none");
    }
}
