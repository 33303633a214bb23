//! A cookie of any size up to 8 KB: browsers keep 4 KB each, so a longer text is split over several.

use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::CookieJar;

/// Longest part in one cookie. Name and attributes count, too.
const PART: usize = 3800;
/// Most parts.
const PARTS: usize = 3;

/// A cookie of this program.
#[derive(Debug, Clone)]
pub struct SplitCookie {
    /// Name of the first part; `NAME-1` and `NAME-2` are the others.
    name: String,
    /// `Secure`, where people reach the program over HTTPS.
    is_secure: bool,
    same_site: &'static str,
}

impl SplitCookie {
    /// A cookie that is sent with requests of our own pages only.
    pub fn strict(name: String, is_secure: bool) -> Self {
        Self {
            name,
            is_secure,
            same_site: "Strict",
        }
    }

    /// Another cookie of the same program.
    pub fn beside(&self, name: &str) -> Self {
        Self {
            name: format!("{}-{name}", self.name),
            ..self.clone()
        }
    }

    /// Another one that is also sent with the request that another site leads to.
    pub fn lax(&self, name: &str) -> Self {
        Self {
            same_site: "Lax",
            ..self.beside(name)
        }
    }

    /// Name of the first part.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the text: the number of parts, a dot, and the parts.
    pub fn read(&self, headers: &HeaderMap) -> Option<String> {
        let jar = CookieJar::from_headers(headers);
        let first = jar.get(&self.name)?.value();
        let (count, first) = first.split_once('.')?;
        let count: usize = count.parse().ok()?;
        if !(1..=PARTS).contains(&count) {
            return None;
        }
        let mut text = first.to_owned();
        for part in 1..count {
            text.push_str(jar.get(&self.part(part))?.value());
        }
        Some(text)
    }

    /// `Set-Cookie` headers that write a text for some seconds, and delete parts of a longer one before; `None` if the text is too long.
    pub fn write(&self, text: &str, seconds: u64) -> Option<Vec<HeaderValue>> {
        let parts: Vec<&[u8]> = text.as_bytes().chunks(PART).collect();
        if parts.len() > PARTS {
            return None;
        }
        (0..PARTS)
            .map(|part| match parts.get(part) {
                Some(text) => {
                    let text = std::str::from_utf8(text).ok()?;
                    let count = if part == 0 {
                        format!("{}.", parts.len())
                    } else {
                        String::new()
                    };
                    self.header(part, &format!("{count}{text}"), seconds)
                }
                None => self.header(part, "", 0),
            })
            .collect()
    }

    /// Headers that delete the cookie.
    pub fn delete(&self) -> Vec<HeaderValue> {
        (0..PARTS)
            .filter_map(|part| self.header(part, "", 0))
            .collect()
    }

    fn part(&self, part: usize) -> String {
        match part {
            0 => self.name.clone(),
            part => format!("{}-{part}", self.name),
        }
    }

    fn header(&self, part: usize, text: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let (name, same_site) = (self.part(part), self.same_site);
        HeaderValue::from_str(&format!(
            "{name}={text}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}"
        ))
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    fn cookie() -> SplitCookie {
        SplitCookie::strict("it".to_owned(), true)
    }

    /// The header that a browser sends back.
    fn sent(set: &[HeaderValue]) -> HeaderMap {
        let pairs: Vec<&str> = set
            .iter()
            .map(|value| value.to_str().expect("text"))
            .filter(|text| !text.contains("Max-Age=0"))
            .filter_map(|text| text.split(';').next())
            .collect();
        let header = HeaderValue::from_str(&pairs.join("; ")).expect("a header");
        HeaderMap::from_iter([(COOKIE, header)])
    }

    #[test]
    fn a_text_of_any_length_comes_back() {
        for length in [1, 3800, 3801, 7600, 11_400] {
            let text = "x".repeat(length);
            let set = cookie().write(&text, 60).expect("not too long");
            assert_eq!(set.len(), 3, "other parts are deleted");
            assert_eq!(cookie().read(&sent(&set)).as_deref(), Some(text.as_str()));
        }
        assert!(cookie().write(&"x".repeat(11_401), 60).is_none());
    }

    #[test]
    fn a_part_that_is_missing_makes_the_cookie_unreadable() {
        let set = cookie().write(&"x".repeat(5000), 60).expect("two parts");
        assert!(cookie().read(&sent(&set[..1])).is_none());
        let odd =
            |text: &'static str| HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(text))]);
        for text in ["it=", "it=x", "it=.x", "it=-1.x", "it=2.x", "other=1.x"] {
            assert!(cookie().read(&odd(text)).is_none(), "{text}");
        }
    }

    #[test]
    fn scripts_other_sites_and_plain_http_never_get_it() {
        let set = cookie().write("x", 60).expect("short");
        let text = set[0].to_str().expect("text");
        assert_eq!(
            text,
            "it=1.x; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
        );
    }
}
