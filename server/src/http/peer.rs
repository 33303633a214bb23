//! Where a request comes from: for limits by address, for the audit log, and for the scheme of our own origin. A proxy's headers are believed
//! only if the proxy is configured.

use std::net::{IpAddr, Ipv6Addr};

use axum::{
    extract::{Request as AxumRequest, State as Extract},
    http::{HeaderMap, Request},
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;
use tower_governor::{GovernorError, key_extractor::KeyExtractor};

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The other end of a request. Added to each request of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// Whether it speaks HTTPS.
    pub is_https: bool,
}

/// Networks of the proxies whose headers are believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub std::sync::Arc<[IpNet]>);

/// Puts the client of a trusted proxy in the proxy's place.
pub async fn look_behind_proxies(
    Extract(proxies): Extract<TrustedProxies>,
    mut request: AxumRequest,
    next: Next,
) -> Response {
    if let Some(peer) = request.extensions().get::<Peer>() {
        let peer = proxies.client(*peer, request.headers());
        request.extensions_mut().insert(peer);
    }
    next.run(request).await
}

impl TrustedProxies {
    /// Whether an address in its canonical form is a trusted proxy's.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The rightmost address that isn't a trusted proxy's: everything to its left may be invented. A text that is no address ends the search.
    fn client(&self, peer: Peer, headers: &HeaderMap) -> Peer {
        let mut address = peer.address.to_canonical();
        if !self.trusts(address) {
            return Peer { address, ..peer };
        }
        let proto = list(headers, FORWARDED_PROTO).pop();
        for hop in list(headers, FORWARDED_FOR).into_iter().rev() {
            let Some(hop) = parse(hop) else { break };
            address = hop;
            if !self.trusts(address) {
                break;
            }
        }
        Peer {
            address,
            is_https: proto.map_or(peer.is_https, |proto| proto.eq_ignore_ascii_case("https")),
        }
    }
}

/// The elements of all headers of a name.
fn list<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .map(str::trim)
        .collect()
}

/// An address as proxies write it, with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let address = text
        .parse()
        .ok()
        .or_else(|| {
            let with_port = text.parse::<std::net::SocketAddr>();
            with_port.ok().map(|address| address.ip())
        })
        .or_else(|| {
            let inner = text.strip_prefix('[')?.strip_suffix(']')?;
            inner.parse::<Ipv6Addr>().ok().map(IpAddr::from)
        })?;
    Some(address.to_canonical())
}

/// What limits by address count as one: an address of IPv4, or a /64 of IPv6, because a client of IPv6 has a network of its own.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// Key of limits by address: its [`network`].
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress;

impl KeyExtractor for PeerAddress {
    type Key = IpAddr;

    fn extract<T>(&self, request: &Request<T>) -> Result<Self::Key, GovernorError> {
        let peer = request.extensions().get::<Peer>();
        peer.map(|peer| network(peer.address))
            .ok_or(GovernorError::UnableToExtractKey)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::config::network::network;

    fn peer(address: &str) -> Peer {
        Peer {
            address: address.parse().expect("an address"),
            is_https: false,
        }
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_trusted_proxies_say_whom_they_speak_for() {
        let trusted = ["10.0.0.0/8", "fd00::/8", "192.0.2.7"];
        let networks = trusted.map(|text| network(text).expect("a network"));
        let proxies = TrustedProxies(networks.into());
        let name = FORWARDED_FOR;
        for (from, forwarded, client) in [
            ("203.0.113.5", &[(name, "198.51.100.1")][..], "203.0.113.5"),
            ("10.0.0.1", &[(name, "198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            // What the client itself has sent stands further to the left.
            (
                "10.0.0.1",
                &[(name, "1.2.3.4, 198.51.100.1, 10.9.9.9")],
                "198.51.100.1",
            ),
            (
                "192.0.2.7",
                &[
                    (name, "1.2.3.4"),
                    (name, "198.51.100.1"),
                    (name, "10.0.0.2"),
                ],
                "198.51.100.1",
            ),
            ("10.0.0.1", &[(name, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            ("10.0.0.1", &[(name, "198.51.100.1, unknown")], "10.0.0.1"),
            ("10.0.0.1", &[(name, "")], "10.0.0.1"),
            ("10.0.0.1", &[(name, "198.51.100.1:4711")], "198.51.100.1"),
            ("10.0.0.1", &[(name, "[2001:db8::1]:443")], "2001:db8::1"),
            ("10.0.0.1", &[(name, "[2001:db8::1]")], "2001:db8::1"),
            ("::ffff:10.0.0.1", &[(name, "::ffff:1.2.3.4")], "1.2.3.4"),
            ("fd00::1", &[(name, "1.2.3.4")], "1.2.3.4"),
            ("192.0.2.8", &[(name, "1.2.3.4")], "192.0.2.8"),
        ] {
            let found = proxies.client(peer(from), &headers(forwarded));
            assert_eq!(found, peer(client), "{from} {forwarded:?}");
        }
        let nobody = TrustedProxies::default();
        let forwarded = headers(&[(name, "1.2.3.4"), (FORWARDED_PROTO, "https")]);
        assert_eq!(
            nobody.client(peer("10.0.0.1"), &forwarded),
            peer("10.0.0.1")
        );
    }

    #[test]
    fn the_headers_of_common_proxies_tell_the_client_and_its_scheme() {
        let proxies = TrustedProxies([network("10.0.0.0/8").expect("a network")].into());
        // A client behind each that tries to name another address.
        let nginx: &[_] = &[
            ("x-real-ip", "198.51.100.1"),
            ("x-forwarded-for", "1.2.3.4, 198.51.100.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "tokens.example.com"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-scheme", "https"),
            ("x-scheme", "https"),
            ("x-original-forwarded-for", "1.2.3.4"),
        ];
        let traefik: &[_] = &[
            ("x-forwarded-for", "1.2.3.4, 198.51.100.1"),
            ("x-forwarded-host", "tokens.example.com"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-server", "traefik-7d9c8b6f5-x2x4z"),
            ("x-real-ip", "1.2.3.4"),
        ];
        let envoy: &[_] = &[
            ("x-forwarded-for", "1.2.3.4,198.51.100.1"),
            ("x-forwarded-proto", "https"),
            ("x-envoy-external-address", "1.2.3.4"),
            ("x-request-id", "8c1f7c0e-0f0e-9f3a-a5ad-8b0f3c9f8f39"),
            ("x-envoy-attempt-count", "1"),
            ("x-envoy-expected-rq-timeout-ms", "15000"),
            ("x-envoy-original-path", "/system"),
        ];
        // An ingress controller behind a cloud's load balancer, which repeats the header instead of adding to it.
        let two: &[_] = &[
            ("x-forwarded-for", "1.2.3.4, 198.51.100.1"),
            ("x-forwarded-for", "10.1.2.3"),
            ("x-forwarded-proto", "https"),
        ];
        for set in [nginx, traefik, envoy, two] {
            let found = proxies.client(peer("10.0.0.1"), &headers(set));
            let expected = Peer {
                is_https: true,
                ..peer("198.51.100.1")
            };
            assert_eq!(found, expected, "{set:?}");
        }
    }

    #[test]
    fn only_trusted_proxies_say_that_people_use_https() {
        let proxies = TrustedProxies([network("10.0.0.0/8").expect("a network")].into());
        for (from, proto, is_https) in [
            ("10.0.0.1", "https", true),
            ("10.0.0.1", "HTTPS", true),
            ("10.0.0.1", "http", false),
            // What the client itself has sent stands further to the left.
            ("10.0.0.1", "https, http", false),
            ("203.0.113.5", "https", false),
        ] {
            let forwarded = headers(&[(FORWARDED_PROTO, proto)]);
            let found = proxies.client(peer(from), &forwarded);
            assert_eq!(found.is_https, is_https, "{from} {proto}");
        }
    }

    #[test]
    fn limits_by_address_take_a_network_of_ipv6_as_one() {
        let key = |address: &str| {
            let mut request = Request::new(());
            request.extensions_mut().insert(peer(address));
            PeerAddress.extract(&request).expect("a peer").to_string()
        };
        assert_eq!(key("1.2.3.4"), "1.2.3.4");
        assert_eq!(key("::ffff:1.2.3.4"), "1.2.3.4");
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert!(PeerAddress.extract(&Request::new(())).is_err());
    }
}
