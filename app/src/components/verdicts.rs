//! Why a person has or doesn't have each role: one verdict a ServiceAccount.

use kargo::{
    claims::{Claim, ClaimValue, PersonClaims, Verdict, VoidClaims},
    identity::ServiceAccountRef,
    name::RoleName,
};
use leptos::prelude::*;

use crate::{
    access::{NamespaceVerdicts, RoleVerdict, Verdicts},
    protocol::COPY,
};

/// Verdicts that are shown of one list, and values of one claim. Whoever may write ServiceAccounts must not be able to make a page endless.
const SHOWN: usize = 100;
/// Values of a claim that are shown.
const VALUES: usize = 5;
/// Namespaces are folded if all of them together have more roles.
const OPEN: usize = 30;

/// Claims of the protocol: no role names them.
const OF_PROTOCOL: [&str; 15] = [
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "s_hash",
    "sid",
];

/// The claims of a person, decoded. Those of the protocol are folded.
#[component]
pub fn ClaimList(claims: PersonClaims) -> impl IntoView {
    let (of_protocol, others): (Vec<_>, Vec<_>) = claims
        .list()
        .partition(|(name, _)| OF_PROTOCOL.contains(name));
    let protocol = (!of_protocol.is_empty()).then(|| {
        let summary = format!("{} claims of the protocol", of_protocol.len());
        view! { <details><summary>{summary}</summary>{claim_rows(of_protocol)}</details> }
    });
    view! { {claim_rows(others)} {protocol} }
}

fn claim_rows(claims: Vec<(&str, &[String])>) -> AnyView {
    let rows = claims
        .into_iter()
        .take(SHOWN)
        .map(|(name, values)| {
            let values = if values.is_empty() {
                view! { <em class="dim">"no text, so it never matches"</em> }.into_any()
            } else {
                let values = values.iter().take(SHOWN);
                values
                    .map(|value| view! { <code><bdi>{value.clone()}</bdi></code> " " })
                    .collect_view()
                    .into_any()
            };
            view! { <div><dt><bdi>{name.to_owned()}</bdi></dt><dd>{values}</dd></div> }
        })
        .collect_view();
    view! { <dl class="facts claim-list">{rows}</dl> }.into_any()
}

/// All verdicts. `system`: the namespace that Kargo runs in.
#[component]
pub fn VerdictList(verdicts: Verdicts, system: String) -> impl IntoView {
    let Verdicts {
        matches,
        void,
        near,
        rest,
        ..
    } = verdicts;
    let is_open = rest.iter().map(|group| group.others.len()).sum::<usize>() <= OPEN;
    let mut all = Vec::new();
    for (title, roles) in [
        ("Matches", matches),
        ("Ignored by Kargo", void),
        ("Near misses", near),
    ] {
        if !roles.is_empty() {
            all.push(heading(format!("{title} ({})", roles.len())));
            all.push(rows(roles, &system));
        }
    }
    if !rest.is_empty() {
        all.push(heading("Other roles, by namespace".to_owned()));
    }
    all.extend(
        rest.into_iter()
            .map(|group| namespace(group, &system, is_open)),
    );
    all
}

fn heading(text: String) -> AnyView {
    view! { <h2>{text}</h2> }.into_any()
}

fn help(text: String) -> AnyView {
    view! { <p class="help">{text}</p> }.into_any()
}

/// The other roles of a namespace, folded where there are many.
fn namespace(group: NamespaceVerdicts, system: &str, is_open: bool) -> AnyView {
    let NamespaceVerdicts {
        namespace,
        others,
        without_claims,
    } = group;
    let summary = match (others.len(), without_claims.len()) {
        (n, 0) => format!("{n} with claims"),
        (0, n) => format!("{n} without claims"),
        (n, m) => format!("{n} with claims, {m} without"),
    };
    let place = place(namespace.as_str(), system);
    let is_open = is_open && !others.is_empty();
    view! {
        <details class="verdict-group" open=is_open>
            <summary><b>{place}</b> " " <span class="dim">{summary}</span></summary>
            {rows(others, system)}
            {without(without_claims)}
        </details>
    }
    .into_any()
}

/// ServiceAccounts that accept nobody.
fn without(names: Vec<RoleName>) -> Option<AnyView> {
    let (count, more) = (names.len(), names.len().saturating_sub(SHOWN));
    (count > 0).then(|| {
        let names: Vec<_> = names.iter().take(SHOWN).map(RoleName::as_str).collect();
        let names = names.join(", ");
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        help(format!(
            "Without claims, so nobody acts as them: {names}{more}."
        ))
    })
}

fn rows(roles: Vec<RoleVerdict>, system: &str) -> AnyView {
    let more = roles.len().saturating_sub(SHOWN);
    let rows: Vec<_> = roles
        .into_iter()
        .take(SHOWN)
        .map(|role| row(role, system))
        .collect();
    let mut all = vec![view! { <ul class="verdicts">{rows}</ul> }.into_any()];
    if more > 0 {
        all.push(help(format!("{more} more are not shown. Search by name.")));
    }
    all.into_any()
}

/// The name of a namespace as pages show it.
fn place(namespace: &str, system: &str) -> String {
    if namespace == system {
        "System".to_owned()
    } else {
        namespace.to_owned()
    }
}

/// The element of a ServiceAccount, for links.
pub fn verdict_id(account: &ServiceAccountRef) -> String {
    format!("role.{}.{}", account.namespace, account.name)
}

/// One ServiceAccount: a mark with its own shape and words, and why.
fn row(role: RoleVerdict, system: &str) -> AnyView {
    let RoleVerdict {
        account,
        verdict,
        void,
        accepted,
        impersonation_roles,
    } = role;
    let (class, mark, heard) = match verdict {
        Verdict::Matches(_) if impersonation_roles.is_some() => {
            ("verdict void", "!", "Matches, but can't be used: ")
        }
        Verdict::Matches(_) => ("verdict yes", "✓", "Matches: "),
        Verdict::Void { .. } => ("verdict void", "!", "Ignored: "),
        Verdict::NearMiss { .. } => ("verdict near", "≈", "Near miss: "),
        _ => ("verdict no", "–", "No match: "),
    };
    let would_match = matches!(
        verdict,
        Verdict::Void {
            would_match: true,
            ..
        }
    );
    let mut about = Vec::new();
    // An older annotation can match beside a void one.
    if !matches!(verdict, Verdict::Void { .. }) {
        about.push(paragraph(why(verdict, accepted)));
    }
    about.extend(void.map(|void| void_view(void, would_match)));
    let id = verdict_id(&account);
    about.extend(impersonation_roles.map(|yaml| grant(&id, yaml)));
    view! {
        <li class=class id=id>
            <span class="mark" aria-hidden="true">{mark}</span>
            <div>
                <p><span class="visually-hidden">{heard}</span><b>{account.name.to_string()}</b> " " <span class="dim">{place(account.namespace.as_str(), system)}</span></p>
                {about}
            </div>
        </li>
    }
    .into_any()
}

/// The Role that lets the program act as a ServiceAccount.
fn grant(id: &str, yaml: String) -> AnyView {
    let id = format!("{id}.yaml");
    let copy = copy_button("Copy YAML", format!("#{id}"));
    view! {
        <details>
            <summary>"Kargo Tokens may not act as it. Show the Role that allows it"</summary>
            <p>{copy}</p>
            <pre id=id class="yaml" tabindex="0" aria-label="The missing Role as YAML">{yaml}</pre>
        </details>
    }
    .into_any()
}

/// A button that copies a text, or the text of an element.
fn copy_button(label: &'static str, text: String) -> AnyView {
    view! { <button type="button" class="ghost lead needs-js" disabled>{label}</button> }
        .attr(COPY, text)
        .into_any()
}

/// A piece of a sentence. Sentences are data and have one view: views of their own would be a large part of what the browser has to load.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Our own words.
    Text(String),
    /// A text that somebody else wrote.
    Code(String),
}

fn words(text: impl Into<String>) -> Part {
    Part::Text(text.into())
}

/// The sentence as a paragraph.
fn paragraph(parts: Vec<Part>) -> AnyView {
    let parts: Vec<AnyView> = parts
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => text.into_any(),
            Part::Code(text) => view! { <code><bdi>{text}</bdi></code> }.into_any(),
        })
        .collect();
    view! { <p>{parts}</p> }.into_any()
}

/// `groups = ops`.
fn pair(parts: &mut Vec<Part>, of: ClaimValue) {
    parts.extend([Part::Code(of.claim), words(" = "), Part::Code(of.value)]);
}

/// The first few values with commas. `last`: text before the last value; `more`: text before the number of the others.
fn values(parts: &mut Vec<Part>, all: Vec<String>, last: &'static str, more: &'static str) {
    let (count, rest) = (all.len(), all.len().saturating_sub(VALUES));
    for (n, value) in all.into_iter().take(VALUES).enumerate() {
        if n > 0 {
            parts.push(words(if n + 1 == count { last } else { ", " }));
        }
        parts.push(Part::Code(value));
    }
    if rest > 0 {
        parts.push(words(format!("{more}{rest} more")));
    }
}

/// Adds the claims that a ServiceAccount accepts: `Needs groups = ops or qa, or email = …`. `otherwise`: the text for viewers who may not read
/// them.
fn needs(parts: &mut Vec<Part>, accepted: Option<Vec<Claim>>, otherwise: &str) -> bool {
    let Some(accepted) = accepted else {
        parts.push(words(otherwise));
        return false;
    };
    let more = accepted.len().saturating_sub(VALUES);
    for (n, claim) in accepted.into_iter().take(VALUES).enumerate() {
        parts.push(words(if n > 0 { ", or " } else { "Needs " }));
        parts.push(Part::Code(claim.name));
        parts.push(words(" = "));
        values(parts, claim.values, " or ", " or ");
    }
    if more > 0 {
        parts.push(words(format!(" or {more} more")));
    }
    true
}

/// Why, in a sentence. `accepted`: what the ServiceAccount accepts, where the person may know it.
fn why(verdict: Verdict, accepted: Option<Vec<Claim>>) -> Vec<Part> {
    let mut parts = Vec::new();
    let of = &mut parts;
    match verdict {
        Verdict::Matches(found) => {
            of.push(words("Matches "));
            pair(of, found);
            of.push(words("."));
        }
        Verdict::Void { void, .. } => of.push(words(void_words(&void))),
        Verdict::NearMiss { accepted, has } => {
            let counts = difference(&accepted, &has);
            of.push(words("Needs "));
            pair(of, accepted);
            of.push(words("; the token says "));
            pair(of, has);
            of.push(words(format!(". {counts}")));
        }
        Verdict::OtherType { claim } => {
            if needs(of, accepted, "") {
                of.push(words(". "));
            }
            of.push(words("The token's "));
            of.push(Part::Code(claim));
            of.push(words(
                " is no text and no list of texts, so it never matches.",
            ));
        }
        Verdict::OtherValue { claim, has } => {
            if !needs(of, accepted, "Needs another value of ") {
                of.push(Part::Code(claim.clone()));
            }
            of.push(words("; the token says "));
            of.push(Part::Code(claim));
            of.push(words(" = "));
            values(of, has, ", ", " and ");
            of.push(words("."));
        }
        Verdict::Missing { claims } => {
            if !needs(of, accepted, "Needs the claim ") {
                values(of, claims, ", ", " and ");
            }
            of.push(words("; the token has no such claim."));
        }
        Verdict::NotLookedAt => of.push(words(
            "Kargo doesn't look at this namespace: it is no project, not Kargo's own and not configured as global.",
        )),
        Verdict::NoClaims => of.push(words("Has no claims, so nobody acts as it.")),
    }
    parts
}

/// Names the difference between an accepted claim and a near miss.
fn difference(accepted: &ClaimValue, has: &ClaimValue) -> &'static str {
    let trimmed = |of: &ClaimValue| (of.claim.trim().to_owned(), of.value.trim().to_owned());
    if trimmed(accepted) == trimmed(has) {
        "Spaces count."
    } else {
        "Upper and lower case count."
    }
}

/// Where and why an annotation is void.
fn void_words(void: &VoidClaims) -> String {
    format!("Kargo ignores this role's claims: {void}, which voids the whole annotation.")
}

/// A void annotation: where, why, and how it was probably meant.
pub fn void_view(void: VoidClaims, would_match: bool) -> AnyView {
    let why = void_words(&void);
    let corrected = void.corrected.map(|json| {
        let end = if would_match {
            ", which would match."
        } else {
            "."
        };
        let sentence = paragraph(vec![
            words("It was probably meant as "),
            Part::Code(json.clone()),
            words(end),
        ]);
        vec![sentence, copy_button("Copy the corrected one", json)]
    });
    let mut all = vec![paragraph(vec![words(why)])];
    all.extend(corrected.into_iter().flatten());
    all.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Renders a verdict as text.
    fn said(verdict: Verdict, accepted: Option<&str>) -> String {
        let accepted = accepted.map(|value| {
            vec![Claim {
                name: "groups".to_owned(),
                values: value.split(' ').map(str::to_owned).collect(),
            }]
        });
        let parts = why(verdict, accepted).into_iter();
        parts
            .map(|(Part::Text(text) | Part::Code(text))| text)
            .collect()
    }

    #[test]
    fn each_verdict_has_its_sentence() {
        let of = |claim: &str, value: &str| ClaimValue {
            claim: claim.to_owned(),
            value: value.to_owned(),
        };
        let other = || Verdict::OtherValue {
            claim: "groups".to_owned(),
            has: vec!["qa".to_owned()],
        };
        let missing = || Verdict::Missing {
            claims: vec!["groups".to_owned()],
        };
        let void = VoidClaims {
            line: 1,
            column: 15,
            reason: kargo::claims::VoidReason::NotAList {
                claim: "groups".to_owned(),
            },
            corrected: Some("[1]".to_owned()),
        };
        for (verdict, accepted, text) in [
            (
                Verdict::Matches(of("groups", "ops")),
                Some("ops"),
                "Matches groups = ops.",
            ),
            (
                Verdict::NearMiss {
                    accepted: of("groups", "ops"),
                    has: of("groups", "Ops"),
                },
                Some("ops"),
                "Needs groups = ops; the token says groups = Ops. Upper and lower case count.",
            ),
            (
                other(),
                Some("ops"),
                "Needs groups = ops; the token says groups = qa.",
            ),
            (
                other(),
                None,
                "Needs another value of groups; the token says groups = qa.",
            ),
            (
                missing(),
                Some("a b c d e f g"),
                "Needs groups = a, b, c, d, e or 2 more; the token has no such claim.",
            ),
            (
                missing(),
                None,
                "Needs the claim groups; the token has no such claim.",
            ),
            (
                Verdict::OtherType {
                    claim: "groups".to_owned(),
                },
                None,
                "The token's groups is no text and no list of texts, so it never matches.",
            ),
            (
                Verdict::Void {
                    void,
                    would_match: true,
                },
                None,
                "Kargo ignores this role's claims: the claim groups has a single value, not a list of texts (line 1, column 15), which voids the whole annotation.",
            ),
        ] {
            assert_eq!(said(verdict, accepted), text);
        }
    }

    #[test]
    fn a_near_miss_says_what_counts() {
        let of = |claim: &str, value: &str| ClaimValue {
            claim: claim.to_owned(),
            value: value.to_owned(),
        };
        for (accepted, has, words) in [
            (of("groups", "ops"), of("groups", " ops"), "Spaces count."),
            (
                of("groups", "ops"),
                of("groups", "Ops"),
                "Upper and lower case count.",
            ),
            (
                of("groups", "ops"),
                of("Groups", "ops"),
                "Upper and lower case count.",
            ),
        ] {
            assert_eq!(difference(&accepted, &has), words);
        }
    }
}
