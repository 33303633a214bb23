//! `kargo-tokens sweep`: finishes what is due, once, and tells each act on a line of its own. Which act is due, and how it is done
//! safely, [`Cluster::sweep`] knows.

use std::{fmt::Write as _, io::Write, process::ExitCode};

use kargo::{
    cluster::{Cluster, Error, Swept},
    token::Due,
};

/// One sweep. Fails if anything that was due could not be deleted, or not be looked for; not where a person has to decide, such as about
/// a token whose successor is gone.
pub async fn run(cluster: &Cluster, dry_run: bool, mut out: impl Write) -> ExitCode {
    // Whoever closes the output early still gets everything swept; the log tells it too.
    let mut say = |text: &str| {
        let _ = writeln!(out, "{text}");
    };
    let (mut done, mut left, mut failed) = (0, 0, 0);
    let swept = cluster
        .sweep(dry_run, |swept| {
            say(&line(&swept, dry_run));
            match log(&swept, dry_run) {
                Did::Done => done += 1,
                Did::Left => left += 1,
                Did::Failed => failed += 1,
            }
        })
        .await;
    if let Err(error) = &swept {
        tracing::error!(%error, "not everything was swept");
        say(&format!("not everything was looked through: {error}"));
    }
    // What could not be looked through may be due all the same.
    if swept.is_ok() || done + left + failed > 0 {
        say(&summary(done, left + failed, dry_run));
    }
    if failed == 0 && swept.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What became of a token.
enum Did {
    Done,
    /// It is a person's to decide, which no sweep can fail at.
    Left,
    Failed,
}

fn log(swept: &Swept, dry_run: bool) -> Did {
    let Swept { token, due, result } = swept;
    let (scope, name) = (&token.scope, &token.name);
    match result {
        Ok(()) => {
            let did = if dry_run { "would be swept" } else { "swept" };
            tracing::info!(%scope, %name, ?due, "{did}");
            Did::Done
        }
        Err(error @ (Error::SuccessorGone(_) | Error::Terminating(_))) => {
            tracing::warn!(%scope, %name, ?due, %error, "left to a person");
            Did::Left
        }
        Err(error) => {
            tracing::error!(%scope, %name, ?due, %error, "not swept");
            Did::Failed
        }
    }
}

/// What was done, or would be, about one token.
fn line(swept: &Swept, dry_run: bool) -> String {
    let Swept { token, due, result } = swept;
    let did = match (result, dry_run) {
        (Err(_), _) => "not deleted",
        (Ok(()), true) => "would delete",
        (Ok(()), false) => "deleted",
    };
    let why = match due {
        Due::Deletion => "its deletion was due",
        Due::Retirement => "the overlap with its successor is over",
        Due::Expiry => "it has expired",
        Due::Compromise => "its value is in the wrong hands",
    };
    let mut line = format!("{did} {} token {} ({why})", token.scope, token.name);
    if let Err(error) = result {
        // Nothing can go wrong when a text is written to.
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
    use kargo::token::{TokenHandle, Uid};

    use super::*;

    fn swept(scope: &str, due: Due, result: Result<(), Error>) -> Swept {
        Swept {
            token: TokenHandle {
                scope: scope.parse().expect("a scope"),
                role: "ci".to_owned(),
                name: "ci-7f3kq".parse().expect("a name"),
                uid: Uid("1".to_owned()),
            },
            due,
            result,
        }
    }

    #[test]
    fn each_act_is_a_line() {
        let lines = [
            line(&swept("projects/demo", Due::Deletion, Ok(())), false),
            line(&swept("system", Due::Retirement, Ok(())), true),
            line(&swept("system", Due::Expiry, Err(Error::TooOld)), false),
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
    fn the_last_line_counts_them() {
        assert_eq!(summary(0, 0, true), "nothing is due");
        assert_eq!(summary(2, 0, true), "2 tokens would be deleted");
        assert_eq!(summary(1, 0, false), "1 token deleted");
        assert_eq!(summary(0, 2, false), "0 tokens deleted, 2 not");
    }
}
