//! `kargo-tokens check`: tells what will work and what won't, before anybody uses it. Changes nothing.
//!
//! `cluster` asks the API server, `rights` asks it what the identity may do, `sign_in` looks at what people sign in with.

mod cluster;
mod rights;
mod sign_in;

use std::{fmt::Write as _, io::Write, process::ExitCode};

use kargo::{cluster::Connector, problem::Problem};
use serde::Serialize;

use crate::config::{Config, Output};

/// How good or bad a finding is. The worst one decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    /// It works, but not all of it.
    Warning,
    /// It doesn't work.
    Problem,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One line of the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    level: Level,
    /// The subject of the check.
    about: &'static str,
    /// The result, in words.
    found: String,
    /// The next step; empty if none is needed.
    #[serde(skip_serializing_if = "String::is_empty")]
    next: String,
}

impl Finding {
    fn ok(about: &'static str, found: impl Into<String>) -> Self {
        Self {
            level: Level::Ok,
            about,
            found: found.into(),
            next: String::new(),
        }
    }

    fn warning(about: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            next: next.into(),
            ..Self::ok(about, found)
        }
    }

    fn problem(about: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            level: Level::Problem,
            ..Self::warning(about, found, next)
        }
    }

    /// An error of the cluster.
    fn of(level: Level, about: &'static str, error: &kargo::cluster::Error) -> Self {
        let Problem { message, hint, .. } = error.problem();
        Self {
            level,
            ..Self::warning(about, message, hint)
        }
    }
}

/// Checks, prints, and answers with the exit code: 0 without a finding, 1 with warnings, 2 with a problem.
pub async fn run(config: &Config, output: Output, out: &mut impl Write) -> ExitCode {
    let findings = findings(config).await;
    print(&findings, output, out);
    match worst(&findings) {
        Level::Ok => ExitCode::SUCCESS,
        Level::Warning => ExitCode::from(1),
        Level::Problem => ExitCode::from(2),
    }
}

fn worst(findings: &[Finding]) -> Level {
    let levels = findings.iter().map(|finding| finding.level);
    levels.max().unwrap_or(Level::Ok)
}

async fn findings(config: &Config) -> Vec<Finding> {
    let mut findings = vec![match config.check() {
        Ok(()) => Finding::ok("options", "they can be served with"),
        // The message says what to do.
        Err(error) => Finding::problem("options", error.to_string(), ""),
    }];
    findings.extend(sign_in::files(config));
    match Connector::load(&config.cluster.connect_options()).await {
        Ok((_, cluster)) => findings.extend(cluster::findings(config, &cluster).await),
        Err(error) => findings.push(Finding::problem("API server", error.to_string(), "")),
    }
    findings.extend(sign_in::issuer(config).await);
    findings
}

fn print(findings: &[Finding], output: Output, out: &mut impl Write) {
    let text = match output {
        Output::Json => serde_json::to_string_pretty(findings).unwrap_or_default() + "\n",
        Output::Text => text(findings),
    };
    // A reader that closes the output has seen enough.
    let _ = out.write_all(text.as_bytes());
}

fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.about.len()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    // Writing to a `String` never fails.
    for Finding {
        level,
        about,
        found,
        next,
    } in findings
    {
        let _ = writeln!(text, "{:<8} {about:<width$}  {found}", level.word());
        if !next.is_empty() {
            let _ = writeln!(text, "{:8} {:width$}  → {next}", "", "");
        }
    }
    let count = |level, word: &str| {
        let of_level = findings.iter().filter(|finding| finding.level == level);
        match of_level.count() {
            1 => format!("1 {word}"),
            count => format!("{count} {word}s"),
        }
    };
    let _ = match worst(findings) {
        Level::Ok => writeln!(text, "\nEverything is as it should be."),
        _ => writeln!(
            text,
            "\n{}, {}.",
            count(Level::Problem, "problem"),
            count(Level::Warning, "warning")
        ),
    };
    text
}

#[cfg(test)]
mod tests;
