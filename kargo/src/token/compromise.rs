//! What to do about a token that was reported as compromised, judged from what is found under its name. The holder of the value may change,
//! delete and remake the Secret meanwhile, so nothing that it says can call the report off.

use std::time::Duration;

use crate::{name::Uid, token::REFUSED_AFTER};

/// The Secret that is found under the name of a reported token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSecret {
    /// Its UID.
    pub uid: Uid,
    /// `true` if it is suspended and marked, as the report left it.
    pub is_as_reported: bool,
    /// `true` if it names a successor.
    pub has_successor: bool,
    /// `true` if Kubernetes is removing it; the API server refuses its value.
    pub is_terminating: bool,
}

/// What is known of a report, besides what is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFacts {
    /// UID of the reported Secret.
    pub uid: Uid,
    /// `true` if its successor was created.
    pub has_successor: bool,
    /// `true` if another tool would remake the Secret with the same value.
    pub is_remade_by_tool: bool,
    /// Time since the report.
    pub age: Duration,
    /// Age from which the program itself takes the last step, if nobody does so on a page.
    pub patience: Duration,
    /// Time for which no Secret was found that could give the value; `None` if there is one.
    pub gone_for: Option<Duration>,
    /// Whether the API server accepts the value; `None` if that can't be tried.
    pub is_accepted: Option<bool>,
}

/// The next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompromiseStep {
    /// Look again soon.
    Wait,
    /// Delete the Secret with this UID, whatever else has changed.
    Delete(Uid),
    /// The value has ended.
    Ended,
}

/// Judges what is found under the name of a reported token.
///
/// The API server accepts a stored value as long as a Secret of that name holds it, whatever the Secret's type and UID.
pub fn next_step(report: &ReportFacts, found: Option<&FoundSecret>) -> CompromiseStep {
    let refused_after = REFUSED_AFTER.unsigned_abs();
    let Some(found) = found.filter(|found| !found.is_terminating) else {
        let is_over = report.gone_for.is_some_and(|time| time >= refused_after);
        return if is_over && report.is_accepted != Some(true) {
            CompromiseStep::Ended
        } else {
            CompromiseStep::Wait
        };
    };
    let delete = || CompromiseStep::Delete(found.uid.clone());
    if found.uid == report.uid {
        if !found.is_as_reported {
            return delete();
        }
        // A deletion would bring the value back to life.
        if report.is_remade_by_tool {
            return CompromiseStep::Wait;
        }
        let is_due = report.age >= report.patience.max(refused_after);
        // The holder may have removed the successor's name.
        return if is_due && (found.has_successor || report.has_successor) {
            delete()
        } else {
            CompromiseStep::Wait
        };
    }
    // Whatever has the name now could hold the value, or get it later. One JWT has several spellings, so trying the value proves nothing.
    delete()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(age: u64) -> ReportFacts {
        ReportFacts {
            uid: Uid("u".to_owned()),
            has_successor: false,
            is_remade_by_tool: false,
            age: Duration::from_secs(age),
            patience: Duration::from_secs(20),
            gone_for: None,
            is_accepted: Some(false),
        }
    }

    fn found() -> FoundSecret {
        FoundSecret {
            uid: Uid("u".to_owned()),
            is_as_reported: true,
            has_successor: true,
            is_terminating: false,
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table of cases")]
    fn nothing_that_the_secret_says_calls_a_report_off() {
        let delete = |uid: &str| CompromiseStep::Delete(Uid(uid.to_owned()));
        let (wait, ended) = (CompromiseStep::Wait, CompromiseStep::Ended);
        let remade = || FoundSecret {
            uid: Uid("v".to_owned()),
            is_as_reported: false,
            has_successor: false,
            ..found()
        };
        let gone = |seconds, is_accepted| ReportFacts {
            gone_for: Some(Duration::from_secs(seconds)),
            is_accepted,
            ..report(40)
        };
        for (what, report, secret, expected) in [
            ("as reported, early", report(1), Some(found()), wait.clone()),
            ("as reported, due", report(20), Some(found()), delete("u")),
            (
                "without a successor",
                report(60),
                Some(FoundSecret {
                    has_successor: false,
                    ..found()
                }),
                wait.clone(),
            ),
            (
                "somebody lifted the suspension or took the mark away",
                report(1),
                Some(FoundSecret {
                    is_as_reported: false,
                    ..found()
                }),
                delete("u"),
            ),
            (
                "a tool would remake it",
                ReportFacts {
                    is_remade_by_tool: true,
                    ..report(60)
                },
                Some(found()),
                wait.clone(),
            ),
            (
                "a tool would remake it, and its suspension is lifted",
                ReportFacts {
                    is_remade_by_tool: true,
                    ..report(1)
                },
                Some(FoundSecret {
                    is_as_reported: false,
                    ..found()
                }),
                delete("u"),
            ),
            (
                "remade under its name",
                report(1),
                Some(remade()),
                delete("v"),
            ),
            (
                "remade under its name, and its value is refused",
                ReportFacts {
                    is_accepted: Some(false),
                    ..report(60)
                },
                Some(remade()),
                delete("v"),
            ),
            (
                "the holder removed the successor's name",
                ReportFacts {
                    has_successor: true,
                    ..report(20)
                },
                Some(FoundSecret {
                    has_successor: false,
                    ..found()
                }),
                delete("u"),
            ),
            (
                "a finalizer keeps it",
                report(20),
                Some(FoundSecret {
                    is_terminating: true,
                    ..found()
                }),
                wait.clone(),
            ),
            (
                "gone for a moment",
                gone(3, Some(false)),
                None,
                wait.clone(),
            ),
            (
                "gone, and refused",
                gone(12, Some(false)),
                None,
                ended.clone(),
            ),
            ("gone, and can't be tried", gone(12, None), None, ended),
            ("gone, and still accepted", gone(12, Some(true)), None, wait),
        ] {
            assert_eq!(next_step(&report, secret.as_ref()), expected, "{what}");
        }
    }
}
