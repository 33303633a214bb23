//! Addresses of servers and proxies as kubectl reads them.

use http::Uri;
use percent_encoding::percent_decode_str;
use secrecy::SecretString;

/// User name and password within an address.
pub(super) type UserInfo = (String, SecretString);

/// Parses the address of a server. Without a scheme it is plain HTTP, as for kubectl.
pub(super) fn parse_server(text: &str) -> Result<(Uri, Option<UserInfo>), &'static str> {
    const NO_ADDRESS: &str = "it is not an address such as https://cluster.example.com:6443";
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None if text.trim_end_matches('/').contains('/') => {
            return Err("an address with a path needs a scheme, such as https://");
        }
        None => ("http".to_owned(), text),
    };
    if scheme != "http" && scheme != "https" {
        return Err("its scheme is neither https nor http");
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    let (user, host) = split_user(authority);
    let uri: Uri = format!("{scheme}://{host}{path}")
        .parse()
        .map_err(|_| NO_ADDRESS)?;
    let has_host = uri.host().is_some_and(|host| !host.is_empty());
    // `Uri` takes `host:` and ports that don't exist.
    let port = host
        .rsplit_once(':')
        .filter(|(_, port)| !port.ends_with(']'));
    if !has_host || port.is_some_and(|(_, port)| port.parse::<u16>().is_err()) {
        return Err(NO_ADDRESS);
    }
    Ok((uri, user))
}

/// Splits `user:password@host`.
pub(super) fn split_user(authority: &str) -> (Option<UserInfo>, &str) {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return (None, authority);
    };
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    (
        Some((decode(name), SecretString::from(decode(password)))),
        host,
    )
}

/// Host of an address, without the brackets of an IPv6 address.
pub(super) fn host(uri: &Uri) -> &str {
    let host = uri.host().unwrap_or_default();
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn addresses_are_read_as_kubectl_reads_them() {
        for (text, expected) in [
            (
                "https://cluster.example:6443",
                "https://cluster.example:6443/",
            ),
            ("HTTPS://cluster.example", "https://cluster.example/"),
            (
                "https://cluster.example/k8s/c-1?a=b#c",
                "https://cluster.example/k8s/c-1",
            ),
            ("127.0.0.1:8001", "http://127.0.0.1:8001/"),
            ("localhost", "http://localhost/"),
            ("[::1]:6443", "http://[::1]:6443/"),
            ("https://[::1]:6443", "https://[::1]:6443/"),
            (
                "https://user:pass@cluster.example",
                "https://cluster.example/",
            ),
        ] {
            let (uri, _) = parse_server(text).expect(text);
            assert_eq!(uri.to_string(), expected, "{text}");
        }
        for text in [
            "",
            "https://",
            "://x",
            "ftp://x",
            "cluster.example/path",
            "https://a b",
            "https://x:port",
            "https://x:99999",
            "https://x:",
            "https://x\n",
        ] {
            assert!(parse_server(text).is_err(), "{text:?}");
        }
        let (_, user) = parse_server("https://a%40b:p%3Aw@x").expect("an address");
        let (name, password) = user.expect("a user");
        assert_eq!((name.as_str(), password.expose_secret()), ("a@b", "p:w"));
    }
}
