//! The way to the server: address, authority, proxies.

use base64::{Engine, prelude::BASE64_STANDARD};
use kargo::value::Value;
use serde_json::{Value as Json, json};

use super::{
    super::support::{
        control_plane::admin_kubeconfig,
        kubectl::KubectlProxy,
        proxy::{Proxy, USER},
        tls,
    },
    ADMIN, AUDITOR,
    Expected::{Both, Kubectls, Neither},
    Ground, VIEWER, check, single, user,
};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn servers_and_their_certificates() {
    let ground = Ground::new();
    let Ground { server, ca, .. } = &ground;
    let case = |name: &str, cluster: Json, expected| single(name, ground.to(&cluster), expected);
    let with = |name: &str, fields: Json, expected| single(name, ground.with(fields), expected);
    let address = ground.address();
    let user = format!("https://user:sentinel@{address}");
    let folded = {
        let bytes: Vec<_> = ca.as_bytes().chunks(76).collect();
        String::from_utf8(bytes.join(&b'\n')).expect("ASCII")
    };
    let ca_file = json!({ "server": server, "certificate-authority": "ca.crt" });
    let authority = std::fs::read_to_string(admin_kubeconfig().with_file_name("pki/ca.crt"))
        .expect("the authority");
    check(vec![
        case(
            "no authority",
            json!({ "server": server }),
            Neither(&["certificate"]),
        ),
        case(
            "no verification",
            json!({ "server": server, "insecure-skip-tls-verify": true }),
            Both(VIEWER),
        ),
        with(
            "no verification and an authority",
            json!({ "insecure-skip-tls-verify": true }),
            Neither(&["insecure-skip-tls-verify", "Remove one"]),
        ),
        with(
            "an authority twice",
            json!({ "certificate-authority": "x" }),
            Neither(&["certificate-authority-data", "Remove one"]),
        ),
        with(
            "an authority that is none",
            json!({ "certificate-authority-data": "c2VudGluZWw=" }),
            Neither(&["certificate-authority-data", "PEM"]),
        ),
        with(
            "an authority that isn't base64",
            json!({ "certificate-authority-data": "sentinel!" }),
            Neither(&["certificate-authority-data", "base64"]),
        ),
        with(
            "an authority with line breaks",
            json!({ "certificate-authority-data": folded }),
            Both(VIEWER),
        ),
        case("a file with text around", ca_file.clone(), Both(VIEWER)).file(
            "ca.crt",
            format!("# ours\n{OTHER_AUTHORITY}\n{authority}\ntext\n"),
        ),
        case(
            "another authority",
            ca_file.clone(),
            Neither(&["certificate"]),
        )
        .file("ca.crt", OTHER_AUTHORITY),
        case(
            "a missing authority",
            ca_file,
            Neither(&["certificate-authority", "ca.crt", "No such file"]),
        ),
        with(
            "the right server name",
            json!({ "tls-server-name": "localhost" }),
            Both(VIEWER),
        ),
        with(
            "another server name",
            json!({ "tls-server-name": "other.example" }),
            Neither(&["certificate"]),
        ),
        with(
            "no compression",
            json!({ "disable-compression": true }),
            Both(VIEWER),
        ),
        with(
            "a slash at the end",
            json!({ "server": format!("{server}/") }),
            Both(VIEWER),
        ),
        with(
            "a scheme in capitals",
            json!({ "server": server.replace("https", "HTTPS") }),
            Both(VIEWER),
        ),
        with(
            "another path",
            json!({ "server": format!("{server}/elsewhere") }),
            Neither(&["may not"]),
        ),
        with(
            "no scheme",
            json!({ "server": address.to_string() }),
            Neither(&["understood"]),
        ),
        with(
            "another scheme",
            json!({ "server": format!("ftp://{address}") }),
            Neither(&["field server", "scheme"]),
        ),
        with(
            "no port",
            json!({ "server": "https://127.0.0.1:port" }),
            Neither(&["field server"]),
        ),
        with(
            "no server",
            json!({ "server": "" }),
            Neither(&["field server", "missing"]),
        ),
        with(
            "nobody listens",
            json!({ "server": "https://127.0.0.1:1" }),
            Neither(&["127.0.0.1:1", "refused"]),
        ),
        with(
            "a user in the address",
            json!({ "server": user }),
            Neither(&["user name and password"]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_server_that_is_its_own_authority() {
    let ground = Ground::new();
    let proxy = KubectlProxy::start(&admin_kubeconfig()).await;
    let certificate = include_str!("own-authority.pem");
    let key = include_str!("own-authority-key.pem");
    let port = tls::serve(certificate, key, proxy.address).await;
    let cluster = |host: &str, authority: &str| {
        let authority = BASE64_STANDARD.encode(authority);
        json!({ "server": format!("https://{host}:{port}"), "certificate-authority-data": authority })
    };
    let with_name = |name: &str| {
        let mut cluster = cluster("127.0.0.1", certificate);
        cluster["tls-server-name"] = json!(name);
        cluster
    };
    check(vec![
        single(
            "by name",
            ground.to(&cluster("localhost", certificate)),
            Both(ADMIN),
        ),
        single(
            "by address",
            ground.to(&cluster("127.0.0.1", certificate)),
            Both(ADMIN),
        ),
        single(
            "another name",
            ground.to(&with_name("other.example")),
            Neither(&["certificate"]),
        ),
        single(
            "another authority",
            ground.to(&cluster("localhost", OTHER_AUTHORITY)),
            Neither(&["certificate"]),
        ),
    ])
    .await;
}

/// An authority that signed nothing here.
const OTHER_AUTHORITY: &str = include_str!("other-authority.pem");

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn proxies() {
    let ground = Ground::new();
    // A name that only the proxy knows: for addresses of this machine, the environment's proxies are not used.
    let port = ground.address().port();
    let named =
        json!({ "server": format!("https://cluster.test:{port}"), "tls-server-name": "localhost" });
    let mut cases = Vec::new();
    let proxies = || Proxy::to(ground.address(), false);
    for scheme in ["http", "socks5"] {
        let proxy = proxies().await;
        let address = format!("{scheme}://{}", proxy.address);
        let file = ground.with(json!({ "proxy-url": address }));
        cases.push(
            single(&format!("proxy-url {scheme}"), &file, Both(VIEWER)).proxied(&proxy, true),
        );
        let proxy = proxies().await;
        let address = format!("{scheme}://{}", proxy.address);
        let file = ground.with(json!({ "proxy-url": address }));
        cases.push(
            single(
                &format!("NO_PROXY doesn't count for proxy-url {scheme}"),
                &file,
                Both(VIEWER),
            )
            .variable("NO_PROXY", "*")
            .proxied(&proxy, true),
        );
        let proxy = Proxy::to(ground.address(), true).await;
        let (name, password) = (USER.0.replace('@', "%40"), USER.1.replace(':', "%3A"));
        let address = format!("{scheme}://{name}:{password}@{}", proxy.address);
        let file = ground.with(json!({ "proxy-url": address }));
        cases.push(
            single(
                &format!("a user of the proxy {scheme}"),
                &file,
                Both(VIEWER),
            )
            .proxied(&proxy, true),
        );
        let address = format!("{scheme}://{}", proxy.address);
        let file = ground.with(json!({ "proxy-url": address }));
        cases.push(single(
            &format!("no user for the proxy {scheme}"),
            &file,
            Neither(&["proxy"]),
        ));
    }
    for (name, server, variables, expected, is_used) in [
        (
            "HTTPS_PROXY",
            &named,
            &[("HTTPS_PROXY", "http://{p}")][..],
            Both(VIEWER),
            true,
        ),
        (
            "https_proxy",
            &named,
            &[("https_proxy", "http://{p}")],
            Both(VIEWER),
            true,
        ),
        (
            "without a scheme",
            &named,
            &[("HTTPS_PROXY", "{p}")],
            Both(VIEWER),
            true,
        ),
        (
            "socks5",
            &named,
            &[("HTTPS_PROXY", "socks5://{p}")],
            Both(VIEWER),
            true,
        ),
        (
            "HTTP_PROXY for https",
            &named,
            &[("HTTP_PROXY", "http://{p}")],
            Neither(&["cluster.test"]),
            false,
        ),
        (
            "NO_PROXY names the server",
            &named,
            &[("HTTPS_PROXY", "http://{p}"), ("NO_PROXY", "x,.test")],
            Neither(&["cluster.test"]),
            false,
        ),
        (
            "NO_PROXY names the proxy",
            &named,
            &[("HTTPS_PROXY", "http://{p}"), ("NO_PROXY", "127.0.0.1")],
            Both(VIEWER),
            true,
        ),
        (
            "NO_PROXY names another port",
            &named,
            &[
                ("HTTPS_PROXY", "http://{p}"),
                ("no_proxy", "cluster.test:1"),
            ],
            Both(VIEWER),
            true,
        ),
        (
            "an address of this machine",
            &json!({}),
            &[("HTTPS_PROXY", "http://{p}")],
            Both(VIEWER),
            false,
        ),
        (
            "an unknown scheme",
            &named,
            &[("HTTPS_PROXY", "gopher://{p}")],
            Kubectls(&["HTTPS_PROXY", "scheme"]),
            true,
        ),
    ] {
        let proxy = proxies().await;
        let address = proxy.address.to_string();
        let mut case = single(name, ground.with(server.clone()), expected);
        for (name, value) in variables {
            case = case.variable(name, &value.replace("{p}", &address));
        }
        // kubectl alone goes through a proxy of an unknown scheme.
        cases.push(if name == "an unknown scheme" {
            case
        } else {
            case.proxied(&proxy, is_used)
        });
    }
    for (name, url, parts) in [
        (
            "no scheme",
            "127.0.0.1:1",
            &["it, field proxy-url", "scheme"][..],
        ),
        (
            "another scheme",
            "ftp://127.0.0.1:1",
            &["it, field proxy-url", "ftp"],
        ),
        (
            "no proxy there",
            "http://127.0.0.1:1",
            &["through the proxy http://127.0.0.1:1", "refused"],
        ),
    ] {
        let file = ground.with(json!({ "proxy-url": url }));
        cases.push(single(name, file, Neither(parts)));
    }
    check(cases).await;
}

#[tokio::test]
async fn plain_http_takes_no_credential() {
    let proxy = KubectlProxy::start(&admin_kubeconfig()).await;
    let plain = json!({ "server": format!("http://{}", proxy.address) });
    let via = Proxy::to(proxy.address, false).await;
    let named = json!({ "server": format!("http://cluster.test:{}", proxy.address.port()) });
    let without_port = Proxy::to(proxy.address, true).await;
    let socks = Proxy::to(proxy.address, false).await;
    let user = format!(
        "http://{}:{}@{}",
        USER.0.replace('@', "%40"),
        USER.1,
        without_port.address
    );
    let token = json!({ "token": "sentinel" });
    check(vec![
        single("kubectl proxy", Ground::of(&plain, &json!({})), Both(ADMIN)),
        single(
            "a token isn't sent",
            Ground::of(&plain, &token),
            Both(ADMIN),
        ),
        single(
            "no scheme",
            Ground::of(&json!({ "server": proxy.address.to_string() }), &token),
            Both(ADMIN),
        ),
        single(
            "a token file isn't read",
            Ground::of(&plain, &json!({ "tokenFile": "missing" })),
            Both(ADMIN),
        ),
        single("HTTP_PROXY", Ground::of(&named, &token), Both(ADMIN))
            .variable("HTTP_PROXY", &format!("http://{}", via.address))
            .variable("HTTPS_PROXY", "http://127.0.0.1:1")
            .proxied(&via, true),
        single(
            "a user of the proxy",
            Ground::of(&json!({ "server": "http://cluster.test" }), &token),
            Both(ADMIN),
        )
        .variable("HTTP_PROXY", &user)
        .proxied(&without_port, true),
        single(
            "socks5",
            Ground::of(&json!({ "server": "http://cluster.test" }), &token),
            Both(ADMIN),
        )
        .variable("HTTP_PROXY", &format!("socks5://{}", socks.address))
        .proxied(&socks, true),
    ])
    .await;
    let case = single(
        "no token can be tested",
        Ground::of(&plain, &token),
        Both(ADMIN),
    );
    let (connector, _) = case.load().await.expect("a kubeconfig");
    let error = connector
        .with_bearer(&Value::new("rubbish".to_owned()))
        .err()
        .expect("refused");
    assert!(
        error.problem().sentences().contains("kubectl proxy"),
        "{error}"
    );
}

#[tokio::test]
async fn a_bearer_token_shares_no_connection() {
    let ground = Ground::new();
    let proxy = Proxy::to(ground.address(), false).await;
    let file = ground.with(json!({ "proxy-url": format!("http://{}", proxy.address) }));
    let case = single("a proxy that counts", file, Both(VIEWER));
    let (connector, own) = case.load().await.expect("a kubeconfig");
    let auditor = || {
        let value = Value::new(ground.auditor.clone());
        connector.with_bearer(&value).expect("a token")
    };
    for (view, expected) in [(own, VIEWER), (auditor(), AUDITOR), (auditor(), AUDITOR)] {
        assert_eq!(user(&view).await, expected);
        assert_eq!(proxy.take_count(), 1, "{expected}");
    }
}
