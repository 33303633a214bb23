//! What changed in an inventory since a position in its log.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    str::FromStr,
};

/// Changes that are kept.
const LENGTH: usize = 1024;

/// A position in the log of one inventory. Its text, `EPOCH-SEQUENCE`, is fit for `Last-Event-ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// A random number that no other inventory has: positions of another one say nothing.
    pub epoch: u64,
    /// Number of changes before.
    pub sequence: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.epoch, self.sequence)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (epoch, sequence) = text.split_once('-').ok_or(())?;
        Ok(Self {
            epoch: u64::from_str_radix(epoch, 16).map_err(drop)?,
            sequence: sequence.parse().map_err(drop)?,
        })
    }
}

/// How one object changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    Added,
    /// Also what changed without a write, because its time came.
    Changed,
    Removed,
}

/// Names of objects that changed, sorted. An object that came and left is in none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedNames {
    /// New objects.
    pub added: Vec<String>,
    /// Objects that are not as they were, or of which a time has come: an expiry, a due deletion.
    pub changed: Vec<String>,
    /// Objects that are gone.
    pub removed: Vec<String>,
}

/// What changed since a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// Exactly these.
    Names(ChangedNames),
    /// The position is of another inventory, or older than what is kept.
    Everything,
}

/// The last changes.
pub(super) struct Log {
    epoch: u64,
    sequence: u64,
    kept: VecDeque<(Box<str>, Difference)>,
}

impl Log {
    pub fn new() -> Self {
        let mut bytes = [0; 8];
        // Without randomness the epoch says less, and the worst is a needless look at the whole page.
        let _ = getrandom::fill(&mut bytes);
        Self {
            epoch: u64::from_le_bytes(bytes),
            sequence: 0,
            kept: VecDeque::new(),
        }
    }

    pub fn position(&self) -> Position {
        Position {
            epoch: self.epoch,
            sequence: self.sequence,
        }
    }

    pub fn add(&mut self, name: Box<str>, difference: Difference) {
        if self.kept.len() == LENGTH {
            self.kept.pop_front();
        }
        self.kept.push_back((name, difference));
        self.sequence += 1;
    }

    /// What changed since a position.
    pub fn since(&self, position: Position) -> Changed {
        let new = self.sequence.checked_sub(position.sequence);
        let new = new.and_then(|new| usize::try_from(new).ok());
        let Some(new) = new.filter(|new| position.epoch == self.epoch && *new <= self.kept.len())
        else {
            return Changed::Everything;
        };
        // The first difference of a name tells whether it was there before, the last one whether it is there now.
        let mut names = BTreeMap::<&str, (Difference, Difference)>::new();
        for (name, difference) in self.kept.iter().skip(self.kept.len() - new) {
            let known = names.entry(name).or_insert((*difference, *difference));
            known.1 = *difference;
        }
        let mut changed = ChangedNames::default();
        for (name, (first, last)) in names {
            let was = first != Difference::Added;
            let is = last != Difference::Removed;
            let list = match (was, is) {
                (false, true) => &mut changed.added,
                (true, true) => &mut changed.changed,
                (true, false) => &mut changed.removed,
                (false, false) => continue,
            };
            list.push(name.to_owned());
        }
        Changed::Names(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Difference::{Added, Changed as Edited, Removed},
        *,
    };

    #[test]
    fn differences_of_one_name_become_one() {
        for (differences, expected) in [
            (&[Added][..], "added"),
            (&[Added, Edited], "added"),
            (&[Edited], "changed"),
            (&[Removed, Added], "changed"),
            (&[Edited, Removed], "removed"),
            (&[Added, Removed], ""),
            (&[Removed, Added, Removed], "removed"),
        ] {
            let mut log = Log::new();
            let before = log.position();
            for difference in differences {
                log.add("ci".into(), *difference);
            }
            let Changed::Names(names) = log.since(before) else {
                panic!("few changes");
            };
            let found = [
                ("added", names.added),
                ("changed", names.changed),
                ("removed", names.removed),
            ];
            let found: Vec<_> = found
                .iter()
                .filter(|(_, names)| !names.is_empty())
                .collect();
            let found = found.first().map_or("", |(what, _)| what);
            assert_eq!(found, expected, "{differences:?}");
        }
    }

    #[test]
    fn an_old_or_foreign_position_leads_to_everything() {
        let mut log = Log::new();
        let start = log.position();
        for n in 0..LENGTH {
            log.add(n.to_string().into(), Added);
        }
        assert!(matches!(log.since(start), Changed::Names(names) if names.added.len() == LENGTH));
        log.add("one more".into(), Added);
        assert_eq!(log.since(start), Changed::Everything);
        let now = log.position();
        assert_eq!(log.since(now), Changed::Names(ChangedNames::default()));
        let foreign = Position {
            epoch: now.epoch ^ 1,
            ..now
        };
        assert_eq!(log.since(foreign), Changed::Everything);
        let future = Position {
            sequence: now.sequence + 1,
            ..now
        };
        assert_eq!(log.since(future), Changed::Everything);
    }

    #[test]
    fn a_position_leads_back_from_its_text() {
        let position = Position {
            epoch: u64::MAX,
            sequence: 7,
        };
        assert_eq!(position.to_string().parse(), Ok(position));
        for text in ["", "7", "x-1", "1-", "1-x"] {
            assert_eq!(text.parse::<Position>(), Err(()), "{text}");
        }
    }
}
