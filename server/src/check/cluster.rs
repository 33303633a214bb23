//! What the API server answers.

use kargo::{
    cluster::{Cluster, Error},
    name::RoleName,
    scope::Scope,
};

use super::{Finding, Level, rights, sign_in};
use crate::config::Config;

/// Seconds that clocks may differ without any effect that people see.
const SAME: i64 = 5;
/// Seconds that clocks may differ before sign-ins fail.
const BORNE: i64 = 300;

/// Everything that takes the cluster.
pub async fn findings(config: &Config, cluster: &Cluster) -> Vec<Finding> {
    let server = cluster.endpoint().server;
    let version = match cluster.version_text().await {
        Ok(version) => version,
        // Every other request would fail, too.
        Err(error) => return vec![Finding::of(Level::Problem, "API server", &error)],
    };
    let mut findings = vec![Finding::ok(
        "API server",
        format!("Kubernetes {version} at {server}"),
    )];
    if let Err(error) = config.check_server(&server) {
        findings.push(Finding::problem("API server", error.to_string(), ""));
    }
    findings.push(match cluster.features().await {
        Ok(features) if features.suspend => {
            Finding::ok("suspension", "the API server refuses suspended tokens")
        }
        Ok(_) => Finding::warning(
            "suspension",
            "Kubernetes before 1.29 accepts suspended tokens, so tokens can't be suspended, and deletions can't be undone",
            "Upgrade the cluster to 1.29 or newer.",
        ),
        Err(error) => Finding::of(Level::Warning, "suspension", &error),
    });
    findings.push(clock(cluster).await);
    match cluster.whoami().await {
        Ok(identity) => findings.push(Finding::ok("identity", identity.user)),
        Err(error) => {
            findings.push(Finding::of(Level::Problem, "identity", &error));
            return findings;
        }
    }
    let (roles, projects) = futures::join!(
        cluster.list_role_names(&Scope::System),
        cluster.list_projects()
    );
    let namespace = cluster.namespace(&Scope::System);
    findings.push(match &roles {
        Ok(roles) if roles.is_empty() => Finding::problem(
            "Kargo",
            format!("no system role of Kargo in namespace {namespace}"),
            "Name the namespace of Kargo with --namespace, or install Kargo.",
        ),
        Ok(roles) => {
            let names: Vec<_> = roles.iter().map(RoleName::as_str).collect();
            Finding::ok(
                "Kargo",
                format!(
                    "system roles in namespace {namespace}: {}",
                    names.join(", ")
                ),
            )
        }
        Err(error) => Finding::of(Level::Warning, "Kargo", error),
    });
    findings.push(match &projects {
        Ok(projects) => Finding::ok("projects", projects.len().to_string()),
        Err(error) if is_forbidden(error) => Finding::warning(
            "projects",
            "they can't be listed, so people type a project's name",
            "Grant list on namespaces to show them.",
        ),
        Err(error) => Finding::of(Level::Warning, "projects", error),
    });
    findings.push(tracking(cluster).await);
    if config.ways().local {
        findings.extend(rights::of_identity(cluster, projects.unwrap_or_default()).await);
    }
    findings.extend(sign_in::revocations(config, cluster).await);
    findings.extend(sign_in::impersonation(config, cluster, roles.unwrap_or_default()).await);
    findings
}

pub fn is_forbidden(error: &Error) -> bool {
    error.is_lack_of_right() || matches!(error, Error::NotImpersonated(_))
}

async fn clock(cluster: &Cluster) -> Finding {
    const ABOUT: &str = "clock";
    match cluster.clock_ahead().await {
        Ok(ahead) => judged(ahead.as_secs()),
        Err(error) => Finding::of(Level::Warning, ABOUT, &error),
    }
}

/// Judges by how many seconds the local clock is ahead.
pub fn judged(ahead: i64) -> Finding {
    const ABOUT: &str = "clock";
    let (by, direction) = (ahead.abs(), if ahead < 0 { "behind" } else { "ahead of" });
    let found = format!("{by} s {direction} the API server's");
    let next = "Synchronize the clocks of this machine and of the API server (NTP).";
    match by {
        _ if by <= SAME => Finding::ok(ABOUT, "the same as the API server's"),
        _ if by <= BORNE => Finding::warning(ABOUT, found, next),
        _ => Finding::problem(
            ABOUT,
            format!("{found}, so sign-ins with OIDC may fail"),
            next,
        ),
    }
}

async fn tracking(cluster: &Cluster) -> Finding {
    const ABOUT: &str = "last use";
    match cluster.tracking_since().await {
        Ok(Some(since)) => Finding::ok(ABOUT, format!("recorded since {since}")),
        // Hardly anybody may read it, and nobody has to.
        Ok(None) => Finding::ok(
            ABOUT,
            "recorded; since which day can't be read (get on the ConfigMap kube-apiserver-legacy-service-account-token-tracking in kube-system)",
        ),
        Err(error) => Finding::of(Level::Warning, ABOUT, &error),
    }
}
