//! Policies, webhooks and quotas that refuse what a person may do: who refuses is told, what was done is told, and the person isn't blamed.

use kargo::{
    cluster::Error,
    problem::{Kind, Problem},
};

use super::support::{
    admission::REASON,
    deletions::HOUR,
    project::{Project, in_a_project},
};

/// Bytes of all annotations of an object that Kubernetes takes.
const MOST: usize = 256 * 1024;

async fn creation_problem(project: &Project) -> Problem {
    let created = project.try_create("new", None).await;
    created.expect_err("refused").problem()
}

#[tokio::test]
async fn a_policys_own_words_are_quoted() {
    in_a_project(async |project| {
        let policy = project.refuse("CREATE").await;
        let problem = creation_problem(project).await;
        assert_eq!(problem.kind, Kind::Forbidden, "{problem:?}");
        assert!(problem.message.contains("The policy test-"), "{problem:?}");
        let quote = problem.quote.as_deref().unwrap_or_default();
        assert!(quote.contains(REASON), "{problem:?}");
        assert!(problem.hint.contains("Nothing was changed"), "{problem:?}");
        policy.lift().await;
    })
    .await;
}

#[tokio::test]
async fn a_webhook_that_does_not_answer_is_named() {
    in_a_project(async |project| {
        project.check_by_silent_webhook().await;
        let problem = creation_problem(project).await;
        assert_eq!(problem.kind, Kind::Unavailable, "{problem:?}");
        assert!(problem.message.contains("check.example.com"), "{problem:?}");
        project.remove_webhook().await;
    })
    .await;
}

#[tokio::test]
async fn a_used_up_quota_is_named() {
    in_a_project(async |project| {
        project.use_up_quota().await;
        let problem = creation_problem(project).await;
        assert_eq!(problem.kind, Kind::Forbidden, "{problem:?}");
        assert!(problem.message.contains("The quota few"), "{problem:?}");
    })
    .await;
}

#[tokio::test]
async fn a_deletion_that_a_policy_keeps_from_its_undo_names_the_other_way() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let policy = project.refuse("UPDATE").await;
        let refused = project.try_begin_deletion(&token, HOUR).await;
        let problem = refused.expect_err("refused").problem();
        assert!(problem.hint.contains("Delete at once"), "{problem:?}");
        assert!(project.has(&token).await);
        project.delete(&token).await;
        policy.lift().await;
    })
    .await;
}

#[tokio::test]
async fn a_compromised_token_ends_though_a_policy_refuses_every_change() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let policy = project.refuse("UPDATE").await;
        let new = project.compromise(&old).await;
        assert_eq!(new.replaces.as_ref(), Some(&old.name));
        assert!(!project.has(&old).await);
        policy.lift().await;
    })
    .await;
}

#[tokio::test]
async fn a_compromised_token_is_stopped_though_no_successor_can_be_created() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        project.use_up_quota().await;
        let target = project.token_ref(&old);
        let result = Box::pin(project.cluster.compromise_token(&target, None)).await;
        let error = result.expect_err("no successor");
        assert!(
            matches!(
                error,
                Error::NoReplacement {
                    is_deleted: false,
                    ..
                }
            ),
            "{error}"
        );
        let problem = error.problem();
        assert!(problem.message.contains("is suspended"), "{problem:?}");
        assert!(!problem.hint.contains("Nothing was"), "{problem:?}");
        assert!(problem.quote.is_some(), "{problem:?}");
        assert!(project.token(&old.name).await.is_compromised);
    })
    .await;
}

#[tokio::test]
async fn full_annotations_are_told_with_the_way_out() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let annotations = project.secret(&token.name).await.metadata.annotations;
        let used: usize = annotations
            .iter()
            .flatten()
            .map(|(key, text)| key.len() + text.len())
            .sum();
        let key = "example.com/much";
        let rest = "x".repeat(MOST - used - key.len());
        project
            .annotate(&token, serde_json::json!({ (key): rest }))
            .await;
        let refused = project.try_begin_deletion(&token, HOUR).await;
        let problem = refused.expect_err("refused").problem();
        assert!(
            problem
                .message
                .contains("annotations of the Secret are full"),
            "{problem:?}"
        );
        assert!(problem.hint.contains("Delete at once"), "{problem:?}");
        project.delete(&token).await;
    })
    .await;
}
