//! Choice of the proxy: the kubeconfig's for its cluster, else the environment's, by the rules that Go programs share.

use std::{fmt, net::IpAddr};

use http::{Uri, uri::Scheme};
use ipnet::IpNet;

use super::{
    address::{UserInfo, host, split_user},
    connect_error::ConnectError,
    environment::Environment,
};
use crate::identity::is_loopback;

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    /// HTTP within TLS.
    Https,
    Socks5,
}

/// A proxy.
#[derive(Clone)]
pub(super) struct Proxy {
    pub protocol: Protocol,
    /// Address with a port and without a user. SOCKS has the scheme `http`, too, because only host and port are used.
    pub address: Uri,
    pub user: Option<UserInfo>,
}

/// Shown in errors, so without the password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.protocol {
            Protocol::Http => "http",
            Protocol::Https => "https",
            Protocol::Socks5 => "socks5",
        };
        let authority = self.address.authority().map_or("", |a| a.as_str());
        write!(f, "{scheme}://{authority}")
    }
}

impl Proxy {
    /// Reads the field `proxy-url` of a cluster.
    pub fn of_cluster(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            Some(("http" | "https" | "socks5", _)) => parse(text),
            Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Err(
                format!("its scheme {scheme} is none of http, https and socks5"),
            ),
            _ => Err("it has no scheme, such as http:// or socks5://".to_owned()),
        }
    }

    /// The environment's proxy for a server; `None` if it is reached directly.
    pub fn of_environment(
        environment: &Environment,
        server: &Uri,
    ) -> Result<Option<Self>, ConnectError> {
        let (upper, lower) = if server.scheme() == Some(&Scheme::HTTPS) {
            ("HTTPS_PROXY", "https_proxy")
        } else {
            ("HTTP_PROXY", "http_proxy")
        };
        let named = [upper, lower]
            .into_iter()
            .find_map(|name| Some((name, environment.text(name)?)));
        let Some((variable, text)) = named else {
            return Ok(None);
        };
        let exceptions = ["NO_PROXY", "no_proxy"]
            .into_iter()
            .find_map(|name| environment.text(name));
        if is_exempt(server, exceptions.unwrap_or_default()) {
            return Ok(None);
        }
        // Without a scheme, an address is an HTTP proxy's.
        let proxy = if text.contains("://") {
            parse(text)
        } else {
            parse(&format!("http://{text}"))
        };
        proxy
            .map(Some)
            .map_err(|why| ConnectError::Proxy { variable, why })
    }
}

fn parse(text: &str) -> Result<Proxy, String> {
    let no_address = || "it is not an address such as http://proxy.example.com:3128".to_owned();
    let (scheme, rest) = text.split_once("://").ok_or_else(no_address)?;
    let (protocol, port) = match scheme.to_ascii_lowercase().as_str() {
        "http" => (Protocol::Http, 80),
        "https" => (Protocol::Https, 443),
        // Names are resolved by the proxy in both cases, as Go programs have it.
        "socks5" | "socks5h" => (Protocol::Socks5, 1080),
        _ => return Err("its scheme is none of http, https and socks5".to_owned()),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user, authority) = split_user(authority);
    let scheme = if protocol == Protocol::Https {
        "https"
    } else {
        "http"
    };
    let address: Uri = format!("{scheme}://{authority}/")
        .parse()
        .map_err(|_| no_address())?;
    let host = address.host().filter(|host| !host.is_empty());
    let port = match authority.rsplit_once(':') {
        Some((_, given)) if !given.ends_with(']') => given.parse().map_err(|_| no_address())?,
        _ => port,
    };
    let address = format!("{scheme}://{}:{port}/", host.ok_or_else(no_address)?);
    Ok(Proxy {
        protocol,
        address: address.parse().map_err(|_| no_address())?,
        user,
    })
}

/// `true` if a server is reached without the environment's proxy: it is on this machine, or `NO_PROXY` names it.
fn is_exempt(server: &Uri, exceptions: &str) -> bool {
    let host = host(server).trim().to_ascii_lowercase();
    if is_loopback(&host) {
        return true;
    }
    let standard = if server.scheme() == Some(&Scheme::HTTPS) {
        443
    } else {
        80
    };
    let port = server.port_u16().unwrap_or(standard);
    let address: Option<IpAddr> = host.parse().ok();
    exceptions.split(',').any(|exception| {
        let exception = exception.trim().to_ascii_lowercase();
        exception == "*" || matches(&exception, &host, address, port)
    })
}

fn matches(exception: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if let Ok(network) = exception.parse::<IpNet>() {
        return address.is_some_and(|address| network.contains(&address.to_canonical()));
    }
    // An IPv6 address without brackets has colons, but no port.
    let (name, only_port) = match exception.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, Some(port)),
        _ => (exception, None),
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    if name.is_empty() || only_port.is_some_and(|only| only.parse() != Ok(port)) {
        return false;
    }
    match (name.parse::<IpAddr>(), address) {
        (Ok(named), Some(address)) => named.to_canonical() == address.to_canonical(),
        (Ok(_), None) | (Err(_), Some(_)) => false,
        (Err(_), None) => {
            let domain = name.strip_prefix("*.").or_else(|| name.strip_prefix('.'));
            match domain {
                Some(domain) => host
                    .strip_suffix(domain)
                    .is_some_and(|rest| rest.ends_with('.')),
                None => {
                    host == name
                        || host
                            .strip_suffix(name)
                            .is_some_and(|rest| rest.ends_with('.'))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn chosen(server: &str, variables: &[(&str, &str)]) -> String {
        let environment = Environment {
            variables: variables
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            working_folder: "/".into(),
            pod_folder: "/".into(),
            has_terminal: false,
        };
        let server = server.parse().expect("an address");
        match Proxy::of_environment(&environment, &server) {
            Ok(None) => "-".to_owned(),
            Ok(Some(proxy)) => proxy.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn no_proxy_is_compared_with_the_server() {
        let proxied = "http://proxy:3128";
        for (server, exceptions, expected) in [
            ("https://10.1.2.3:6443", "", proxied),
            ("https://10.1.2.3:6443", "*", "-"),
            ("https://10.1.2.3:6443", "a, *", "-"),
            ("https://10.1.2.3:6443", "10.0.0.0/8", "-"),
            ("https://10.1.2.3:6443", "10.1.0.0/24", proxied),
            ("https://10.1.2.3:6443", "10.1.2.3", "-"),
            ("https://10.1.2.3:6443", " 10.1.2.3:6443 ", "-"),
            ("https://10.1.2.3:6443", "10.1.2.3:443", proxied),
            ("https://10.1.2.3:6443", "proxy,3128", proxied),
            ("https://[fd00::1]:6443", "fd00::/8", "-"),
            ("https://[fd00::1]:6443", "fd00::1", "-"),
            ("https://[fd00::1]:6443", "[fd00::1]:6443", "-"),
            ("https://[fd00::1]:6443", "[fd00::1]:1", proxied),
            ("https://k8s.example.com", "example.com", "-"),
            ("https://k8s.example.com", ".example.com", "-"),
            ("https://k8s.example.com", "*.example.com", "-"),
            ("https://k8s.example.com", "EXAMPLE.com:443", "-"),
            ("https://k8s.example.com", "example.com:6443", proxied),
            ("https://k8s.example.com", "ample.com", proxied),
            ("https://example.com", ".example.com", proxied),
            ("https://example.com", "example.com", "-"),
            ("https://k8s.example.com", "10.0.0.0/8,,:", proxied),
            ("https://127.0.0.1:6443", "", "-"),
            ("https://[::1]:6443", "", "-"),
            ("https://localhost:6443", "", "-"),
        ] {
            let variables = [("HTTPS_PROXY", proxied), ("NO_PROXY", exceptions)];
            assert_eq!(
                chosen(server, &variables),
                expected,
                "{server} {exceptions}"
            );
        }
    }

    #[test]
    fn the_scheme_of_the_server_chooses_the_variable() {
        let both = [("HTTPS_PROXY", "http://s:1"), ("HTTP_PROXY", "http://p:1")];
        assert_eq!(chosen("https://x", &both), "http://s:1");
        assert_eq!(chosen("http://x", &both), "http://p:1");
        assert_eq!(chosen("http://x", &both[..1]), "-");
        for (variables, expected) in [
            (&[("https_proxy", "p:1")][..], "http://p:1"),
            (&[("HTTPS_PROXY", ""), ("https_proxy", "p")], "http://p:80"),
            (&[("HTTPS_PROXY", "u:p")], "HTTPS_PROXY can't be used"),
            (&[("HTTPS_PROXY", "https://p")], "https://p:443"),
            (&[("HTTPS_PROXY", "socks5://u:p@p")], "socks5://p:1080"),
            (&[("HTTPS_PROXY", "socks5h://p:9")], "socks5://p:9"),
            (
                &[("HTTPS_PROXY", "http://[fd00::1]:9/x")],
                "http://[fd00::1]:9",
            ),
            (&[("HTTPS_PROXY", "http://p:1"), ("no_proxy", "x")], "-"),
            (
                &[("HTTPS_PROXY", "socks4://user:sentinel@p")],
                "none of http",
            ),
            (&[("HTTPS_PROXY", "http://")], "HTTPS_PROXY can't be used"),
        ] {
            let found = chosen("https://x", variables);
            assert!(found.contains(expected), "{found} {variables:?}");
            assert!(!found.contains("sentinel"), "{found}");
        }
    }

    #[test]
    fn a_clusters_proxy_has_a_scheme() {
        let proxy = Proxy::of_cluster("http://us%40er:p%3Aw@p:3128").expect("a proxy");
        let (name, password) = proxy.user.clone().expect("a user");
        assert_eq!((name.as_str(), password.expose_secret()), ("us@er", "p:w"));
        assert_eq!(format!("{proxy:?}"), "http://p:3128");
        for text in [
            "p:3128",
            "ftp://p",
            "socks5h://p",
            "http://",
            "u:sentinel@p",
            "sentinel",
            "http://p:x",
        ] {
            let why = Proxy::of_cluster(text).expect_err(text);
            assert!(!why.contains("sentinel"), "{why}");
        }
    }
}
