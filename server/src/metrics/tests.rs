//! What is counted, as it is scraped.

use kargo::cluster::Observer as _;

use super::*;

/// The number of a series, written as it is scraped; `None` if it isn't there.
pub fn value(text: &str, series: &str) -> Option<f64> {
    let line = |line: &str| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok();
    text.lines().find_map(line)
}

/// All series of a metric, with their numbers.
pub fn series<'a>(text: &'a str, metric: &str) -> Vec<(&'a str, f64)> {
    let pair = |line: &'a str| {
        let (series, number) = line.rsplit_once(' ')?;
        let name = series.split('{').next()?;
        (name == metric).then_some((series, number.parse().ok()?))
    };
    text.lines().filter_map(pair).collect()
}

#[test]
fn the_table_has_every_metric_of_the_server() {
    let mut names: Vec<_> = table::SERVER.iter().map(|m| m.full_name()).collect();
    names.sort_unstable();
    assert_eq!(Metrics::default().shown.names(), names);
    let markdown = table::markdown();
    for name in names {
        assert!(markdown.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn what_happens_is_counted_by_its_labels() {
    let metrics = Metrics::of_server();
    let text = || metrics.text(InventoryFacts::default(), Some(3));
    assert_eq!(
        value(&text(), "kargo_tokens_reveals_claimed_total"),
        Some(0.0)
    );
    metrics.revealed();
    metrics.relisted();
    metrics.reconnected(ReconnectCause::Silent);
    let time = Duration::from_millis(30);
    metrics.http("/system", "GET", Some(200), time);
    metrics.http("/system", "GET", None, time);
    metrics.act("delete_token", "ok");
    metrics.sign_in(Some("oidc"), "ok");
    metrics.sign_in(None, "no-token");
    let text = text();
    for (series, expected) in [
        ("reveals_claimed_total", 1.0),
        ("inventory_relists_total", 1.0),
        (r#"inventory_reconnects_total{cause="silent"}"#, 1.0),
        (r#"inventory_reconnects_total{cause="ended"}"#, 0.0),
        ("sessions", 3.0),
        ("viewers", 0.0),
        (
            r#"http_requests_total{route="/system",method="GET",status="200"}"#,
            1.0,
        ),
        (
            r#"http_requests_total{route="/system",method="GET",status="none"}"#,
            1.0,
        ),
        (
            r#"http_request_seconds_bucket{route="/system",le="0.025"}"#,
            0.0,
        ),
        (
            r#"http_request_seconds_bucket{route="/system",le="0.05"}"#,
            2.0,
        ),
        (r#"http_request_seconds_count{route="/system"}"#, 2.0),
        (r#"acts_total{act="delete_token",outcome="ok"}"#, 1.0),
        (r#"sign_ins_total{way="oidc",outcome="ok"}"#, 1.0),
        (r#"sign_ins_total{way="none",outcome="no-token"}"#, 1.0),
    ] {
        let name = format!("kargo_tokens_{series}");
        assert_eq!(value(&text, &name), Some(expected), "{series}: {text}");
    }
    assert_eq!(
        value(&text, "kargo_tokens_inventory_last_frame_seconds"),
        None
    );
}
