//! Parses maximum lifetimes in flags: `90d`, or `kargo-admin=30d` for one role.

use app::policy::MaxLifetime;
use kargo::name::RoleName;

use super::duration::max_lifetime;

/// A maximum lifetime in seconds, and the role whose tokens it is for; `None`: those of all other roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    role: Option<RoleName>,
    seconds: u64,
}

/// Parses one limit.
pub fn limit(text: &str) -> Result<Limit, String> {
    let (role, time) = match text.split_once('=') {
        Some((role, time)) => {
            let role = role.parse().map_err(|_| {
                format!("{role} is no name of a role; write it like kargo-admin=30d")
            })?;
            (Some(role), time)
        }
        None => (None, text),
    };
    let seconds = max_lifetime(time)?;
    Ok(Limit { role, seconds })
}

/// All limits together. Of two for the same role, the later one holds.
pub fn limits(limits: &[Limit]) -> MaxLifetime {
    let mut all = MaxLifetime::default();
    for Limit { role, seconds } in limits {
        match role {
            Some(role) => {
                all.roles.insert(role.to_string(), *seconds);
            }
            None => all.all = Some(*seconds),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_for_all_roles_or_for_one() {
        let parsed = |texts: &[&str]| {
            let each = texts.iter().map(|text| limit(text).expect(text));
            limits(&each.collect::<Vec<_>>())
        };
        let limits = parsed(&["90d", "kargo-admin=30d"]);
        assert_eq!(limits.of("kargo-admin"), Some(30 * 86_400));
        assert_eq!(limits.of("ci"), Some(90 * 86_400));
        assert_eq!(parsed(&["a=1h"]).of("ci"), None);
        assert_eq!(parsed(&["1h", "a=1h", "a=2h"]).of("a"), Some(7200));
        for bad in ["", "soon", "=1h", "A=1h", "ci=", "ci=5m", "a=b=1h"] {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }
}
