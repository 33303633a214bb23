//! The rule, case by case, and against a second implementation of it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{
    annotations::{CLAIM_PREFIX, CLAIMS},
    *,
};
use crate::{name::ProjectName, scope::Scope};

fn annotations(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// Decodes a JSON annotation alone.
fn of_json(json: &str) -> AcceptedClaims {
    AcceptedClaims::of(&annotations(&[(CLAIMS, json)]))
}

fn person(json: &str) -> PersonClaims {
    PersonClaims::parse(json).expect("claims")
}

/// A verdict in a few words.
fn words(verdict: &Verdict) -> String {
    let pair = |ClaimValue { claim, value }: &ClaimValue| format!("{claim}={value}");
    match verdict {
        Verdict::Matches(found) => format!("matches {}", pair(found)),
        Verdict::NotLookedAt => "not looked at".to_owned(),
        Verdict::Void { would_match, .. } => format!("void, would match: {would_match}"),
        Verdict::NearMiss { accepted, has } => format!("near {} has {}", pair(accepted), pair(has)),
        Verdict::OtherType { claim } => format!("other type {claim}"),
        Verdict::OtherValue { claim, has } => format!("other {claim} has {}", has.join("|")),
        Verdict::Missing { claims } => format!("missing {}", claims.join("|")),
        Verdict::NoClaims => "no claims".to_owned(),
    }
}

fn judged(json: &str, old: &str, claims: &str) -> String {
    let mut all = BTreeMap::new();
    if json != "-" {
        all.insert(CLAIMS.to_owned(), json.to_owned());
    }
    for entry in old.split(';').filter(|entry| *entry != "-") {
        let (name, values) = entry.split_once('=').expect("a name and values");
        all.insert(format!("{CLAIM_PREFIX}{name}"), values.to_owned());
    }
    words(&AcceptedClaims::of(&all).judge(&person(claims)))
}

/// JSON annotation, older annotations (`NAME=VALUES`), the person's claims, and the verdict. `-`: no such annotation.
const CASES: &[(&str, &str, &str, &str)] = &[
    // Texts and lists.
    (
        r#"{"groups":["ops"]}"#,
        "-",
        r#"{"groups":["ops"]}"#,
        "matches groups=ops",
    ),
    (
        r#"{"groups":["ops"]}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "matches groups=ops",
    ),
    (
        r#"{"groups":["qa","ops"]}"#,
        "-",
        r#"{"groups":["devs","ops"]}"#,
        "matches groups=ops",
    ),
    (
        r#"{"groups":["ops"],"email":["a@b.c"]}"#,
        "-",
        r#"{"email":"a@b.c"}"#,
        "matches email=a@b.c",
    ),
    (
        r#"{"groups":["ops"]}"#,
        "-",
        r#"{"groups":["devs","qa"]}"#,
        "other groups has devs|qa",
    ),
    (
        r#"{"groups":["ops"]}"#,
        "-",
        r#"{"groups":"ops,devs"}"#,
        "other groups has ops,devs",
    ),
    (
        r#"{"groups":["ops"]}"#,
        "-",
        r#"{"groups":"ops devs"}"#,
        "other groups has ops devs",
    ),
    (
        r#"{"groups":["ops"]}"#,
        "-",
        r#"{"groups":[["ops"]]}"#,
        "other type groups",
    ),
    (
        r#"{"groups":["ops"]}"#,
        "-",
        r#"{"groups":{"ops":"ops"}}"#,
        "other type groups",
    ),
    (
        r#"{"groups":["ops"]}"#,
        "-",
        r#"{"groups":[]}"#,
        "other type groups",
    ),
    (
        r#"{"groups":["ops"]}"#,
        "-",
        r#"{"groups":null}"#,
        "other type groups",
    ),
    (
        r#"{"groups":["ops"]}"#,
        "-",
        r#"{"email":"ops"}"#,
        "missing groups",
    ),
    (
        r#"{"groups":["ops"],"email":["a@b.c"]}"#,
        "-",
        "{}",
        "missing email|groups",
    ),
    // Numbers and booleans never match, and don't disturb texts beside them.
    (
        r#"{"level":["1"]}"#,
        "-",
        r#"{"level":1}"#,
        "other type level",
    ),
    (r#"{"ok":["true"]}"#, "-", r#"{"ok":true}"#, "other type ok"),
    (
        r#"{"level":["1"]}"#,
        "-",
        r#"{"level":[1,"1"]}"#,
        "matches level=1",
    ),
    (
        r#"{"level":["1"]}"#,
        "-",
        r#"{"level":"1"}"#,
        "matches level=1",
    ),
    // Spaces are trimmed in annotations, and nowhere else.
    (
        r#"{"groups":[" ops "]}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "matches groups=ops",
    ),
    (
        "{\"groups\":[\"\u{a0}ops\\n\"]}",
        "-",
        r#"{"groups":"ops"}"#,
        "matches groups=ops",
    ),
    (
        r#"{"groups":["ops"]}"#,
        "-",
        r#"{"groups":" ops"}"#,
        "near groups=ops has groups= ops",
    ),
    (
        r#"{" groups":["ops"]}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "near  groups=ops has groups=ops",
    ),
    (
        r#"{"groups":["on call"]}"#,
        "-",
        r#"{"groups":"on call"}"#,
        "matches groups=on call",
    ),
    (
        "{\"groups\":[\"\u{200b}ops\"]}",
        "-",
        r#"{"groups":"ops"}"#,
        "other groups has ops",
    ),
    // Upper and lower case count, in values and in names.
    (
        r#"{"groups":["Ops"]}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "near groups=Ops has groups=ops",
    ),
    (
        r#"{"Groups":["ops"]}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "near Groups=ops has groups=ops",
    ),
    (
        r#"{"email":["Ünal@b.c"]}"#,
        "-",
        r#"{"email":"ünal@B.c"}"#,
        "near email=Ünal@b.c has email=ünal@B.c",
    ),
    (
        r#"{"groups":["Ops","ops"]}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "matches groups=ops",
    ),
    // Nulls and empty texts.
    (
        r#"{"groups":null}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "no claims",
    ),
    (r#"{"groups":[]}"#, "-", r#"{"groups":"ops"}"#, "no claims"),
    (
        r#"{"groups":null,"email":["a@b.c"]}"#,
        "-",
        r#"{"email":"a@b.c"}"#,
        "matches email=a@b.c",
    ),
    (
        r#"{"groups":["x",null]}"#,
        "-",
        r#"{"groups":""}"#,
        "matches groups=",
    ),
    (
        r#"{"groups":[" "]}"#,
        "-",
        r#"{"groups":[""]}"#,
        "matches groups=",
    ),
    (
        r#"{"groups":["x",null]}"#,
        "-",
        r#"{"groups":[null]}"#,
        "other type groups",
    ),
    ("null", "-", r#"{"groups":"ops"}"#, "no claims"),
    ("{}", "-", r#"{"groups":"ops"}"#, "no claims"),
    ("-", "-", r#"{"groups":"ops"}"#, "no claims"),
    // One mistake voids the whole annotation.
    (
        r#"{"groups":"ops"}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "void, would match: true",
    ),
    (
        r#"{"groups":"ops"}"#,
        "-",
        r#"{"groups":"devs"}"#,
        "void, would match: false",
    ),
    (
        r#"{"groups":["ops"],"email":"a@b.c"}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "void, would match: true",
    ),
    (
        r#"{"groups":["ops",1]}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "void, would match: true",
    ),
    (
        r#"{"groups":["ops",["x"]]}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "void, would match: false",
    ),
    (
        r#"{"groups":["ops"]} x"#,
        "-",
        r#"{"groups":"ops"}"#,
        "void, would match: false",
    ),
    (
        r#"{"groups":["ops"],}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "void, would match: false",
    ),
    (
        "{'groups':['ops']}",
        "-",
        r#"{"groups":"ops"}"#,
        "void, would match: false",
    ),
    ("", "-", r#"{"groups":"ops"}"#, "void, would match: false"),
    (
        "groups=ops",
        "-",
        r#"{"groups":"ops"}"#,
        "void, would match: false",
    ),
    (
        r#"["ops"]"#,
        "-",
        r#"{"groups":"ops"}"#,
        "void, would match: false",
    ),
    // Of a name that occurs twice, the last list counts; a mistake counts wherever it is.
    (
        r#"{"groups":["ops"],"groups":["qa"]}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "other groups has ops",
    ),
    (
        r#"{"groups":["ops"],"groups":["qa"]}"#,
        "-",
        r#"{"groups":"qa"}"#,
        "matches groups=qa",
    ),
    (
        r#"{"groups":"ops","groups":["qa"]}"#,
        "-",
        r#"{"groups":"qa"}"#,
        "void, would match: true",
    ),
    (
        r#"{"groups":["qa"]}"#,
        "-",
        r#"{"groups":"ops","groups":"qa"}"#,
        "matches groups=qa",
    ),
    // Escapes, as Go reads them.
    (
        r#"{"groups":["a\ud800b"]}"#,
        "-",
        "{\"groups\":\"a\u{fffd}b\"}",
        "matches groups=a\u{fffd}b",
    ),
    (
        "{\"groups\":[\"a\u{fffd}b\"]}",
        "-",
        r#"{"groups":"a\udc00b"}"#,
        "matches groups=a\u{fffd}b",
    ),
    (
        r#"{"groups":["\u006fps"]}"#,
        "-",
        r#"{"groups":"ops"}"#,
        "matches groups=ops",
    ),
    // The older annotations: a list with commas, beside the JSON.
    (
        "-",
        "groups=ops",
        r#"{"groups":"ops"}"#,
        "matches groups=ops",
    ),
    (
        "-",
        "groups=qa, ops ,,",
        r#"{"groups":["ops"]}"#,
        "matches groups=ops",
    ),
    (
        "-",
        "groups=qa, ops ,,",
        r#"{"groups":[""]}"#,
        "other groups has ",
    ),
    ("-", "groups= , ", r#"{"groups":""}"#, "no claims"),
    (
        "-",
        "groups=[\"ops\"]",
        r#"{"groups":"ops"}"#,
        "other groups has ops",
    ),
    (
        "-",
        "Groups=ops",
        r#"{"groups":"ops"}"#,
        "near Groups=ops has groups=ops",
    ),
    (
        "-",
        "groups=ops;email=a@b.c",
        r#"{"email":"a@b.c"}"#,
        "matches email=a@b.c",
    ),
    (
        r#"{"groups":["ops"]}"#,
        "groups=qa",
        r#"{"groups":"qa"}"#,
        "matches groups=qa",
    ),
    (
        r#"{"groups":["ops"]}"#,
        "groups=qa",
        r#"{"groups":"ops"}"#,
        "matches groups=ops",
    ),
    (
        r#"{"groups":"ops"}"#,
        "groups=qa",
        r#"{"groups":"qa"}"#,
        "matches groups=qa",
    ),
    (
        r#"{"groups":"ops"}"#,
        "groups=qa",
        r#"{"groups":"ops"}"#,
        "void, would match: true",
    ),
    // Names with a slash are compared apart from their values.
    (r#"{"a":["b/c"]}"#, "-", r#"{"a/b":"c"}"#, "missing a"),
    (
        r#"{"https://x/groups":["ops"]}"#,
        "-",
        r#"{"https://x/groups":["ops"]}"#,
        "matches https://x/groups=ops",
    ),
];

#[test]
fn each_case_has_its_verdict() {
    for (json, old, claims, expected) in CASES {
        assert_eq!(
            judged(json, old, claims),
            *expected,
            "{json} {old} {claims}"
        );
    }
}

#[test]
fn both_kinds_of_annotations_are_merged_and_sorted() {
    let accepted = AcceptedClaims::of(&annotations(&[
        (CLAIMS, r#"{"groups":["ops"," devs"],"email":["a@b.c"]}"#),
        ("rbac.kargo.akuity.io/claim.groups", "qa, ops,,"),
        ("rbac.kargo.akuity.io/claim.sub", " "),
        ("rbac.kargo.akuity.io/managed", "true"),
    ]));
    let claim = |name: &str, values: &[&str]| Claim {
        name: name.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    assert_eq!(
        accepted.claims,
        [
            claim("email", &["a@b.c"]),
            claim("groups", &["devs", "ops", "qa"])
        ]
    );
    assert_eq!(accepted.void, None);
}

#[test]
fn annotations_are_decoded_as_go_does() {
    for (json, expected) in [
        (r#"{"groups":null,"email":["a@b.c"]}"#, "email=a@b.c"),
        (r#"{"groups":["x",null]}"#, "groups=,x"),
        (r#"{"groups":["a\ud800b"]}"#, "groups=a\u{fffd}b"),
        (
            r#"{"groups":["\udc00\ud83d\ude00"]}"#,
            "groups=\u{fffd}\u{1f600}",
        ),
        (r#"{"groups":["a\\ud800"]}"#, r"groups=a\ud800"),
        ("null", ""),
        ("{}", ""),
    ] {
        let AcceptedClaims { claims, void } = of_json(json);
        let claims: Vec<_> = claims
            .iter()
            .map(|claim| format!("{}={}", claim.name, claim.values.join(",")))
            .collect();
        assert_eq!(
            (claims.join(" ").as_str(), void),
            (expected, None),
            "{json}"
        );
    }
}

#[test]
fn a_void_annotation_says_where_why_and_how_it_was_meant() {
    const SINGLE: &str = "has a single value, not a list of texts";
    const OTHER: &str = "has something else than texts";
    for (json, told, corrected) in [
        (
            r#"{"email":"a@b.c"}"#,
            format!("the claim email {SINGLE} (line 1, column 16)"),
            Some(r#"{"email":["a@b.c"]}"#),
        ),
        (
            r#"{"z":["x"],"a":true,"b":null}"#,
            format!("the claim a {SINGLE} (line 1, column 19)"),
            Some(r#"{"z":["x"],"a":["true"],"b":null}"#),
        ),
        (
            r#"{"groups":["a",1,null]}"#,
            format!("the list of the claim groups {OTHER} (line 1, column 16)"),
            Some(r#"{"groups":["a","1",null]}"#),
        ),
        (
            "{\n  \"a\": [\"x\"],\n  \"b\": {}\n}",
            format!("the claim b {SINGLE} (line 3, column 7)"),
            None,
        ),
        (
            r#"{"groups":[["a"]]}"#,
            format!("the list of the claim groups {OTHER} (line 1, column 11)"),
            None,
        ),
        (
            "[]",
            "the JSON is not an object (line 1, column 0)".to_owned(),
            None,
        ),
        (
            "\"x\"",
            "the JSON is not an object (line 1, column 3)".to_owned(),
            None,
        ),
        (
            "{",
            "the text is not valid JSON (line 1, column 1)".to_owned(),
            None,
        ),
        (
            "",
            "the text is not valid JSON (line 1, column 0)".to_owned(),
            None,
        ),
        (
            r#"{"groups":["a"]} x"#,
            "the text is not valid JSON (line 1, column 18)".to_owned(),
            None,
        ),
        (
            r#"{"groups":[1e999]}"#,
            "the text is not valid JSON (line 1, column 16)".to_owned(),
            None,
        ),
    ] {
        let AcceptedClaims { claims, void } = of_json(json);
        let void = void.expect("a mistake");
        assert_eq!(claims, [], "{json}");
        assert_eq!(
            (void.to_string(), void.corrected.as_deref()),
            (told, corrected),
            "{json}"
        );
    }
}

#[test]
fn a_correction_is_never_void() {
    for json in [
        r#"{"a":"x"}"#,
        r#"{"a":"\ud800","b":1.50,"b":false}"#,
        r#"{"":"\"\\\n"}"#,
    ] {
        let void = of_json(json).void.expect("a mistake");
        let corrected = void.corrected.expect("a correction");
        assert_eq!(of_json(&corrected).void, None, "{corrected}");
    }
}

#[test]
fn claims_of_a_person_are_bounded_and_tolerant() {
    let kept = person(
        r#"{"sub":"x","exp":1,"aud":["a",2],"email_verified":true,"realm":{"roles":["r"]},"none":null}"#,
    );
    assert_eq!(
        kept.to_json(),
        r#"{"aud":["a"],"email_verified":[],"exp":[],"none":[],"realm":[],"sub":["x"]}"#
    );
    assert_eq!(person(&kept.to_json()), kept);
    let listed: Vec<_> = kept.list().map(|(_, values)| values.len()).collect();
    assert_eq!(listed, [1, 0, 0, 0, 0, 1]);
    assert!(kept.has("realm") && kept.texts("realm").is_empty() && !kept.has("roles"));
    let error = |json: &str| PersonClaims::parse(json).expect_err("refused");
    let large = format!("{{\"a\":\"{}\"}}", "a".repeat(PersonClaims::MAX));
    assert_eq!(error(&large), ClaimsError::TooLarge(large.len()));
    for (json, line, column) in [("", 1, 0), ("[]", 1, 0), ("null", 1, 4), ("{\n", 2, 0)] {
        let ClaimsError::NotAnObject {
            line: at,
            column: in_line,
            what,
        } = error(json)
        else {
            panic!("{json:?}");
        };
        assert_eq!((at, in_line), (line, column), "{json:?}");
        assert!(!what.contains(" at line "), "{what}");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    assert!(matches!(error(&deep), ClaimsError::NotAnObject { .. }));
}

fn name(name: &str) -> ProjectName {
    name.parse().expect("a name")
}

#[test]
fn namespaces_are_tried_from_the_project_to_the_global_ones() {
    let looked_at = |global: &[&str]| LookedAt {
        system: name("kargo"),
        global: global.iter().map(|text| name(text)).collect(),
        projects: ["demo", "other"].map(name).into(),
    };
    let order = |global: &[&str], scope: Option<&str>| {
        let scope = scope.map(|text| text.parse::<Scope>().expect("a scope"));
        let looked_at = looked_at(global);
        let order = looked_at.order(scope.as_ref());
        order
            .into_iter()
            .map(ProjectName::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (global, scope, expected) in [
        (&[][..], Some("projects/demo"), "demo kargo"),
        (&["z", "a"][..], Some("projects/demo"), "demo kargo z a"),
        (&["z", "a"], Some("system"), "kargo z a"),
        (&["z", "a"], None, "kargo z a"),
        // No project: its ServiceAccounts are not looked at.
        (&["z"], Some("projects/none"), "kargo z"),
        // A global namespace can be a project, too, or Kargo's own.
        (
            &["other", "demo", "kargo"],
            Some("projects/demo"),
            "demo kargo other",
        ),
        (&["demo"], Some("system"), "kargo demo"),
    ] {
        assert_eq!(order(global, scope), expected, "{global:?} {scope:?}");
    }
    for (namespace, expected) in [
        ("kargo", true),
        ("demo", true),
        ("z", true),
        ("none", false),
        ("default", false),
    ] {
        assert_eq!(
            looked_at(&["z"]).contains(&name(namespace)),
            expected,
            "{namespace}"
        );
    }
}

/// The rule once more, as plainly as it can be written.
fn naive(annotations: &BTreeMap<String, String>, person: &Json) -> bool {
    let mut accepted: Vec<(String, String)> = vec![];
    if let Some(text) = annotations.get("rbac.kargo.akuity.io/claims")
        && let Ok(Json::Object(object)) = serde_json::from_str::<Json>(text)
    {
        let mut from_json = vec![];
        let mut is_void = false;
        for (name, value) in object {
            match value {
                Json::Null => {}
                Json::Array(list) => {
                    for entry in list {
                        match entry {
                            Json::Null => from_json.push((name.clone(), String::new())),
                            Json::String(text) => {
                                from_json.push((name.clone(), text.trim().to_owned()));
                            }
                            _ => is_void = true,
                        }
                    }
                }
                _ => is_void = true,
            }
        }
        if !is_void {
            accepted.extend(from_json);
        }
    }
    for (key, text) in annotations {
        if let Some(name) = key.strip_prefix("rbac.kargo.akuity.io/claim.") {
            for part in text.split(',') {
                if !part.trim().is_empty() {
                    accepted.push((name.to_owned(), part.trim().to_owned()));
                }
            }
        }
    }
    let is_accepted = |name: &str, value: &Json| {
        let text = value.as_str();
        text.is_some_and(|text| accepted.contains(&(name.to_owned(), text.to_owned())))
    };
    person
        .as_object()
        .expect("an object")
        .iter()
        .any(|(name, value)| {
            is_accepted(name, value)
                || value
                    .as_array()
                    .is_some_and(|list| list.iter().any(|entry| is_accepted(name, entry)))
        })
}

fn a_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["ops", "devs", "Ops", " ops", "ops ", "", "a/b", "1", "a,b"]).prop_map(str::to_owned),
        1 => "[a-c ,\"\\\\é]{0,3}",
    ]
}

fn a_name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["groups", "email", "Groups", "a"]).prop_map(str::to_owned)
}

fn a_value() -> impl Strategy<Value = Json> {
    let single = prop_oneof![
        6 => a_text().prop_map(Json::from),
        1 => Just(Json::Null),
    ];
    let any = prop_oneof![
        20 => single.clone(),
        1 => Just(json!(1)),
        1 => Just(json!(true)),
        1 => Just(json!(["ops"])),
        1 => Just(json!({ "ops": "ops" })),
    ];
    prop_oneof![
        12 => prop::collection::vec(single, 0..4).prop_map(Json::from),
        2 => prop::collection::vec(any.clone(), 0..4).prop_map(Json::from),
        2 => any,
    ]
}

fn an_object() -> impl Strategy<Value = Json> {
    prop::collection::btree_map(a_name(), a_value(), 0..4)
        .prop_map(|entries| Json::Object(entries.into_iter().collect()))
}

fn all_annotations() -> impl Strategy<Value = BTreeMap<String, String>> {
    let json = prop_oneof![
        8 => an_object().prop_map(|json| json.to_string()),
        1 => "[\\[\\]{}\":,a-c]{0,8}",
    ];
    let old = prop::collection::btree_map(a_name(), "[a-d ,]{0,6}|ops|devs, ops", 0..2);
    (prop::option::of(json), old).prop_map(|(json, old)| {
        let json = json.map(|json| (CLAIMS.to_owned(), json));
        let old = old
            .into_iter()
            .map(|(name, values)| (format!("{CLAIM_PREFIX}{name}"), values));
        json.into_iter().chain(old).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_rule_is_the_naive_one(annotations in all_annotations(), claims in an_object()) {
        let person = person(&claims.to_string());
        let verdict = AcceptedClaims::of(&annotations).judge(&person);
        prop_assert_eq!(verdict.is_match(), naive(&annotations, &claims), "{:?}", verdict);
    }

    /// A session keeps only the claims that can match.
    #[test]
    fn kept_claims_match_as_before(annotations in all_annotations(), claims in an_object()) {
        let accepted = AcceptedClaims::of(&annotations);
        let before = person(&claims.to_string());
        let after = person(&before.to_json());
        prop_assert_eq!(accepted.matching(&before), accepted.matching(&after));
    }

    #[test]
    fn any_text_is_decoded_or_void(text in any::<String>(), claims in an_object()) {
        let accepted = of_json(&text);
        accepted.judge(&person(&claims.to_string()));
        if let Some(corrected) = accepted.void.and_then(|void| void.corrected) {
            prop_assert_eq!(of_json(&corrected).void, None);
        }
    }
}
