//! Cookies without security relevance: display preferences and the notice after a form post.

use app::{flash::Flash, preferences::Preferences};
use axum::{
    Form,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Uri,
        header::{LOCATION, REFERER, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use kargo::cluster::LastWritten;

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

/// Redirects to the page that posted a form. Uses only the path and query of the referrer, to prevent redirects to other sites.
fn redirect_back(headers: &HeaderMap, cookie: &str) -> Response {
    let page = headers
        .get(REFERER)
        .and_then(|referer| referer.to_str().ok())
        .and_then(|referer| referer.parse::<Uri>().ok())
        .and_then(|referer| referer.path_and_query().map(ToString::to_string))
        .filter(|page| page.starts_with('/') && !page.starts_with("//") && !page.contains('\\'))
        .unwrap_or_else(|| "/system".to_owned());
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
