//! Why a kubeconfig gives no usable credential now. Messages name the command and never its arguments, variables or output.

use thiserror::Error;

/// Why a credential can't be obtained.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CredentialError {
    /// The context has no user, or the user has no credential.
    #[error("The kubeconfig has no credential for this cluster{}, and the cluster refuses a person without one.", of_user(.0.as_deref()))]
    Nobody(
        /// The user's entry.
        Option<String>,
    ),
    /// The cluster refuses a user name with a password.
    #[error(
        "The cluster doesn't accept the user name and password of the kubeconfig: Kubernetes has no such sign-in since 1.19."
    )]
    Password,
    /// The sign-in command doesn't exist.
    #[error("The kubeconfig's sign-in command {command} was not found.")]
    NotFound {
        /// The command.
        command: String,
        /// The kubeconfig's `installHint`.
        install_hint: Option<String>,
    },
    /// The sign-in command could not be started, or ended with an error.
    #[error("The kubeconfig's sign-in command {command} failed: {why}.")]
    Failed {
        /// The command.
        command: String,
        /// Exit status, or the operating system's cause.
        why: String,
    },
    /// The sign-in command asks at a terminal, and there is none.
    #[error(
        "The kubeconfig's sign-in command {command} asks at a terminal, and this program runs without one."
    )]
    NoTerminal {
        /// The command.
        command: String,
    },
    /// The sign-in command still runs.
    #[error("The kubeconfig's sign-in command {command} is still running.")]
    Running {
        /// The command.
        command: String,
    },
    /// The sign-in command ran too long and was stopped.
    #[error(
        "The kubeconfig's sign-in command {command} did not finish within {seconds} seconds, so it was stopped."
    )]
    TooSlow {
        /// The command.
        command: String,
        /// Its time limit.
        seconds: u64,
    },
    /// The sign-in command's answer can't be used.
    #[error("The answer of the kubeconfig's sign-in command {command} can't be used: {why}.")]
    BadAnswer {
        /// The command.
        command: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

fn of_user(name: Option<&str>) -> String {
    name.map(|name| format!(" (user {name})"))
        .unwrap_or_default()
}

impl CredentialError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Nobody(_) => {
                "Add a credential to the user's entry, or choose another context with --context.".to_owned()
            }
            Self::Password => "Use a token, a client certificate or a sign-in command in the user's entry.".to_owned(),
            Self::NotFound { install_hint, .. } => match install_hint {
                Some(hint) => format!("The kubeconfig says: {hint}"),
                None => "Install it, or correct the field exec.command of the kubeconfig's user.".to_owned(),
            },
            Self::Failed { .. } => {
                "Its own messages are where this program logs. Run any kubectl command with the same kubeconfig: it may sign you in again."
                    .to_owned()
            }
            Self::NoTerminal { .. } => {
                "Start this program in a terminal, or sign in with any kubectl command first and set interactiveMode to IfAvailable."
                    .to_owned()
            }
            Self::Running { .. } => {
                "It may wait for you in the terminal where this program runs, or in a browser. Finish there, then reload the page."
                    .to_owned()
            }
            Self::TooSlow { .. } => {
                "It may have waited for you in the terminal where this program runs, or in a browser. Try again and finish there."
                    .to_owned()
            }
            Self::BadAnswer { .. } => {
                "Check the apiVersion in the exec field of the kubeconfig's user, and the command's version.".to_owned()
            }
        }
    }
}
