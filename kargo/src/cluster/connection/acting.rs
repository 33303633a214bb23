//! Acting as a ServiceAccount for a person: which headers a request carries, and what a refusal of the API server means.

use std::fmt::{self, Write};

use http::{HeaderMap, HeaderName, HeaderValue, header::USER_AGENT};
use sha2::{Digest, Sha256};

use super::access::Access;
use crate::{
    identity::{PersonNote, ServiceAccountRef},
    impersonation::{EXTRA_SUBJECT, EXTRA_USER, ImpersonationForm, ImpersonationRoles, Parts},
};

/// As which ServiceAccount a view acts, and for whom.
pub(super) struct ActingAs {
    pub account: ServiceAccountRef,
    pub person: PersonNote,
    form: ImpersonationForm,
    headers: HeaderMap,
}

/// The program may not act as a ServiceAccount, or may not send this request as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotImpersonated {
    /// The request.
    pub access: Access,
    /// The ServiceAccount.
    pub account: ServiceAccountRef,
    /// Kubernetes objects that would allow the request, as YAML.
    pub yaml: String,
}

impl fmt::Display for NotImpersonated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            access, account, ..
        } = self;
        if access.resource.starts_with("selfsubject") {
            return write!(f, "Kargo Tokens may not act as the role {account}.");
        }
        write!(
            f,
            "Kargo Tokens may not act as the role {account} to {access}."
        )
    }
}

impl ActingAs {
    pub fn new(account: ServiceAccountRef, person: PersonNote, form: ImpersonationForm) -> Self {
        Self {
            headers: headers(&account, &person, form),
            account,
            person,
            form,
        }
    }

    /// Adds the headers to a request.
    pub fn apply(&self, request: &mut HeaderMap) {
        for (name, value) in &self.headers {
            request.insert(name, value.clone());
        }
    }

    /// `true` if the API server reports the ServiceAccount as the sender. A proxy that drops the headers would make requests the program's.
    pub fn is_user(&self, user: &str) -> bool {
        user == self.account.user()
    }

    /// What a 403 means, if the API server refused the impersonation and not the request. `program`: user name of the program.
    pub fn refused(
        &self,
        access: &Access,
        message: &str,
        program: impl FnOnce() -> String,
    ) -> Option<NotImpersonated> {
        // `User "NAME" cannot VERB resource …`. The names of ServiceAccounts have no spaces.
        let (_, verb) = message.split_once("\" cannot impersonate")?;
        let parts = Parts {
            namespace: true,
            cluster: access.namespace.is_none() || verb.contains("userextras"),
        };
        let roles = ImpersonationRoles {
            program: program(),
            form: self.form,
        };
        let namespace = access.namespace.as_ref().and_then(|name| name.parse().ok());
        let namespace = namespace.as_ref().unwrap_or(&self.account.namespace);
        Some(NotImpersonated {
            yaml: roles.missing(&self.account, Some(namespace), parts),
            access: access.clone(),
            account: self.account.clone(),
        })
    }
}

fn headers(account: &ServiceAccountRef, person: &PersonNote, form: ImpersonationForm) -> HeaderMap {
    let PersonNote {
        issuer,
        subject,
        user,
    } = person;
    let (issuer, subject, user) = (encoded(issuer), encoded(subject), encoded(user));
    let agent = format!(
        "kargo-tokens/{} (issuer={issuer}; subject={subject}; user={user})",
        env!("CARGO_PKG_VERSION")
    );
    let mut all = vec![
        (HeaderName::from_static("impersonate-user"), account.user()),
        (USER_AGENT, agent),
    ];
    if form == ImpersonationForm::Legacy {
        all.extend([
            (extra(EXTRA_SUBJECT), format!("{issuer} {subject}")),
            (extra(EXTRA_USER), user),
        ]);
    }
    all.into_iter()
        .map(|(name, text)| {
            let value = HeaderValue::try_from(text).expect("encoded texts and DNS names are ASCII");
            (name, value)
        })
        .collect()
}

/// Header of an extra. Kubernetes decodes the key.
fn extra(key: &str) -> HeaderName {
    let name = format!("impersonate-extra-{}", key.replace('/', "%2f"));
    HeaderName::try_from(name).expect("letters and percent signs are a header's name")
}

/// A text for a header: percent-encoded except for letters, digits and a few signs of addresses. A long text is cut off and ends with a part of
/// its SHA-256, so that two persons are never the same; Kubernetes cuts off a `User-Agent` after 1024 bytes.
fn encoded(text: &str) -> String {
    const LONGEST: usize = 256;
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@:/+".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    if encoded.len() > LONGEST {
        let hash = format!("{:x}", Sha256::digest(text.as_bytes()));
        encoded.truncate(LONGEST - 17);
        // A cut may leave a half of an escape.
        if let Some(cut) = encoded.rfind('%').filter(|at| at + 3 > encoded.len()) {
            encoded.truncate(cut);
        }
        encoded += "*";
        encoded += &hash[..16];
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account() -> ServiceAccountRef {
        ServiceAccountRef::of_user("system:serviceaccount:kargo:kargo-admin").expect("an account")
    }

    fn person(issuer: &str, subject: &str, user: &str) -> PersonNote {
        PersonNote {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            user: user.to_owned(),
        }
    }

    fn sent(person: &PersonNote, form: ImpersonationForm) -> Vec<String> {
        headers(&account(), person, form)
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")))
            .collect()
    }

    #[test]
    fn the_person_is_named_in_the_user_agent_and_where_possible_in_extras() {
        let ana = person("https://dex.example/", "Cg\"x\r\n", "ana maría@example.com");
        let agent = format!(
            "user-agent: kargo-tokens/{} (issuer=https://dex.example/; subject=Cg%22x%0D%0A; user=ana%20mar%C3%ADa@example.com)",
            env!("CARGO_PKG_VERSION")
        );
        let user = "impersonate-user: system:serviceaccount:kargo:kargo-admin";
        assert_eq!(
            sent(&ana, ImpersonationForm::Constrained),
            [user, agent.as_str()]
        );
        assert_eq!(
            sent(&ana, ImpersonationForm::Legacy),
            [
                user,
                agent.as_str(),
                "impersonate-extra-kargo-tokens%2fsubject: https://dex.example/ Cg%22x%0D%0A",
                "impersonate-extra-kargo-tokens%2fuser: ana%20mar%C3%ADa@example.com",
            ]
        );
    }

    #[test]
    fn a_refused_impersonation_is_told_from_a_refused_request() {
        // As an API server of Kubernetes 1.37 answers.
        const USER: &str = "User \"system:serviceaccount:kargo-tokens:kargo-tokens\" cannot";
        let refused = |message: &str, access: Access, form| {
            let acting = ActingAs::new(account(), person("i", "s", "u"), form);
            let program = || "system:serviceaccount:kargo-tokens:kargo-tokens".to_owned();
            let yaml = acting.refused(&access, message, program)?.yaml;
            let named = yaml
                .lines()
                .filter(|line| line.starts_with("kind: ") && !line.ends_with("Binding"));
            Some(named.collect::<Vec<_>>().join(" "))
        };
        let list = || Access::to("list", "secrets").within("demo");
        let review = || Access::to("create", "selfsubjectaccessreviews.authorization.k8s.io");
        for (message, access, form, expected) in [
            (
                format!("serviceaccounts.authentication.k8s.io \"kargo-admin\" is forbidden: {USER} impersonate:serviceaccount resource \"serviceaccounts\" in API group \"authentication.k8s.io\" in the namespace \"kargo\""),
                list(),
                ImpersonationForm::Constrained,
                Some("kind: Role kind: Role"),
            ),
            (
                format!("secrets is forbidden: {USER} impersonate-on:serviceaccount:list resource \"secrets\" in API group \"\" in the namespace \"demo\""),
                list(),
                ImpersonationForm::Constrained,
                Some("kind: Role kind: Role"),
            ),
            (
                format!("selfsubjectaccessreviews.authorization.k8s.io is forbidden: {USER} impersonate-on:serviceaccount:create resource \"selfsubjectaccessreviews\" in API group \"authorization.k8s.io\" at the cluster scope"),
                review(),
                ImpersonationForm::Constrained,
                Some("kind: ClusterRole kind: Role kind: Role"),
            ),
            (
                format!("serviceaccounts \"kargo-admin\" is forbidden: {USER} impersonate resource \"serviceaccounts\" in API group \"\" in the namespace \"kargo\""),
                list(),
                ImpersonationForm::Legacy,
                Some("kind: Role"),
            ),
            (
                format!("userextras.authentication.k8s.io \"x\" is forbidden: {USER} impersonate resource \"userextras/kargo-tokens/user\" in API group \"authentication.k8s.io\" at the cluster scope"),
                list(),
                ImpersonationForm::Legacy,
                Some("kind: ClusterRole kind: Role"),
            ),
            (
                "secrets is forbidden: User \"system:serviceaccount:kargo:kargo-admin\" cannot list resource \"secrets\" in API group \"\" in the namespace \"demo\"".to_owned(),
                list(),
                ImpersonationForm::Constrained,
                None,
            ),
            (String::new(), list(), ImpersonationForm::Constrained, None),
        ] {
            assert_eq!(refused(&message, access, form).as_deref(), expected, "{message}");
        }
    }

    #[test]
    fn long_texts_are_cut_and_stay_different() {
        let long = |last: &str| encoded(&format!("{}{last}", "é".repeat(400)));
        assert!(long("a").len() <= 256 && long("a") != long("b"));
        assert_eq!(encoded(&"a".repeat(256)), "a".repeat(256));
        let (before, hash) = long("a")
            .split_once('*')
            .map(|(a, b)| (a.len(), b.len()))
            .expect("a cut");
        assert_eq!((before % 3, hash), (0, 16), "no half of an escape is left");
    }

    proptest! {
        #[test]
        fn any_person_can_be_sent(issuer in any::<String>(), subject in any::<String>(), user in ".{0,2000}") {
            let person = person(&issuer, &subject, &user);
            for form in [ImpersonationForm::Constrained, ImpersonationForm::Legacy] {
                let agent = headers(&account(), &person, form)[USER_AGENT].to_str().map(str::len);
                prop_assert!(agent.is_ok_and(|length| length < 1024));
            }
        }

        #[test]
        fn two_texts_are_never_the_same(a in any::<String>(), b in any::<String>()) {
            prop_assert_eq!(encoded(&a) == encoded(&b), a == b);
        }
    }
}
