//! Cookies without security relevance: display preferences and the notice after a form post.

use app::{
    base_path::{self, at},
    flash::Flash,
    preferences::Preferences,
    visited::Visited,
};
use axum::{
    Form,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Uri,
        header::{LOCATION, REFERER, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use kargo::{cluster::LastWritten, name::ProjectName};

/// The cookie with [`Preferences`].
const PREFERENCES: &str = "kargo-tokens-look";
/// The cookie with a [`Flash`].
const FLASH: &str = "kargo-tokens-flash";
/// Lifetime of a notice that no page has shown yet.
const FLASH_SECONDS: u32 = 60;
/// Lifetime of the preferences: one year.
const PREFERENCES_SECONDS: u32 = 365 * 24 * 3600;

/// The cookie with a [`LastWritten`].
const WRITTEN: &str = "kargo-tokens-written";
/// Time in which another replica may be asked for a page that has to show a write.
const WRITTEN_SECONDS: u32 = 10;

/// Reads the last write that the next page has to show.
pub fn last_written(headers: &HeaderMap) -> Option<LastWritten> {
    let jar = CookieJar::from_headers(headers);
    jar.get(WRITTEN)?.value().parse().ok()
}

/// Returns the header that tells the next page about a write, or deletes it once told.
pub fn tell_written(last: Option<&LastWritten>) -> Option<HeaderValue> {
    let cookie = match last {
        Some(last) => cookie(WRITTEN, &last.to_string(), WRITTEN_SECONDS),
        None => cookie(WRITTEN, "", 0),
    };
    HeaderValue::from_str(&cookie).ok()
}

/// The cookie with the projects that were visited last, for people who may not list projects.
const VISITED: &str = "kargo-tokens-projects";
/// Time for which they are remembered: 90 days.
const VISITED_SECONDS: u32 = 90 * 24 * 3600;
/// Projects that are remembered.
const MOST_VISITED: usize = 20;

/// Reads the projects that were visited last.
pub fn visited(headers: &HeaderMap) -> Visited {
    let jar = CookieJar::from_headers(headers);
    let names = jar
        .get(VISITED)
        .map(axum_extra::extract::cookie::Cookie::value);
    let names = names.into_iter().flat_map(|names| names.split('.'));
    Visited(
        names
            .filter_map(|name| name.parse().ok())
            .take(MOST_VISITED)
            .collect(),
    )
}

/// Returns the header that remembers a visited project; `None` if it was the last one anyway.
pub fn remember_visited(headers: &HeaderMap, project: &ProjectName) -> Option<HeaderValue> {
    let Visited(before) = visited(headers);
    if before.first() == Some(project) {
        return None;
    }
    let others = before.iter().filter(|other| *other != project);
    let names: Vec<_> = [project]
        .into_iter()
        .chain(others)
        .take(MOST_VISITED)
        .collect();
    let names: Vec<_> = names.into_iter().map(ProjectName::as_str).collect();
    HeaderValue::from_str(&cookie(VISITED, &names.join("."), VISITED_SECONDS)).ok()
}

/// Returns the header that forgets visited projects: the next person at the browser must not see their names.
pub fn forget_visited() -> HeaderValue {
    HeaderValue::from_str(&cookie(VISITED, "", 0))
        .expect("the name and the attributes are plain text")
}

/// Reads the display preferences.
pub fn preferences(headers: &HeaderMap) -> Preferences {
    CookieJar::from_headers(headers)
        .get(PREFERENCES)
        .map(|cookie| Preferences::parse(cookie.value()))
        .unwrap_or_default()
}

/// Reads the notice of the last form post.
pub fn flash(headers: &HeaderMap) -> Option<Flash> {
    Flash::parse(CookieJar::from_headers(headers).get(FLASH)?.value())
}

/// Redirects to the page that posted a form; the page shows the notice once.
pub fn redirect_with_flash(headers: &HeaderMap, flash: &Flash) -> Response {
    redirect_back(headers, &cookie(FLASH, &flash.code(), FLASH_SECONDS))
}

/// Returns the header that deletes a notice once shown.
pub fn delete_flash() -> (HeaderName, HeaderValue) {
    let expired = cookie(FLASH, "", 0);
    (
        SET_COOKIE,
        HeaderValue::from_str(&expired).expect("the name and the attributes are plain text"),
    )
}

/// Formats a cookie that scripts can't read. `value` must not contain `;` or control characters.
fn cookie(name: &str, value: &str, seconds: u32) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict")
}

#[derive(serde::Deserialize)]
pub struct PreferencesForm {
    theme: Option<String>,
    density: Option<String>,
    shortcuts: Option<String>,
}

/// `POST /preferences`: changes the preferences and redirects to the page.
pub async fn set_preferences(headers: HeaderMap, Form(form): Form<PreferencesForm>) -> Response {
    let preferences = preferences(&headers)
        .with_theme(&form.theme.unwrap_or_default())
        .with_density(&form.density.unwrap_or_default())
        .with_shortcuts(&form.shortcuts.unwrap_or_default());
    redirect_back(
        &headers,
        &cookie(PREFERENCES, &preferences.code(), PREFERENCES_SECONDS),
    )
}

/// Whether an address without a host is one of the program, below its base path.
fn is_own(base_path: &str, page: &str) -> bool {
    let Some(path) = page.strip_prefix(base_path) else {
        return false;
    };
    let is_elsewhere = path.starts_with("//") || path.contains('\\') || path.contains("/..");
    path.starts_with('/') && !is_elsewhere
}

/// Redirects to the page that posted a form. Uses only the path and query of the referrer, to prevent redirects to other sites.
fn redirect_back(headers: &HeaderMap, cookie: &str) -> Response {
    let page = headers
        .get(REFERER)
        .and_then(|referer| referer.to_str().ok())
        .and_then(|referer| referer.parse::<Uri>().ok())
        .and_then(|referer| referer.path_and_query().map(ToString::to_string))
        .filter(|page| is_own(base_path::get(), page))
        .unwrap_or_else(|| at("/system"));
    let mut response = StatusCode::SEE_OTHER.into_response();
    for (name, value) in [(LOCATION, page), (SET_COOKIE, cookie.to_owned())] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use app::{flash::Outcome, preferences::Theme};

    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).expect("a header"))])
    }

    fn location(response: &Response) -> &str {
        response.headers()[LOCATION].to_str().expect("text")
    }

    #[test]
    fn a_form_post_redirects_to_its_own_site_only() {
        let flash = Flash {
            outcome: Outcome::Deleted,
            token: None,
        };
        for (referer, page) in [
            (
                "http://127.0.0.1:3000/projects/demo?show=active",
                "/projects/demo?show=active",
            ),
            ("http://127.0.0.1:3000//evil.example/x", "/system"),
            ("http://evil.example/page", "/page"),
            ("nothing", "/system"),
        ] {
            let response = redirect_with_flash(&headers(REFERER, referer), &flash);
            assert_eq!(response.status(), StatusCode::SEE_OTHER);
            assert_eq!(location(&response), page, "{referer}");
        }
        assert_eq!(
            location(&redirect_with_flash(&HeaderMap::new(), &flash)),
            "/system"
        );
    }

    #[test]
    fn only_pages_below_the_base_path_are_own() {
        for (base_path, page, expected) in [
            ("", "/system?q=a", true),
            ("", "//evil.example", false),
            ("", "/\\evil.example", false),
            ("/a/b", "/a/b/system", true),
            ("/a/b", "/a/b", false),
            ("/a/b", "/", false),
            ("/a/b", "/a/bc/system", false),
            ("/a/b", "/other", false),
            ("/a/b", "/a/b/../..//evil", false),
        ] {
            assert_eq!(is_own(base_path, page), expected, "{base_path} {page}");
        }
    }

    #[test]
    fn the_projects_that_were_visited_last_come_first() {
        let name = |name: &str| name.parse::<ProjectName>().expect("a name");
        let with = |cookie: &str| headers(axum::http::header::COOKIE, cookie);
        let remembered = |cookie: &str, project: &str| {
            let value = remember_visited(&with(cookie), &name(project))?;
            let text = value.to_str().expect("text").to_owned();
            let pair = text.split(';').next().expect("a pair").to_owned();
            Some(pair)
        };
        let first = remembered("", "a").expect("a cookie");
        assert_eq!(first, "kargo-tokens-projects=a");
        assert_eq!(remembered(&first, "a"), None);
        let second = remembered(&first, "b").expect("a cookie");
        assert_eq!(second, "kargo-tokens-projects=b.a");
        assert_eq!(
            remembered(&second, "a").as_deref(),
            Some("kargo-tokens-projects=a.b")
        );
        let Visited(known) = visited(&with("kargo-tokens-projects=a.B c.d"));
        assert_eq!(&*known, [name("a"), name("d")]);
        let many = (0..30).fold(String::new(), |cookie, n| {
            remembered(&cookie, &format!("p{n}")).expect("a cookie")
        });
        assert_eq!(visited(&with(&many)).0.len(), MOST_VISITED);
    }

    #[tokio::test]
    async fn changing_one_preference_keeps_the_other() {
        let cookies = headers(axum::http::header::COOKIE, "kargo-tokens-look=dark.normal");
        let form = PreferencesForm {
            theme: None,
            density: Some("compact".to_owned()),
            shortcuts: None,
        };
        let response = set_preferences(cookies, Form(form)).await;
        let cookie = response.headers()[SET_COOKIE].to_str().expect("text");
        assert!(
            cookie.starts_with("kargo-tokens-look=dark.compact.keys;"),
            "{cookie}"
        );
        let preferences = preferences(&headers(axum::http::header::COOKIE, cookie));
        assert_eq!(
            (preferences.theme, preferences.is_compact),
            (Theme::Dark, true)
        );
    }
}
