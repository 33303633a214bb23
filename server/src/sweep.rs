//! `kargo-tokens sweep`: runs one sweep and prints one line per token. [`Cluster::sweep`] decides which tokens are due and deletes them.

use std::{fmt::Write as _, io::Write, process::ExitCode};

use kargo::{
    cluster::{Cluster, Error, SweptToken},
    scope::Scope,
    token::CleanupReason,
};

/// Runs one sweep. Fails if a due token could not be deleted or a scope could not be listed. Tokens that need a person's decision, such as
/// one whose successor is gone, are no failure.
pub async fn run(
    cluster: &Cluster,
    only: Option<Scope>,
    dry_run: bool,
    mut out: impl Write,
) -> ExitCode {
    // The sweep continues if the reader closes the output; the log has the same information.
    let mut print = |text: &str| {
        let _ = writeln!(out, "{text}");
    };
    let (mut done, mut needs_decision, mut failed) = (0, 0, 0);
    let swept = cluster
        .sweep(only, dry_run, |swept| {
            print(&line(&swept, dry_run));
            match log(&swept, dry_run) {
                SweepOutcome::Done => done += 1,
                SweepOutcome::NeedsDecision => needs_decision += 1,
                SweepOutcome::Failed => failed += 1,
            }
        })
        .await;
    if let Err(error) = &swept {
        tracing::error!(%error, "sweep incomplete");
        print(&format!("sweep incomplete: {error}"));
    }
    // After an error, "nothing is due" could be false.
    if swept.is_ok() || done + needs_decision + failed > 0 {
        print(&summary(done, needs_decision + failed, dry_run));
    }
    if failed == 0 && swept.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Result of sweeping one token.
enum SweepOutcome {
    Done,
    /// A person has to decide; the exit code stays zero.
    NeedsDecision,
    Failed,
}

fn log(swept: &SweptToken, dry_run: bool) -> SweepOutcome {
    let SweptToken {
        token,
        reason,
        result,
    } = swept;
    let (scope, name) = (&token.scope, &token.name);
    match result {
        Ok(()) => {
            let action = if dry_run { "would be swept" } else { "swept" };
            tracing::info!(%scope, %name, ?reason, "{action}");
            SweepOutcome::Done
        }
        Err(error @ (Error::SuccessorGone(_) | Error::Terminating(_) | Error::NotARole { .. })) => {
            tracing::warn!(%scope, %name, ?reason, %error, "not swept: needs a person's decision");
            SweepOutcome::NeedsDecision
        }
        Err(error) => {
            tracing::error!(%scope, %name, ?reason, %error, "not swept");
            SweepOutcome::Failed
        }
    }
}

/// Formats the output line of one token.
fn line(swept: &SweptToken, dry_run: bool) -> String {
    let SweptToken {
        token,
        reason,
        result,
    } = swept;
    let action = match (result, dry_run) {
        (Err(_), _) => "not deleted",
        (Ok(()), true) => "would delete",
        (Ok(()), false) => "deleted",
    };
    let reason = match reason {
        CleanupReason::Deletion => "its deletion was due",
        CleanupReason::Retirement => "the overlap with its successor is over",
        CleanupReason::Expiry => "it has expired",
        CleanupReason::Compromise => "its value is in the wrong hands",
    };
    let mut line = format!("{action} {} token {} ({reason})", token.scope, token.name);
    if let Err(error) = result {
        // Writing to a `String` never fails.
        let _ = write!(line, ": {error}");
    }
    line
}

fn summary(done: usize, failed: usize, dry_run: bool) -> String {
    let tokens = |n: usize| match n {
        1 => "1 token".to_owned(),
        n => format!("{n} tokens"),
    };
    match (done, failed, dry_run) {
        (0, 0, _) => "nothing is due".to_owned(),
        (done, _, true) => format!("{} would be deleted", tokens(done)),
        (done, 0, false) => format!("{} deleted", tokens(done)),
        (done, failed, false) => format!("{} deleted, {failed} not", tokens(done)),
    }
}

#[cfg(test)]
mod tests {
    use kargo::token::{TokenRef, Uid};

    use super::*;

    fn swept(scope: &str, reason: CleanupReason, result: Result<(), Error>) -> SweptToken {
        SweptToken {
            token: TokenRef {
                scope: scope.parse().expect("a scope"),
                role: "ci".to_owned(),
                name: "ci-7f3kq".parse().expect("a name"),
                uid: Uid("1".to_owned()),
            },
            reason,
            result,
        }
    }

    #[test]
    fn each_token_has_one_line() {
        let lines = [
            line(
                &swept("projects/demo", CleanupReason::Deletion, Ok(())),
                false,
            ),
            line(&swept("system", CleanupReason::Retirement, Ok(())), true),
            line(
                &swept("system", CleanupReason::Expiry, Err(Error::TooOld)),
                false,
            ),
        ];
        assert_eq!(
            lines,
            [
                "deleted projects/demo token ci-7f3kq (its deletion was due)",
                "would delete system token ci-7f3kq (the overlap with its successor is over)",
                "not deleted system token ci-7f3kq (it has expired): This cluster is older than Kubernetes 1.29 and goes on \
                 accepting suspended tokens.",
            ]
        );
    }

    #[test]
    fn the_summary_counts_tokens() {
        assert_eq!(summary(0, 0, true), "nothing is due");
        assert_eq!(summary(2, 0, true), "2 tokens would be deleted");
        assert_eq!(summary(1, 0, false), "1 token deleted");
        assert_eq!(summary(0, 2, false), "0 tokens deleted, 2 not");
    }
}
