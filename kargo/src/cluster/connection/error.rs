//! Errors of all operations: each says what happened, why, and what to do next. Errors contain no value and no credential. What the API server
//! wrote is a quotation, cleaned of values.

use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

use super::{
    access::{Access, TokenLocation},
    acting::NotImpersonated,
    credential::error::CredentialError,
    refusal::{Cause, Status},
};
use crate::{
    identity::ServiceAccountRef,
    name::{ProjectName, RoleName, TokenName},
    problem::{Kind, Problem},
    scope::Scope,
    text::foreign,
    token::Missing,
};

/// Reason for which an operation failed.
#[derive(Debug, Clone, Error)]
pub enum Error {
    /// The text can't be sent as a bearer token.
    #[error("This text is not a token: a token is one line without spaces.")]
    NotAToken,
    /// The kubeconfig gives no usable credential.
    #[error("{0}")]
    Credential(Box<CredentialError>),
    /// No token is sent over a connection that isn't encrypted.
    #[error(
        "This program reaches the cluster at {0} without encryption, so it sends no token there. What answers there signs requests itself."
    )]
    PlainHttp(String),
    /// 401.
    #[error("The cluster doesn't accept your credential any more.")]
    Unauthenticated,
    /// 403.
    #[error("You may not {0}.")]
    Forbidden(Access),
    /// 403: the program may not act as a ServiceAccount, or may not send this request as one.
    #[error("{0}")]
    NotImpersonated(Box<NotImpersonated>),
    /// The kubeconfig itself acts as another user.
    #[error("The kubeconfig acts as another user, so Kargo Tokens can't act as a role.")]
    ImpersonatesAlready,
    /// The program's own identity lacks a right.
    #[error("Kargo Tokens itself may not {0}.")]
    ProgramForbidden(Access),
    /// No ServiceAccount that counts for the scope accepts the person's claims. `None`: for objects of the whole cluster.
    #[error("{}", no_matching_role(.0.as_ref()))]
    NoMatchingRole(Option<Scope>),
    /// The ServiceAccount that the person chose to act as doesn't accept their claims, or is gone.
    #[error("The role {0} does not accept the claims of your sign-in, or it is gone.")]
    NotYourRole(Box<ServiceAccountRef>),
    /// The ServiceAccount that the person chose to act as doesn't count for the scope.
    #[error("You act only as the role {0}, which counts in that project only.")]
    ActsElsewhere(Box<ServiceAccountRef>),
    /// 404, and which object is missing isn't known.
    #[error("The cluster can't {0}: it answers that there is no such resource.")]
    NotFound(Access),
    /// No token of this name exists.
    #[error("There is no token {0}.")]
    NoToken(TokenLocation),
    /// No ServiceAccount of this name exists.
    #[error("There is no role {role} in namespace {namespace}.")]
    NoRole {
        /// The role.
        role: RoleName,
        /// Namespace that was searched.
        namespace: String,
    },
    /// The token is of a ServiceAccount that is no role of Kargo.
    #[error("{role} in namespace {namespace} is not a role of Kargo, so its token is left alone.")]
    NotARole {
        /// The ServiceAccount, as the token names it.
        role: String,
        /// Its namespace.
        namespace: String,
    },
    /// The namespace lacks Kargo's project label.
    #[error("{0} is not a Kargo project.")]
    NotAProject(ProjectName),
    /// The ServiceAccount is in the system namespace and is no system role.
    #[error(
        "{role} in namespace {namespace} is one of Kargo's own ServiceAccounts, not a system role, so no token is made for it."
    )]
    NotASystemRole {
        /// The ServiceAccount.
        role: RoleName,
        /// The system namespace.
        namespace: String,
    },
    /// A Secret of this name exists.
    #[error("The name is taken: there is already a Secret {0}.")]
    NameTaken(TokenLocation),
    /// A token of this name was deleted recently.
    #[error(
        "A token named {0} was deleted recently. Under the same name, its old value may work again."
    )]
    NameWasUsed(TokenLocation),
    /// Another token has the name of the token that the person saw.
    #[error("The token {0} is not the one that you saw: another token has its name now.")]
    Replaced(TokenLocation),
    /// The Secret names another ServiceAccount now.
    #[error("The token {0} belongs to another role now than the one that you saw.")]
    OtherRole(TokenLocation),
    /// 409.
    #[error("Somebody else changed the object at the same time, so Kubernetes refused to {0}.")]
    Conflict(Access),
    /// Kargo doesn't manage the token.
    #[error("Kargo doesn't manage the token {token}, so it isn't changed: it lacks the {}.", list(.missing))]
    Unmanaged {
        /// The token.
        token: TokenLocation,
        /// Marks that the Secret lacks.
        missing: Vec<Missing>,
    },
    /// Another tool made the token, so it has no one-time reveal.
    #[error("The token {0} was not created with Kargo Tokens, so it has no one-time reveal.")]
    NoReveal(TokenLocation),
    /// Another person created the token.
    #[error("Only {creator}, who created the token {token}, can reveal it.")]
    NotTheCreator {
        /// The token.
        token: TokenLocation,
        /// Creator's Kubernetes user name.
        creator: String,
    },
    /// The value of a suspended token isn't revealed.
    #[error("The token {0} is suspended, so its value isn't shown.")]
    Suspended(TokenLocation),
    /// The token is suspended already.
    #[error("The token {0} is already suspended.")]
    AlreadySuspended(TokenLocation),
    /// The token is neither suspended nor being deleted.
    #[error("The token {0} is not suspended, so there is nothing to undo.")]
    NotSuspended(TokenLocation),
    /// A deletion of the token was begun.
    #[error("The token {token} is being deleted; its deletion is due at {until}.")]
    Deleting {
        /// The token.
        token: TokenLocation,
        /// Time at which the deletion is due, by the API server's clock.
        until: Timestamp,
    },
    /// Nothing is due of the token, or somebody called it off.
    #[error("The token {0} is not due to be deleted, so it stays as it is.")]
    NotDue(TokenLocation),
    /// Somebody recreated the token meanwhile.
    #[error("The token {token} was recreated meanwhile: its successor is {successor}.")]
    HasSuccessor {
        /// The token.
        token: TokenLocation,
        /// The successor.
        successor: TokenName,
    },
    /// The token has no successor.
    #[error("The token {0} has no successor, so it can't retire.")]
    NoSuccessor(TokenLocation),
    /// Kubernetes can't suspend an expiring token.
    #[error(
        "The token {0} expires by itself. Kubernetes can't suspend such a token, only delete it."
    )]
    NotSuspendable(TokenLocation),
    /// Kubernetes ignores the suspension label before 1.29.
    #[error("This cluster is older than Kubernetes 1.29 and goes on accepting suspended tokens.")]
    TooOld,
    /// The token is the viewer's own credential.
    #[error("You are signed in with the token {0}.")]
    OwnToken(TokenLocation),
    /// The lifetime of the token is over.
    #[error("The token {token} expired at {time}.")]
    Expired {
        /// The token.
        token: TokenLocation,
        /// End of the token, by the API server's clock.
        time: Timestamp,
    },
    /// The lifetime can't be written as a date.
    #[error("The lifetime is too long: Kubernetes mints values for at most 136 years.")]
    TooLong,
    /// The token was not reported as compromised, or was restored.
    #[error(
        "The token {0} is no longer reported as compromised and suspended, so it is not deleted."
    )]
    NotCompromised(TokenLocation),
    /// Another tool would recreate the token with the same value.
    #[error(
        "The token {token} is managed by {tool}, which may recreate it with the same value. It stays suspended."
    )]
    ExternallyManaged {
        /// The token.
        token: TokenLocation,
        /// The tool, such as `Argo CD`.
        tool: String,
    },
    /// The overlap is over, and the successor doesn't work.
    #[error(
        "The token {0} is due to retire, but its successor is gone or doesn't work. It stays as it is."
    )]
    SuccessorGone(TokenLocation),
    /// The token was reported as compromised.
    #[error(
        "The token {0} was reported as compromised, so it can't be kept, or restored together with other tokens."
    )]
    Compromised(TokenLocation),
    /// Another program carries out the report of the token.
    #[error(
        "The token {0} was reported as compromised less than a minute ago, and another program is ending it."
    )]
    ReportUnderWay(TokenLocation),
    /// Kubernetes is removing the Secret.
    #[error(
        "Kubernetes is removing the token {0}, but a finalizer on its Secret keeps it for now."
    )]
    Terminating(TokenLocation),
    /// Another person changed the note or the contact.
    #[error("Somebody else changed the note or the contact of the token {0} at the same time.")]
    NotesChanged(TokenLocation),
    /// The one reveal has happened.
    #[error("The value of the token {token} was already shown, at {time}. It is shown only once.")]
    AlreadyRevealed {
        /// The token.
        token: TokenLocation,
        /// Time of the reveal, by the API server's clock.
        time: Timestamp,
    },
    /// The Secret holds something else than the value that Kubernetes writes.
    #[error(
        "The Secret of the token {0} holds something else than the value that Kubernetes writes for it, so it isn't shown: somebody changed the Secret."
    )]
    NotItsValue(TokenLocation),
    /// The value in the Secret has no signature of the API server.
    #[error(
        "The API server didn't sign the value in the Secret of the token {0}, so it isn't shown: somebody changed the Secret, or the cluster's signing key has changed."
    )]
    UnsignedValue(TokenLocation),
    /// The claim did not get the value.
    #[error(
        "This reveal did not show you the value of the token {0}, so the value can't be recorded as saved."
    )]
    NotClaimed(TokenLocation),
    /// Kubernetes' token controller is slow or stopped.
    #[error("Kubernetes has not written the value of the token {token} within {} seconds.", .waited.as_secs_f32())]
    NotReady {
        /// The token.
        token: TokenLocation,
        /// Time that the reveal waited.
        waited: std::time::Duration,
    },
    /// 410: the start of the next page is too old.
    #[error(
        "Reading the list took too long: the cluster no longer knows where its next page starts."
    )]
    ListExpired,
    /// The request can't be built from its parts.
    #[error("The request to {0} can't be written as an address.")]
    Invalid(Access),
    /// The API server explained why it refuses.
    #[error("{}", refused(.access, .cause))]
    Refused {
        /// The request.
        access: Access,
        /// Reason of the refusal.
        cause: Box<Cause>,
        /// Message of the API server, cleaned of values.
        quote: Box<str>,
    },
    /// A compromised token was stopped, and then its successor could not be created.
    #[error("The token {token} is {}, but its successor could not be created. {cause}", if *.is_deleted { "deleted" } else { "suspended" })]
    NoReplacement {
        /// The token.
        token: TokenLocation,
        /// `true` if it was deleted at once, because it could not be suspended.
        is_deleted: bool,
        /// Why there is no successor.
        cause: Box<Error>,
    },
    /// 429.
    #[error("The cluster has too many requests at the moment to {access}.")]
    TooMany {
        /// Access that the request needed.
        access: Access,
        /// Time to wait, as the API server asks for it (`Retry-After`); 0 if it asks for none.
        wait: Duration,
    },
    /// The answer is none of Kubernetes'.
    #[error("The cluster sent an answer that can't be understood (to: {0}).")]
    BadAnswer(Access),
    /// 5xx.
    #[error("The cluster can't answer now (to {access}): {why}.")]
    Unavailable {
        /// The request.
        access: Access,
        /// Status of the answer.
        why: String,
    },
    /// No connection to the API server.
    #[error("Can't reach the cluster at {server}: {why}.")]
    Unreachable {
        /// Address of the API server.
        server: Box<str>,
        /// The request.
        access: Access,
        /// Cause, in the words of the operating system or of TLS.
        why: Box<str>,
    },
    /// No answer came within the deadline.
    #[error("The cluster did not answer in time (to {0}).")]
    Timeout(Access),
}

fn no_matching_role(scope: Option<&Scope>) -> String {
    match scope {
        Some(Scope::Project(name)) => {
            format!("No role accepts the claims of your sign-in for {name}.")
        }
        Some(Scope::System) | None => {
            "None of Kargo's system roles accepts the claims of your sign-in.".to_owned()
        }
    }
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
    /// The error that an answer's HTTP status and its explanation mean.
    pub(super) fn of_answer(access: Access, code: u16, status: &Status) -> Self {
        match Cause::of(code, status) {
            // A merge patch that names another UID than the object's.
            Some(Cause::Field(field)) if field == "metadata.uid" => return Self::Conflict(access),
            Some(cause) => {
                return Self::Refused {
                    access,
                    quote: foreign(cause.own_words(&status.message).to_owned()).into(),
                    cause: Box::new(cause),
                };
            }
            None => {}
        }
        match code {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden(access),
            404 => Self::NotFound(access),
            409 => Self::Conflict(access),
            410 => Self::ListExpired,
            // Another API server is behind the one that answered before.
            504 if status.is_of_unknown_version() => Self::ListExpired,
            429 => Self::TooMany {
                access,
                wait: Duration::ZERO,
            },
            500..600 => Self::Unavailable {
                access,
                why: format!("it answers with the status {code}"),
            },
            _ => Self::BadAnswer(access),
        }
    }

    /// The error as pages and API answers show it.
    pub fn problem(&self) -> Problem {
        Problem::new(self.kind(), self.to_string(), self.hint())
            .quoting(self.quote())
            .solved_by(self.yaml())
    }

    /// `true` if the person lacks the right, or has no role for it, and nothing is out of order.
    pub fn is_lack_of_right(&self) -> bool {
        matches!(
            self,
            Self::Forbidden(_)
                | Self::NoMatchingRole(_)
                | Self::NotYourRole(_)
                | Self::ActsElsewhere(_)
        )
    }

    /// `true` if a right is missing: the identity's own, or the program's right to use it.
    pub(in crate::cluster) fn is_forbidden(&self) -> bool {
        matches!(self, Self::Forbidden(_) | Self::NotImpersonated(_))
    }

    fn yaml(&self) -> Option<String> {
        match self {
            Self::NotImpersonated(refused) => Some(refused.yaml.clone()),
            Self::NoReplacement { cause, .. } => cause.yaml(),
            _ => None,
        }
    }

    /// `true` if the cluster didn't answer: it can't be reached, is in trouble, or takes too long. A write may have taken effect all the same.
    pub(in crate::cluster) fn is_unanswered(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Unavailable { .. } | Self::Timeout(_)
        )
    }

    fn quote(&self) -> Option<String> {
        match self {
            Self::Refused { quote, .. } => Some(quote.to_string()),
            Self::NoReplacement { cause, .. } => cause.quote(),
            _ => None,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::NotAToken
            | Self::NotASystemRole { .. }
            | Self::Invalid(_)
            | Self::TooLong
            | Self::ImpersonatesAlready => Kind::Invalid,
            Self::Credential(_) | Self::Unauthenticated => Kind::Unauthenticated,
            Self::Forbidden(_)
            | Self::NotImpersonated(_)
            | Self::ProgramForbidden(_)
            | Self::NoMatchingRole(_)
            | Self::NotYourRole(_)
            | Self::ActsElsewhere(_)
            | Self::NotTheCreator { .. } => Kind::Forbidden,
            Self::NotFound(_) | Self::NoToken(_) | Self::NoRole { .. } | Self::NotAProject(_) => {
                Kind::NotFound
            }
            Self::NameTaken(_)
            | Self::NameWasUsed(_)
            | Self::Replaced(_)
            | Self::OtherRole(_)
            | Self::Conflict(_)
            | Self::Unmanaged { .. }
            | Self::NoReveal(_)
            | Self::Suspended(_)
            | Self::AlreadySuspended(_)
            | Self::NotSuspended(_)
            | Self::Deleting { .. }
            | Self::NotDue(_)
            | Self::NoSuccessor(_)
            | Self::HasSuccessor { .. }
            | Self::NotSuspendable(_)
            | Self::TooOld
            | Self::OwnToken(_)
            | Self::Expired { .. }
            | Self::NotCompromised(_)
            | Self::ExternallyManaged { .. }
            | Self::SuccessorGone(_)
            | Self::Compromised(_)
            | Self::ReportUnderWay(_)
            | Self::Terminating(_)
            | Self::NotesChanged(_)
            | Self::AlreadyRevealed { .. }
            | Self::NotClaimed(_)
            | Self::NotItsValue(_)
            | Self::UnsignedValue(_)
            | Self::NotARole { .. }
            | Self::PlainHttp(_)
            | Self::ListExpired => Kind::Conflict,
            Self::Refused { cause, .. } => match **cause {
                Cause::Policy(_) | Cause::Webhook(_) | Cause::Quota(_) => Kind::Forbidden,
                Cause::SilentWebhook(_) => Kind::Unavailable,
                Cause::Terminating
                | Cause::FullAnnotations
                | Cause::TooLarge
                | Cause::Immutable => Kind::Conflict,
                Cause::Field(_) => Kind::Invalid,
            },
            Self::NoReplacement { cause, .. } => cause.kind(),
            Self::TooMany { .. } => Kind::TooMany,
            Self::BadAnswer(_) => Kind::BadAnswer,
            Self::Unavailable { .. } | Self::Unreachable { .. } => Kind::Unavailable,
            Self::NotReady { .. } | Self::Timeout(_) => Kind::Timeout,
        }
    }

    /// The hint without the sentence that nothing was changed.
    fn remedy(&self) -> String {
        let hint = self.hint();
        let end = hint.find(" Nothing was ").unwrap_or(hint.len());
        hint[..end].to_owned()
    }

    fn hint(&self) -> String {
        match self {
            Self::NotAToken => "Copy the whole value again.".into(),
            Self::Credential(error) => error.hint(),
            Self::PlainHttp(_) => {
                "Start this program with a kubeconfig that has the API server's https address, not that of kubectl proxy.".into()
            }
            Self::Unauthenticated => {
                "It expired, or its token was deleted or suspended. Sign in with another one.".into()
            }
            Self::Forbidden(access) | Self::ProgramForbidden(access) => forbidden_hint(access),
            Self::NotImpersonated(_)
            | Self::ImpersonatesAlready
            | Self::NoMatchingRole(_)
            | Self::NotYourRole(_)
            | Self::ActsElsewhere(_) => self.acting_hint().into(),
            Self::NotFound(_) => "Kubernetes 1.28 or newer is needed. Check the cluster's version and address.".into(),
            Self::NoToken(_) => "It may have been deleted meanwhile. Reload the page to see which tokens there are.".into(),
            Self::NoRole { .. } => "A role is a ServiceAccount. Choose one that exists. Nothing was created.".into(),
            Self::NotARole { .. } => "Look at the Secret with kubectl, and delete it there if nobody needs it.".into(),
            Self::NotAProject(_) => {
                "Choose a project from the list. Its namespace has the label kargo.akuity.io/project: \"true\".".into()
            }
            Self::NotASystemRole { .. } => {
                "Such a token could lead to full control of the cluster. Choose a ServiceAccount with the label \
                 rbac.kargo.akuity.io/system-role: \"true\"."
                    .into()
            }
            Self::NameTaken(_) => "Choose another name. Nothing was changed.".into(),
            Self::NameWasUsed(_) => "Choose another name, such as one with a random ending. Nothing was changed.".into(),
            Self::Replaced(_)
            | Self::OtherRole(_)
            | Self::Conflict(_)
            | Self::AlreadySuspended(_)
            | Self::NotSuspended(_)
            | Self::NotDue(_) => RELOAD.into(),
            Self::Unmanaged { .. } => {
                "Kargo's own tools refuse it, too. Use kubectl to change or delete it.".into()
            }
            Self::NoReveal(_) => "If its value was lost, recreate the token: the new one has a reveal.".into(),
            Self::NotTheCreator { .. } => "Ask them, or recreate the token: you can reveal the new one.".into(),
            Self::Suspended(_) => "Restore the token first, or recreate it.".into(),
            Self::Deleting { .. } => "If the token is still needed, undo the deletion first. Nothing was changed.".into(),
            Self::HasSuccessor { .. } => {
                "Its row shows it when the page is reloaded. Try again only if you need another successor. Nothing was created.".into()
            }
            Self::NoSuccessor(_) => "Recreate the token first: the new one is its successor.".into(),
            Self::NotSuspendable(_) => "Delete the token, or let it expire.".into(),
            Self::TooOld => "Delete the token instead; that can't be undone. Nothing was changed.".into(),
            Self::OwnToken(_) => {
                "This would lock you out. Sign in with another credential first. Nothing was changed.".into()
            }
            Self::Expired { .. } => "Recreate the token: you can reveal the new one.".into(),
            Self::TooLong => "Choose a shorter lifetime. Nothing was created.".into(),
            Self::NotCompromised(_) => "Reload the page to see how it is now.".into(),
            Self::ExternallyManaged { tool, .. } => {
                format!("Remove the token from {tool}'s sources first, then delete it here.")
            }
            Self::SuccessorGone(_) => "Recreate the token, or delete it if nothing uses it any more.".into(),
            Self::ReportUnderWay(_) => "Only the person who reported it can restore it now, in the program where they did so.".into(),
            Self::Compromised(_) => "If this was a false alarm, restore the token in its own row.".into(),
            Self::Terminating(_) => {
                "Look at the Secret's finalizers with kubectl. The API server refuses the value within about 10 seconds, an expiring \
                 token's within about 70."
                    .into()
            }
            Self::NotesChanged(_) => {
                "Reload the page, read their text, then write yours again. Nothing was changed.".into()
            }
            Self::AlreadyRevealed { .. } => {
                "If the value was not saved, recreate the token: the new one has another name and another value.".into()
            }
            Self::NotItsValue(_) | Self::UnsignedValue(_) => "Recreate the token, then delete this one.".into(),
            Self::NotClaimed(_) => "If the value was not saved, recreate the token.".into(),
            Self::NotReady { .. } => {
                "Try again: the token still waits for its reveal, and nobody has seen its value. If this goes on, check the \
                 cluster's kube-controller-manager, which writes the values."
                    .into()
            }
            Self::ListExpired => "Start again from the first page.".into(),
            Self::Invalid(_) => "Check what you entered. Nothing was changed.".into(),
            Self::Refused { access, cause, .. } => refusal_hint(access, cause),
            Self::NoReplacement { cause, is_deleted, .. } => {
                let then = if *is_deleted {
                    "Then create a token for the same role."
                } else {
                    "Then choose Continue in the token's row."
                };
                format!("{} {then}", cause.remedy())
            }
            Self::TooMany { .. } => "Wait a few seconds, then try again.".into(),
            Self::BadAnswer(_) => {
                "Another program than Kubernetes may answer at its address. Check the kubeconfig's server, its scheme (https://) and proxies.".into()
            }
            Self::Unavailable { access, .. } | Self::Unreachable { access, .. } | Self::Timeout(access) if access.is_read() => {
                "Try again. If this goes on, whoever runs Kargo Tokens should check that the cluster is running, and that the kubeconfig has its address.".into()
            }
            Self::Unavailable { .. } | Self::Unreachable { .. } | Self::Timeout(_) => {
                "The change may have been made nevertheless. Reload the page before you try again.".into()
            }
        }
    }
}

impl Error {
    /// Hints of the errors about acting as a role.
    fn acting_hint(&self) -> &'static str {
        match self {
            Self::NotImpersonated(_) => {
                "Ask an administrator to apply these Kubernetes objects, which allow it."
            }
            Self::ImpersonatesAlready => "Start it with a kubeconfig without an entry \"as\".",
            Self::NoMatchingRole(_) => {
                "Ask an administrator to add one of your claims to a role. A project's role counts in its project only."
            }
            Self::ActsElsewhere(_) => {
                "To use your other roles, choose \"Each role that fits\" on the page of your session."
            }
            _ => "Choose another role to act as, on the page of your session.",
        }
    }
}

fn refused(access: &Access, cause: &Cause) -> String {
    match cause {
        Cause::Policy(name) => {
            format!("The policy {name} of this cluster doesn't allow to {access}.")
        }
        Cause::Webhook(name) => {
            format!("The admission webhook {name} of this cluster doesn't allow to {access}.")
        }
        Cause::SilentWebhook(name) => format!(
            "The admission webhook {name} doesn't answer, and without its answer this cluster doesn't allow to {access}."
        ),
        Cause::Quota(name) => {
            format!("The quota {name} is used up, so the cluster doesn't allow to {access}.")
        }
        Cause::Terminating => {
            format!("The namespace is being removed, so the cluster doesn't allow to {access}.")
        }
        Cause::FullAnnotations => {
            format!(
                "The annotations of the Secret are full (256 KiB), so the cluster doesn't allow to {access}."
            )
        }
        Cause::TooLarge => format!("The request to {access} is too large for the cluster."),
        Cause::Immutable => {
            format!("The Secret is immutable, so the cluster doesn't allow to {access}.")
        }
        Cause::Field(field) if field.is_empty() => {
            format!("Kubernetes calls the request to {access} invalid.")
        }
        Cause::Field(field) => format!(
            "Kubernetes calls the request to {access} invalid, because of its field {field}."
        ),
    }
}

fn refusal_hint(access: &Access, cause: &Cause) -> String {
    let next = match cause {
        Cause::Policy(_) | Cause::Webhook(_) => {
            "Do as it asks, or ask the people who run the cluster."
        }
        Cause::SilentWebhook(_) => "Ask the people who run the webhook, or try again later.",
        Cause::Quota(_) => "Delete tokens that nobody needs, or ask for a larger quota.",
        Cause::Terminating => "Choose another project.",
        Cause::FullAnnotations => "Remove annotations of other tools with kubectl.",
        Cause::TooLarge | Cause::Field(_) => "Check what you entered.",
        Cause::Immutable => "Recreate the token, then delete this one.",
    };
    // A deletion needs no change of the Secret. The chart's own policy for suspended tokens refuses it, too.
    let is_of_suspended =
        matches!(cause, Cause::Policy(name) if name.ends_with("-suspended-tokens"));
    let otherwise = if access.verb == "patch" && !is_of_suspended {
        " To stop the token all the same, choose Delete at once in its menu."
    } else {
        ""
    };
    format!("{next}{otherwise} Nothing was changed.")
}

fn forbidden_hint(access: &Access) -> String {
    if access.resource == "serviceaccounts/token" {
        return "Kubernetes mints the values of expiring tokens, and none of Kargo's roles may ask for that. Ask an administrator for a \
                ClusterRole (usually named kargo-tokens-minter) that allows the verb create on serviceaccounts/token, or choose a \
                token that never expires. Nothing was created."
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
            format!(
                "Ask an administrator for a Role in namespace {namespace} that allows the verb {verb} on {resource}."
            )
        }
        None => format!(
            "Ask an administrator for a ClusterRole that allows the verb {verb} on {resource}."
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use serde::Deserialize;

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
    fn an_unmanaged_token_names_everything_that_it_lacks() {
        let token = TokenLocation {
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
    fn an_unanswered_write_may_have_taken_effect() {
        let read = Error::Timeout(Access::to("list", "secrets")).problem();
        let write = Error::Timeout(Access::to("create", "secrets")).problem();
        assert!(!read.hint.contains("may have been made"));
        assert!(write.hint.contains("may have been made"));
    }

    #[derive(Deserialize)]
    struct Recorded {
        what: String,
        status: u16,
        body: serde_json::Value,
    }

    /// Answers of a real API server of Kubernetes 1.37, recorded word for word.
    fn recorded() -> Vec<Recorded> {
        serde_json::from_str(include_str!("refusal/recorded.json")).expect("recorded answers")
    }

    #[test]
    fn each_recorded_answer_has_its_own_sentences() {
        let mut told = String::new();
        for Recorded { what, status, body } in recorded() {
            let body: Status = serde_json::from_value(body).unwrap_or_default();
            let access = Access::to("patch", "secrets").within("kargo").named("ci");
            let problem = Error::of_answer(access, status, &body).problem();
            write!(
                told,
                "{what} ({status} → {})\n  {}\n  {}\n  {}\n\n",
                problem.kind.status(),
                problem.message,
                problem.quote.as_deref().unwrap_or("-"),
                problem.hint,
            )
            .expect("a string takes everything");
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn a_quotation_contains_no_value() {
        let jwt = format!("eyJhbGciOiJSUzI1NiJ9.{}.c2ln", "eyJzdWIiOiJ4In0".repeat(3));
        let message =
            format!("admission webhook \"w\" denied the request: {{\"token\":\"{jwt}\"}}");
        let status: Status = serde_json::from_value(serde_json::json!({ "message": message }))
            .expect("an explanation");
        let problem = Error::of_answer(Access::to("create", "secrets"), 403, &status).problem();
        let quote = problem.quote.expect("a quotation");
        assert!(
            quote.contains("denied the request") && !quote.contains("eyJ"),
            "{quote}"
        );
    }

    #[test]
    fn a_body_of_something_else_is_no_explanation() {
        let code = |code| Error::of_answer(Access::to("get", "secrets"), code, &Status::default());
        assert!(matches!(code(403), Error::Forbidden(_)));
        assert!(matches!(code(502), Error::Unavailable { .. }));
        assert!(matches!(code(302), Error::BadAnswer(_)));
        assert!(matches!(code(400), Error::BadAnswer(_)));
        let Error::Refused { cause, .. } = code(422) else {
            panic!("an explanation is not needed");
        };
        assert_eq!(*cause, Cause::Field(String::new()));
    }
}
