//! What people sign in with: keys, certificates, the issuer, and the roles that the program acts as.

use std::time::Duration;

use app::sign_in::OidcMode;
use kargo::{
    cluster::{Cluster, Question},
    identity::ServiceAccountRef,
    name::{ProjectName, RoleName},
    scope::Scope,
};
use tokio::time::timeout;

use super::{Finding, Level};
use crate::config::{Config, Way};

/// Time for the issuer's answer.
const ISSUER_WITHIN: Duration = Duration::from_secs(15);

/// Files that the options name. Their content is never printed.
pub fn files(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    match config.tls() {
        Ok(None) => {}
        Ok(Some(_)) => findings.push(Finding::ok("TLS", "certificate and key fit together")),
        Err(error) => findings.push(Finding::problem("TLS", error.to_string(), "")),
    }
    findings.push(match (config.sessions(config.listen), &config.session_keys) {
        (Err(error), _) => Finding::problem("session keys", error.to_string(), ""),
        (Ok(_), Some(file)) => Finding::ok("session keys", format!("read from {}", file.display())),
        (Ok(_), None) if config.sign_in == [Way::Local] => {
            Finding::ok("session keys", "of this process only, as for one person")
        }
        (Ok(_), None) => Finding::warning(
            "session keys",
            "none are named, so a restart signs everybody out, and replicas don't accept each other's sessions",
            "Name a file with --session-keys.",
        ),
    });
    if config.forgets_sign_outs() {
        findings.push(Finding::warning(
            "sign-outs",
            "after a restart, cookies of signed-out sessions are valid again",
            "Name a ConfigMap with --revocations.",
        ));
    }
    findings
}

/// The ConfigMap of sign-outs.
pub async fn revocations(config: &Config, cluster: &Cluster) -> Option<Finding> {
    const ABOUT: &str = "sign-outs";
    let at = config.revocations.as_ref()?;
    if let Err(error) = cluster.get_config_map(at).await {
        let error = Config::revocations_error(at.clone(), &error);
        return Some(Finding::problem(ABOUT, error.to_string(), ""));
    }
    let mut lack = Vec::new();
    for verb in ["watch", "patch"] {
        let question = Question {
            namespace: at.namespace.as_str(),
            verb,
            resource: "configmaps",
            name: at.name.as_str(),
        };
        match cluster.allows(question).await {
            Ok(true) => {}
            Ok(false) => lack.push(verb),
            Err(error) => return Some(Finding::of(Level::Warning, ABOUT, &error)),
        }
    }
    Some(if lack.is_empty() {
        Finding::ok(
            ABOUT,
            format!("told to all replicas through the ConfigMap {at}"),
        )
    } else {
        Finding::problem(
            ABOUT,
            format!("no right to {} the ConfigMap {at}", lack.join(" and ")),
            "Create its Role: docs/SIGN_IN.md, Sign-outs on several replicas.",
        )
    })
}

/// Whether the program may act as Kargo's system roles, for people who sign in with OIDC.
pub async fn impersonation(
    config: &Config,
    cluster: &Cluster,
    roles: Vec<RoleName>,
) -> Vec<Finding> {
    const ABOUT: &str = "acting as roles";
    if config.ways().oidc != Some(OidcMode::Mapped) {
        return vec![];
    }
    let mut findings = Vec::new();
    for resource in ["namespaces", "serviceaccounts"] {
        for verb in ["list", "watch"] {
            let question = Question {
                namespace: "",
                verb,
                resource,
                name: "",
            };
            match cluster.allows(question).await {
                Ok(true) => {}
                Ok(false) => findings.push(Finding::problem(
                    ABOUT,
                    format!("the program itself may not {verb} {resource} in all namespaces, so nobody's roles are found"),
                    "Apply what kargo-tokens roles prints.",
                )),
                Err(error) => findings.push(Finding::of(Level::Warning, ABOUT, &error)),
            }
        }
    }
    let namespace: Option<ProjectName> = cluster.namespace(&Scope::System).parse().ok();
    let Some(namespace) = namespace else {
        return findings;
    };
    let mut tried = Vec::new();
    for name in roles {
        let namespace = namespace.clone();
        let account = ServiceAccountRef { namespace, name };
        let result = Box::pin(cluster.try_to_act_as(&account)).await;
        tried.push((account, result));
    }
    // An administrator may leave roles out.
    let level = if tried.iter().any(|(_, result)| result.is_ok()) {
        Level::Warning
    } else {
        Level::Problem
    };
    findings.extend(tried.into_iter().map(|(account, result)| match result {
        Ok(()) => Finding::ok(ABOUT, account.to_string()),
        Err(error) => Finding {
            next:
                "Apply what kargo-tokens roles prints, if people sign in as this role.".to_owned(),
            ..Finding::of(level, ABOUT, &error)
        },
    }));
    findings
}

/// The issuer that people sign in with.
pub async fn issuer(config: &Config) -> Option<Finding> {
    const ABOUT: &str = "OIDC issuer";
    let oidc = match config.oidc(config.listen) {
        Ok(oidc) => oidc?,
        Err(error) => return Some(Finding::problem(ABOUT, error.to_string(), "")),
    };
    let next = "Compare --oidc-issuer-url with api.oidc.issuerURL of Kargo's chart, and look at --oidc-ca.";
    Some(match timeout(ISSUER_WITHIN, oidc.discover()).await {
        Ok(Ok(())) => Finding::ok(ABOUT, "it answers with what sign-ins need"),
        Ok(Err(error)) => Finding::problem(ABOUT, error.to_string(), next),
        Err(_) => Finding::problem(ABOUT, "it does not answer in time", next),
    })
}
