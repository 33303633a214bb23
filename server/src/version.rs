//! Which program this is: `kargo-tokens --version`.

/// Version of Kubernetes that all tests run with.
macro_rules! kubernetes_tested {
    () => {
        "1.37.2"
    };
}

/// The version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit that it is built from; `unknown` where the source tree had none.
pub const COMMIT: &str = env!("KARGO_TOKENS_BUILT_FROM");
/// What `--version` prints after the program's name.
pub const LONG: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit ",
    env!("KARGO_TOKENS_BUILT_FROM"),
    "\ntested with Kubernetes ",
    kubernetes_tested!()
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tested_version_is_that_of_the_tests_control_plane() {
        let modules = include_str!("../../end2end/cluster/go.mod");
        let version = modules
            .lines()
            .find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes v"));
        assert_eq!(version, Some(kubernetes_tested!()));
    }

    #[test]
    fn the_version_names_the_commit() {
        assert!(LONG.starts_with(VERSION));
        let is_hash = COMMIT.len() >= 12 && COMMIT.bytes().all(|b| b.is_ascii_hexdigit());
        assert!(is_hash || COMMIT == "unknown", "{COMMIT}");
    }
}
