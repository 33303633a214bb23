//! Versions of objects. Kubernetes documents them as opaque; its own API server writes whole numbers that grow.

use std::cmp::Ordering;

/// A `resourceVersion`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cluster) struct Version(Box<str>);

impl From<String> for Version {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Version {
    /// The version as requests name it.
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// The order of two versions; `None` where it can't be known: they differ, and one is no number.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        if self == other {
            return Some(Ordering::Equal);
        }
        let (ours, others) = (self.number()?, other.number()?);
        Some(ours.len().cmp(&others.len()).then_with(|| ours.cmp(others)))
    }

    /// The digits without leading zeros. Versions may be longer than any integer of this program.
    fn number(&self) -> Option<&str> {
        let digits = self.0.trim_start_matches('0');
        let is_number = !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_whole_numbers_or_not_at_all() {
        use Ordering::{Equal, Greater, Less};
        let long = "340282366920938463463374607431768211456";
        for (a, b, expected) in [
            ("9", "10", Some(Less)),
            ("10", "9", Some(Greater)),
            ("10", "10", Some(Equal)),
            ("010", "9", Some(Greater)),
            ("9", long, Some(Less)),
            ("a", "a", Some(Equal)),
            ("a", "b", None),
            ("1", "a", None),
            ("", "1", None),
            ("-1", "1", None),
        ] {
            let [first, second] = [a, b].map(|text| Version::from(text.to_owned()));
            assert_eq!(first.compare(&second), expected, "{a} {b}");
        }
    }
}
