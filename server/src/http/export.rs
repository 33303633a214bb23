//! `GET /inventory.csv` and `GET /inventory.json`: the tokens that the inventory shows with the same parameters, on all of its pages, without
//! values. Sent piece by piece.

use app::{
    export::{Export, ExportedToken},
    flash::NotShownYet,
};
use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{Query, Request},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::stream;
use jiff::Timestamp;
use tower_governor::GovernorLayer;

use super::{
    cookies,
    error::problem_text,
    limits::{Limit, PersonKey},
    pages::after_own_write,
};
use crate::identities::Person;

/// Tokens that are sent as one piece.
const PIECE: usize = 500;

/// Routes for requests with a session. `limit`: exports of one person.
pub fn routes(limit: Limit<PersonKey>) -> Router {
    Router::new()
        .route("/inventory.csv", get(csv))
        .route("/inventory.json", get(json))
        .layer(middleware::from_fn(refuse_old))
        .layer(middleware::from_fn(after_own_write))
        .layer(GovernorLayer::new(limit).error_handler(|_| {
            let text = "Too many exports in a short time. Wait some seconds, then try again.\n";
            (StatusCode::TOO_MANY_REQUESTS, text)
                .into_response()
                .map(Into::into)
        }))
}

/// An export must not lack what the person wrote last.
async fn refuse_old(request: Request, next: Next) -> Response {
    if request.extensions().get::<NotShownYet>().is_some() {
        let text = "Your last change is not known here yet. Try again in a moment.\n";
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    }
    next.run(request).await
}

/// The header of the CSV file: the fields of [`ExportedToken`].
const FIELDS: [&str; 14] = [
    "scope",
    "role",
    "name",
    "state",
    "created",
    "last_used",
    "expires",
    "created_by",
    "contact",
    "note",
    "managed",
    "compromised",
    "replaced_by",
    "risks",
];

/// Parameters of an address.
type Pairs = Vec<(String, String)>;

/// Reads the tokens that a request asks for; an answer in words, if they can't be read.
async fn read(
    person: &Person,
    headers: &HeaderMap,
    query: &Pairs,
) -> Result<Export, Box<Response>> {
    Export::read(&person.viewer, query, &cookies::visited(headers))
        .await
        .map_err(|error| Box::new(problem_text(&error.0)))
}

async fn csv(person: Extension<Person>, headers: HeaderMap, query: Query<Pairs>) -> Response {
    let export = match read(&person, &headers, &query).await {
        Ok(export) => export,
        Err(refusal) => return *refusal,
    };
    let head = std::iter::once(csv_lines([FIELDS.map(str::to_owned).to_vec()]));
    let lines = pieces(export, |tokens, _| csv_lines(tokens.into_iter().map(cells)));
    download("csv", "text/csv; charset=utf-8", head.chain(lines))
}

async fn json(person: Extension<Person>, headers: HeaderMap, query: Query<Pairs>) -> Response {
    let export = match read(&person, &headers, &query).await {
        Ok(export) => export,
        Err(refusal) => return *refusal,
    };
    let objects = pieces(export, |tokens, is_first| {
        let mut text = String::new();
        for (n, token) in tokens.iter().enumerate() {
            text.push_str(if is_first && n == 0 { "\n" } else { ",\n" });
            text.push_str(&serde_json::to_string(token).unwrap_or_default());
        }
        text
    });
    let array = std::iter::once("[".to_owned())
        .chain(objects)
        .chain(std::iter::once("\n]\n".to_owned()));
    download("json", "application/json", array)
}

/// The pieces of an export. `text`: that of some tokens, and whether they are the first ones.
fn pieces(
    export: Export,
    text: impl Fn(Vec<ExportedToken>, bool) -> String,
) -> impl Iterator<Item = String> {
    let number = export.len().div_ceil(PIECE);
    (0..number).map(move |n| text(export.part(n * PIECE, PIECE), n == 0))
}

fn download(
    kind: &str,
    content_type: &'static str,
    pieces: impl Iterator<Item = String> + Send + 'static,
) -> Response {
    let day = kargo::token::day(Timestamp::now());
    let file = format!("attachment; filename=\"kargo-tokens-{day}.{kind}\"");
    let pieces = pieces.map(|piece| Ok::<_, std::convert::Infallible>(Bytes::from(piece)));
    let headers = [
        (CONTENT_TYPE, content_type.to_owned()),
        (CONTENT_DISPOSITION, file),
    ];
    (headers, Body::from_stream(stream::iter(pieces))).into_response()
}

/// The cells of a row.
fn cells(token: ExportedToken) -> Vec<String> {
    let text = |text: Option<String>| text.unwrap_or_default();
    let risks = token.risks.iter().filter_map(|risk| {
        let word = serde_json::to_value(risk).ok()?;
        word.as_str().map(str::to_owned)
    });
    vec![
        token.scope,
        token.role,
        token.name,
        token.state.to_owned(),
        token.created.to_string(),
        text(token.last_used),
        text(token.expires.map(|end| end.to_string())),
        text(token.created_by),
        text(token.contact),
        text(token.note),
        token.managed.to_string(),
        token.compromised.to_string(),
        text(token.replaced_by),
        risks.collect::<Vec<_>>().join(" "),
    ]
}

/// Lines of a CSV file (RFC 4180).
fn csv_lines(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        // Memory takes whatever is written.
        let _ = writer.write_record(row.iter().map(|cell| harmless(cell)));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// A cell of which no spreadsheet takes a part for a formula: notes and names of people are other people's texts. In some countries a semicolon
/// begins the next cell.
fn harmless(cell: &str) -> String {
    let mut harmless = String::with_capacity(cell.len());
    let mut begins = true;
    for letter in cell.chars() {
        if begins
            && matches!(
                letter,
                '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r'
            )
        {
            harmless.push('\'');
        }
        begins = matches!(letter, ';' | '\t' | '\r' | '\n');
        harmless.push(letter);
    }
    harmless
}

#[cfg(test)]
mod tests {
    use kargo::{risk::Risk, sample, token::TokenSummary};

    use super::*;

    fn token(note: &str) -> ExportedToken {
        let token = TokenSummary {
            note: Some(note.to_owned()),
            ..sample::token()
        };
        ExportedToken::of(
            "projects/demo".to_owned(),
            &token,
            vec![Risk::Wildcard, Risk::NoOwner],
        )
    }

    #[test]
    fn the_header_names_the_fields() {
        let object = serde_json::to_value(token("note")).expect("JSON");
        let mut names: Vec<_> = object.as_object().expect("an object").keys().collect();
        let mut fields = FIELDS.to_vec();
        names.sort();
        fields.sort_unstable();
        assert_eq!(names, fields);
        let cells = cells(token("note"));
        assert_eq!(cells.len(), FIELDS.len());
        for (field, cell) in FIELDS.iter().zip(cells) {
            let said = match &object[field] {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Null => String::new(),
                serde_json::Value::Array(list) => list
                    .iter()
                    .filter_map(|it| it.as_str())
                    .collect::<Vec<_>>()
                    .join(" "),
                other => other.to_string(),
            };
            assert_eq!(cell, said, "{field}");
        }
    }

    #[test]
    fn other_peoples_texts_are_no_formulas_and_stay_in_their_cell() {
        for (note, cell) in [
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-x", "'-x"),
            ("@sum", "'@sum"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\nb", "\"a\nb\""),
            ("\t=1", "'\t'=1"),
            ("x;=cmd", "x;'=cmd"),
            ("＝1", "'＝1"),
            ("x; =cmd - 1", "x; =cmd - 1"),
            ("a\n=1", "\"a\n'=1\""),
        ] {
            let line = csv_lines([cells(token(note))]);
            assert!(line.contains(&format!(",{cell},")), "{line}");
            assert!(line.ends_with("\r\n"));
        }
    }
}
