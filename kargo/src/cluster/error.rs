//! Every way in which an operation can fail, in words that a person can act on. No value, no credential and nothing that the API
//! server wrote gets into them.

use std::fmt;

use jiff::Timestamp;
use thiserror::Error;

use crate::{
    name::{ProjectName, RoleName, TokenName},
    problem::{Kind, Problem},
    token::Missing,
};

/// What Kubernetes was asked for, in the words in which it gives permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Such as `list`.
    pub verb: &'static str,
    /// Such as `secrets`.
    pub resource: &'static str,
    /// Where; `None`: in the whole cluster.
    pub namespace: Option<String>,
    /// Which one; `None`: all.
    pub name: Option<String>,
}

impl Access {
    pub(super) fn to(verb: &'static str, resource: &'static str) -> Self {
        Self {
            verb,
            resource,
            namespace: None,
            name: None,
        }
    }

    pub(super) fn within(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    pub(super) fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    fn is_read(&self) -> bool {
        matches!(self.verb, "get" | "list" | "watch" | "reach")
            || self.resource.starts_with("selfsubject")
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if let Some(name) = &self.name {
            write!(f, " {name}")?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " in namespace {namespace}"),
            None => Ok(()),
        }
    }
}

/// Which token an error is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenAt {
    /// Its name.
    pub name: TokenName,
    /// The namespace it is in.
    pub namespace: String,
}

impl fmt::Display for TokenAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in namespace {}", self.name, self.namespace)
    }
}

/// Why an operation did not do what it was asked for.
#[derive(Debug, Error)]
pub enum Error {
    /// The text can't be sent as a bearer token.
    #[error("This is no token: a token is one line without spaces.")]
    NotAToken,
    /// The kubeconfig's credential could not be had: its sign-in command or its token file failed.
    #[error("The kubeconfig's credential can't be had: its sign-in command or token file failed.")]
    Credential,
    /// 401.
    #[error("The cluster doesn't accept the credential.")]
    Unauthenticated,
    /// 403.
    #[error("You may not {0}.")]
    Forbidden(Access),
    /// 404, where it isn't known which object is missing.
    #[error("The cluster can't {0}: it answers that there is no such thing.")]
    NotFound(Access),
    /// There is no such token.
    #[error("There is no token {0}.")]
    NoToken(TokenAt),
    /// There is no such role.
    #[error("There is no role {role} in namespace {namespace}.")]
    NoRole {
        /// The role.
        role: RoleName,
        /// Where it was looked for.
        namespace: String,
    },
    /// A namespace without Kargo's label of projects.
    #[error("{0} is no project of Kargo's.")]
    NotAProject(ProjectName),
    /// A ServiceAccount beside the system roles.
    #[error(
        "{role} in namespace {namespace} is no system role but a ServiceAccount of Kargo's own, so no token is made for it."
    )]
    NotASystemRole {
        /// The ServiceAccount.
        role: RoleName,
        /// The system's namespace.
        namespace: String,
    },
    /// A Secret of this name exists.
    #[error("The name is taken: there is a Secret {0} already.")]
    NameTaken(TokenAt),
    /// A deleted token's name.
    #[error(
        "A token named {0} was deleted not long ago. Under the same name its old value may work again."
    )]
    NameWasUsed(TokenAt),
    /// The token that the person saw is gone; another one has its name.
    #[error("There is another token {0} now than the one that you saw.")]
    Replaced(TokenAt),
    /// The Secret names another ServiceAccount now.
    #[error("The token {0} belongs to another role now than the one that you saw.")]
    OtherRole(TokenAt),
    /// Somebody else's write came first.
    #[error("Somebody else changed it at the same time, so Kubernetes refused to {0}.")]
    Changed(Access),
    /// Not a token that Kargo manages.
    #[error("The token {token} isn't managed by Kargo, so it isn't touched: it lacks the {}.", list(.missing))]
    Unmanaged {
        /// The token.
        token: TokenAt,
        /// What it lacks.
        missing: Vec<Missing>,
    },
    /// Made by other tools, which have no one-time reveal.
    #[error("The token {0} was not created with Kargo Tokens, so it has no one-time reveal.")]
    NoReveal(TokenAt),
    /// Somebody else's reveal.
    #[error("Only {creator}, who created the token {token}, can reveal it.")]
    NotTheCreator {
        /// The token.
        token: TokenAt,
        /// Who created it, as Kubernetes names them.
        creator: String,
    },
    /// A suspended token's value is of no use.
    #[error("The token {0} is suspended, so its value isn't shown.")]
    Suspended(TokenAt),
    /// It is suspended already.
    #[error("The token {0} is suspended already.")]
    AlreadySuspended(TokenAt),
    /// It is neither suspended nor being deleted.
    #[error("The token {0} is not suspended, so there is nothing to undo.")]
    NotSuspended(TokenAt),
    /// Somebody deletes it.
    #[error("The token {token} is being deleted: that ends at {until}.")]
    Deleting {
        /// The token.
        token: TokenAt,
        /// When, by the API server's clock.
        until: Timestamp,
    },
    /// It isn't time, or somebody changed their mind.
    #[error("The token {0} is not due to be deleted, so it is left as it is.")]
    NotDue(TokenAt),
    /// Nothing replaces it.
    #[error("The token {0} has no successor, so it can't retire.")]
    NoSuccessor(TokenAt),
    /// An expiring token.
    #[error(
        "The token {0} expires by itself. Kubernetes can't suspend such a token, only delete it."
    )]
    CanNotBeSuspended(TokenAt),
    /// Kubernetes ignores the label before 1.29.
    #[error("This cluster is older than Kubernetes 1.29 and goes on accepting suspended tokens.")]
    TooOld,
    /// The credential of whoever asks.
    #[error("The token {0} is the one that you are signed in with.")]
    OwnToken(TokenAt),
    /// Its time is over.
    #[error("The token {token} expired at {at}.")]
    Expired {
        /// The token.
        token: TokenAt,
        /// When, by the API server's clock.
        at: Timestamp,
    },
    /// A lifetime beyond what can be written as a date.
    #[error("The lifetime is too long: Kubernetes mints values for 136 years at most.")]
    TooLong,
    /// Nobody said that it is compromised, or it was restored.
    #[error(
        "The token {0} is not reported as compromised and suspended any more, so it is not deleted."
    )]
    NotCompromised(TokenAt),
    /// Another tool would bring it back.
    #[error(
        "The token {token} is kept by {tool}, which would bring the same value back. It stays suspended."
    )]
    KeptElsewhere {
        /// The token.
        token: TokenAt,
        /// The tool, such as `Argo CD`.
        tool: String,
    },
    /// The overlap is over, but what took its place doesn't work.
    #[error(
        "The token {0} is to retire, but its successor is gone or doesn't work. It is left as it is."
    )]
    SuccessorGone(TokenAt),
    /// Somebody said that its value is in the wrong hands.
    #[error(
        "The token {0} was reported as compromised, so it is neither kept nor restored with others."
    )]
    Compromised(TokenAt),
    /// Kubernetes is removing it.
    #[error(
        "The token {0} is being removed by Kubernetes: a finalizer on its Secret keeps it for now."
    )]
    Terminating(TokenAt),
    /// Somebody else's words.
    #[error("Somebody else changed the note or the contact of the token {0} at the same time.")]
    NotesChanged(TokenAt),
    /// The one reveal has happened.
    #[error("The value of the token {token} was shown already, at {at}. It is shown only once.")]
    AlreadyRevealed {
        /// The token.
        token: TokenAt,
        /// When, by the API server's clock.
        at: Timestamp,
    },
    /// The reveal to be confirmed is not this one.
    #[error(
        "The value of the token {0} was not shown to you by this reveal, so it can't be noted as saved."
    )]
    NotClaimed(TokenAt),
    /// Kubernetes' token controller is slow or stopped.
    #[error("Kubernetes has not written the value of the token {token} within {} seconds.", .waited.as_secs_f32())]
    NotReady {
        /// The token.
        token: TokenAt,
        /// How long it was waited for.
        waited: std::time::Duration,
    },
    /// 410: the place to go on from is too old.
    #[error(
        "Reading the list took too long: the cluster no longer knows where its next page starts."
    )]
    ListExpired,
    /// 400 or 422.
    #[error("Kubernetes refused to {0}: it calls the request invalid.")]
    Invalid(Access),
    /// 429.
    #[error("The cluster has too many requests at the moment to {0}.")]
    TooMany(Access),
    /// The answer is not what Kubernetes answers.
    #[error("The cluster's answer can't be understood (to: {0}).")]
    BadAnswer(Access),
    /// 5xx, or no connection.
    #[error("The cluster can't be reached or can't serve now (to {access}): {why}.")]
    Unavailable {
        /// What for.
        access: Access,
        /// Its status, or what broke the connection.
        why: String,
    },
    /// No answer before the deadline.
    #[error("The cluster did not answer in time (to {0}).")]
    Timeout(Access),
}

fn list(missing: &[Missing]) -> String {
    missing
        .iter()
        .map(|m| m.text())
        .collect::<Vec<_>>()
        .join(" and the ")
}

const RELOAD: &str = "Reload the page to see how it is now. Nothing was changed.";

impl Error {
    /// The error as a person sees it.
    pub fn problem(&self) -> Problem {
        Problem::new(self.kind(), self.to_string(), self.hint())
    }

    fn kind(&self) -> Kind {
        match self {
            Self::NotAToken | Self::NotASystemRole { .. } | Self::Invalid(_) | Self::TooLong => {
                Kind::Invalid
            }
            Self::Credential | Self::Unauthenticated => Kind::Unauthenticated,
            Self::Forbidden(_) | Self::NotTheCreator { .. } => Kind::Forbidden,
            Self::NotFound(_) | Self::NoToken(_) | Self::NoRole { .. } | Self::NotAProject(_) => {
                Kind::NotFound
            }
            Self::NameTaken(_)
            | Self::NameWasUsed(_)
            | Self::Replaced(_)
            | Self::OtherRole(_)
            | Self::Changed(_)
            | Self::Unmanaged { .. }
            | Self::NoReveal(_)
            | Self::Suspended(_)
            | Self::AlreadySuspended(_)
            | Self::NotSuspended(_)
            | Self::Deleting { .. }
            | Self::NotDue(_)
            | Self::NoSuccessor(_)
            | Self::CanNotBeSuspended(_)
            | Self::TooOld
            | Self::OwnToken(_)
            | Self::Expired { .. }
            | Self::NotCompromised(_)
            | Self::KeptElsewhere { .. }
            | Self::SuccessorGone(_)
            | Self::Compromised(_)
            | Self::Terminating(_)
            | Self::NotesChanged(_)
            | Self::AlreadyRevealed { .. }
            | Self::NotClaimed(_)
            | Self::ListExpired => Kind::Conflict,
            Self::TooMany(_) => Kind::TooMany,
            Self::BadAnswer(_) => Kind::BadAnswer,
            Self::Unavailable { .. } => Kind::Unavailable,
            Self::NotReady { .. } | Self::Timeout(_) => Kind::Timeout,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NotAToken => "Copy the whole value once more.".into(),
            Self::Credential => {
                "Run any kubectl command with the same kubeconfig: it shows what is wrong, and may sign you in again."
                    .into()
            }
            Self::Unauthenticated => {
                "It may have expired, or its token was deleted or suspended. Sign in with another one.".into()
            }
            Self::Forbidden(access) => forbidden_hint(access),
            Self::NotFound(_) => "Kubernetes 1.29 or newer is needed. Check the cluster's version and address.".into(),
            Self::NoToken(_) => "It may have been deleted meanwhile. Reload the page to see what there is.".into(),
            Self::NoRole { .. } => "A role is a ServiceAccount. Choose one that exists; nothing was created.".into(),
            Self::NotAProject(_) => {
                "Choose a project from the list. Its namespace has the label kargo.akuity.io/project: \"true\".".into()
            }
            Self::NotASystemRole { .. } => {
                "Such a token could lead to full control of the cluster. Choose a ServiceAccount labelled \
                 rbac.kargo.akuity.io/system-role: \"true\"."
                    .into()
            }
            Self::NameTaken(_) => "Choose another name. Nothing was changed.".into(),
            Self::NameWasUsed(_) => "Choose another name, such as one with a random ending. Nothing was changed.".into(),
            Self::Replaced(_)
            | Self::OtherRole(_)
            | Self::Changed(_)
            | Self::AlreadySuspended(_)
            | Self::NotSuspended(_)
            | Self::NotDue(_) => RELOAD.into(),
            Self::Unmanaged { .. } => {
                "Kargo's own tools refuse it too. Use kubectl if it is to be changed or deleted.".into()
            }
            Self::NoReveal(_) => "Recreate it if its value was lost: the new token has a reveal.".into(),
            Self::NotTheCreator { .. } => "Ask them, or recreate the token: the new one is yours to reveal.".into(),
            Self::Suspended(_) => "Restore it first, or recreate it.".into(),
            Self::Deleting { .. } => "Undo the deletion first, if the token is still needed. Nothing was changed.".into(),
            Self::NoSuccessor(_) => "Recreate it first: the new token is its successor.".into(),
            Self::CanNotBeSuspended(_) => "Delete it, or let it expire.".into(),
            Self::TooOld => "Delete the token instead; that can't be undone. Nothing was changed.".into(),
            Self::OwnToken(_) => "Sign in as somebody else first: you would be locked out. Nothing was changed.".into(),
            Self::Expired { .. } => "Recreate it: the new token is yours to reveal.".into(),
            Self::TooLong => "Choose a shorter one. Nothing was created.".into(),
            Self::NotCompromised(_) => "Reload the page to see how it is now.".into(),
            Self::KeptElsewhere { tool, .. } => format!("Remove it from {tool}'s sources first, then delete it here."),
            Self::SuccessorGone(_) => "Recreate it, or delete it if nothing uses it any more.".into(),
            Self::Compromised(_) => "Restore it in its own row if that was a false alarm.".into(),
            Self::Terminating(_) => "Look at the Secret's finalizers with kubectl. Its value is refused within about 10 seconds, an expiring token's within about 70.".into(),
            Self::NotesChanged(_) => "Read theirs, then write yours again: reload the page. Nothing was changed.".into(),
            Self::AlreadyRevealed { .. } => {
                "If the value was not saved, recreate the token: the new one has another name and another value.".into()
            }
            Self::NotClaimed(_) => "If the value was not saved, recreate the token.".into(),
            Self::NotReady { .. } => {
                "Try again: the token keeps waiting, and its value was shown to nobody. If that goes on, look at the \
                 cluster's kube-controller-manager, which writes the values."
                    .into()
            }
            Self::ListExpired => "Start again from the first page.".into(),
            Self::Invalid(_) => "Check what was entered. Nothing was changed.".into(),
            Self::TooMany(_) => "Wait a few seconds, then try again.".into(),
            Self::BadAnswer(_) => {
                "Something other than Kubernetes may answer at its address: check the kubeconfig and proxies.".into()
            }
            Self::Unavailable { access, .. } | Self::Timeout(access) if access.is_read() => {
                "Check that the cluster is running and its address is right, then try again.".into()
            }
            Self::Unavailable { .. } | Self::Timeout(_) => {
                "It may have been done nevertheless: reload the page before you try again.".into()
            }
        }
    }
}

fn forbidden_hint(access: &Access) -> String {
    if access.resource == "serviceaccounts/token" {
        return "Tokens that expire are minted by Kubernetes, which no role of Kargo's may ask for. Ask an administrator for a ClusterRole \
                (usually named kargo-tokens-minter) that allows the verb create on serviceaccounts/token, or choose a token that \
                never expires. Nothing was created."
            .to_owned();
    }
    let Access {
        verb,
        resource,
        namespace,
        ..
    } = access;
    match namespace {
        Some(namespace) => {
            let ask = format!(
                "Ask an administrator for a Role in namespace {namespace} that allows the verb {verb} on {resource}."
            );
            // Only writes are judged by more than rights.
            if access.is_read() {
                ask
            } else {
                format!("{ask} If you have one, a quota or an admission policy refused it.")
            }
        }
        None => format!(
            "Ask an administrator for a ClusterRole that allows the verb {verb} on {resource}."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_verb_resource_and_namespace() {
        let problem = Error::Forbidden(Access::to("list", "secrets").within("kargo")).problem();
        assert_eq!(problem.kind, Kind::Forbidden);
        assert_eq!(
            problem.message,
            "You may not list secrets in namespace kargo."
        );
        assert!(
            problem
                .hint
                .contains("Role in namespace kargo that allows the verb list on secrets"),
            "{}",
            problem.hint
        );
    }

    #[test]
    fn an_unmanaged_token_says_all_that_it_lacks() {
        let token = TokenAt {
            name: "ci".parse().expect("a name"),
            namespace: "kargo".into(),
        };
        let missing = vec![Missing::Label, Missing::ManagedAnnotation];
        let message = Error::Unmanaged { token, missing }.to_string();
        assert!(
            message.contains(Missing::Label.text())
                && message.contains(Missing::ManagedAnnotation.text())
        );
    }

    #[test]
    fn an_unanswered_write_is_not_called_undone() {
        let read = Error::Timeout(Access::to("list", "secrets")).problem();
        let write = Error::Timeout(Access::to("create", "secrets")).problem();
        assert!(!read.hint.contains("may have been done"));
        assert!(write.hint.contains("may have been done"));
    }
}
