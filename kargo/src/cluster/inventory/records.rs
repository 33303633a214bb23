//! The records of one inventory: lists, events of a watch and our own writes lead from one state to the next, and to what differs. No request
//! is sent here, and no clock is read.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::{
    kind::{Entry, Kind},
    log::Difference,
    version::Version,
};
use crate::name::Uid;

/// Time in which events of a version that can't be compared with a write's answer are taken for older ones.
const PATIENCE: Duration = Duration::from_secs(2);
/// Time for which a deleted UID is remembered at least. No other object ever gets it.
const BURIED_FOR: Duration = Duration::from_mins(10);

/// A text after every name.
const LAST: &str = "\u{10ffff}";

/// What differs from the state before, by name.
pub(super) type Differences = Vec<(Box<str>, Difference)>;

/// All objects of a kind in one place.
pub(super) struct Records<K: Kind> {
    all: BTreeMap<Box<str>, Kept<K::Record>>,
    /// UIDs of objects that we deleted, until the watch confirms it.
    buried: HashMap<Uid, Instant>,
    /// Times at which objects are shown differently.
    due: BTreeSet<(Timestamp, Box<str>)>,
}

struct Kept<R> {
    record: Arc<R>,
    uid: Uid,
    version: Version,
    /// When the answer of our own write was laid over what lists and watches told, if they haven't caught up.
    laid_over: Option<Instant>,
}

/// A whole list.
pub(super) struct Listed<R> {
    pub entries: Vec<Entry<R>>,
    /// Before the first page was asked for. A write that was answered later may be missing.
    pub began: Instant,
}

impl<K: Kind> Default for Records<K> {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            buried: HashMap::new(),
            due: BTreeSet::new(),
        }
    }
}

impl<K: Kind> Records<K> {
    /// The records by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<K::Record>> {
        self.all.values().map(|kept| &kept.record)
    }

    /// Takes a list for what is there. Only what our own writes changed since it began may be newer.
    pub fn replace(&mut self, listed: Listed<K::Record>, now: Instant) -> Differences {
        let Listed { entries, began } = listed;
        let mut before = std::mem::take(&mut self.all);
        let mut differences = Vec::new();
        self.due.clear();
        for entry in entries {
            if self.buried.contains_key(&entry.uid) {
                continue;
            }
            match before.remove(&entry.name) {
                Some(kept)
                    if kept.laid_over.is_some_and(|time| time >= began)
                        && !kept.is_older(&entry, now) =>
                {
                    self.keep(entry.name, kept);
                }
                Some(kept) if kept.is_same(&entry) => {
                    let kept = Kept {
                        version: entry.version,
                        laid_over: None,
                        ..kept
                    };
                    self.keep(entry.name, kept);
                }
                old => {
                    let difference = old.map_or(Difference::Added, |_| Difference::Changed);
                    differences.push((entry.name.clone(), difference));
                    self.insert(entry, None);
                }
            }
        }
        for (name, kept) in before {
            if kept.laid_over.is_some_and(|time| time >= began) {
                self.keep(name, kept);
            } else {
                differences.push((name, Difference::Removed));
            }
        }
        self.buried
            .retain(|_, time| *time >= began || now.saturating_duration_since(*time) < BURIED_FOR);
        differences
    }

    /// Takes in an event: an object is there, and is so.
    pub fn put(&mut self, entry: Entry<K::Record>, now: Instant) -> Option<Difference> {
        if self.buried.contains_key(&entry.uid) {
            return None;
        }
        match self.all.get_mut(&entry.name) {
            Some(kept) if kept.version == entry.version => {
                kept.laid_over = None;
                None
            }
            Some(kept) if !kept.is_older(&entry, now) => None,
            _ => self.insert(entry, None),
        }
    }

    /// Takes in an event: an object is gone.
    pub fn remove(&mut self, name: &str, uid: &Uid) -> Option<Difference> {
        self.buried.remove(uid);
        self.take(name, uid)
    }

    /// Lays the answer of our own write over what lists and watches told.
    pub fn lay_over(&mut self, entry: Entry<K::Record>, now: Instant) -> Option<Difference> {
        let is_older = self
            .all
            .get(&entry.name)
            .is_some_and(|kept| entry.version.compare(&kept.version) == Some(Ordering::Less));
        if is_older || self.buried.contains_key(&entry.uid) {
            return None;
        }
        self.insert(entry, Some(now))
    }

    /// Takes in that we deleted an object. Whatever lists and watches still tell of it is older.
    pub fn bury(&mut self, name: &str, uid: &Uid, now: Instant) -> Option<Difference> {
        self.buried.insert(uid.clone(), now);
        self.take(name, uid)
    }

    /// Whether an object is known as it was at a version, or later.
    pub fn has_at_least(&self, name: &str, version: &Version) -> bool {
        let kept = self.all.get(name);
        kept.is_some_and(|kept| kept.version.compare(version) != Some(Ordering::Less))
    }

    /// Whether an object is known.
    pub fn has(&self, name: &str, uid: &Uid) -> bool {
        self.all.get(name).is_some_and(|kept| kept.uid == *uid)
    }

    /// The first time after `now` at which an object is shown differently.
    pub fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let after = Bound::Excluded((now, Box::from(LAST)));
        let mut due = self.due.range((after, Bound::Unbounded));
        due.next().map(|(time, _)| *time)
    }

    /// Names of the objects that are shown differently since a time.
    pub fn due(&self, since: Timestamp, now: Timestamp) -> Vec<Box<str>> {
        if since >= now {
            return vec![];
        }
        let [since, now] = [since, now].map(|time| (time, Box::from(LAST)));
        let due = self
            .due
            .range((Bound::Excluded(since), Bound::Included(now)));
        due.map(|(_, name)| name.clone()).collect()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn take(&mut self, name: &str, uid: &Uid) -> Option<Difference> {
        self.all.get(name).filter(|kept| kept.uid == *uid)?;
        let (name, kept) = self.all.remove_entry(name)?;
        for due in K::dues(&kept.record) {
            self.due.remove(&(due, name.clone()));
        }
        Some(Difference::Removed)
    }

    fn insert(
        &mut self,
        entry: Entry<K::Record>,
        laid_over: Option<Instant>,
    ) -> Option<Difference> {
        let Entry {
            name,
            uid,
            version,
            record,
        } = entry;
        let kept = Kept {
            record: Arc::new(record),
            uid,
            version,
            laid_over,
        };
        let is_same = |old: &Kept<K::Record>| old.uid == kept.uid && *old.record == *kept.record;
        match self.all.get(&name) {
            None => {
                self.keep(name, kept);
                Some(Difference::Added)
            }
            Some(old) => {
                let difference = (!is_same(old)).then_some(Difference::Changed);
                for due in K::dues(&old.record) {
                    self.due.remove(&(due, name.clone()));
                }
                self.keep(name, kept);
                difference
            }
        }
    }

    fn keep(&mut self, name: Box<str>, kept: Kept<K::Record>) {
        let dues = K::dues(&kept.record).map(|due| (due, name.clone()));
        self.due.extend(dues);
        self.all.insert(name, kept);
    }
}

impl<R: PartialEq> Kept<R> {
    /// `true` if an entry says the same.
    fn is_same(&self, entry: &Entry<R>) -> bool {
        self.uid == entry.uid && *self.record == entry.record
    }

    /// `true` if the record is older than an entry. Where versions can't be compared, our own write is newer for a while.
    fn is_older(&self, entry: &Entry<R>, now: Instant) -> bool {
        match self.version.compare(&entry.version) {
            Some(order) => order == Ordering::Less,
            None => self
                .laid_over
                .is_none_or(|time| now.saturating_duration_since(time) >= PATIENCE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::kind::Kind,
        Difference::{Added, Changed, Removed},
        *,
    };
    use crate::cluster::paging::Listing;

    /// Numbers, of which an even one is a time at which it falls due.
    struct Numbers;

    impl Kind for Numbers {
        type Object = u32;
        type Record = u32;

        fn listing(_: &str) -> Listing {
            unreachable!("nothing is listed")
        }

        fn entry(_: u32) -> Entry<u32> {
            unreachable!("nothing is read")
        }

        fn dues(number: &u32) -> impl Iterator<Item = Timestamp> {
            let time = Timestamp::from_second((*number).into()).ok();
            time.filter(|_| number.is_multiple_of(2)).into_iter()
        }
    }

    fn entry(name: &str, uid: &str, version: &str, record: u32) -> Entry<u32> {
        Entry {
            name: name.into(),
            uid: Uid(uid.to_owned()),
            version: version.to_owned().into(),
            record,
        }
    }

    /// What happens, at a second. An object is its name, UID, version and number.
    #[derive(Debug, Clone, Copy)]
    enum Happens {
        /// A list that began at a second.
        List(
            u64,
            &'static [(&'static str, &'static str, &'static str, u32)],
        ),
        Put(&'static str, &'static str, &'static str, u32),
        Gone(&'static str, &'static str),
        Written(&'static str, &'static str, &'static str, u32),
        Deleted(&'static str, &'static str),
    }
    use Happens::{Deleted, Gone, List, Put, Written};

    struct Run {
        start: Instant,
        records: Records<Numbers>,
    }

    impl Run {
        fn new() -> Self {
            Self {
                start: Instant::now(),
                records: Records::default(),
            }
        }

        fn at(&self, second: u64) -> Instant {
            self.start + Duration::from_secs(second)
        }

        fn happens(&mut self, second: u64, what: Happens) -> Differences {
            let now = self.at(second);
            let (name, difference) = match what {
                List(began, objects) => {
                    let entries = objects
                        .iter()
                        .map(|(name, uid, version, record)| entry(name, uid, version, *record));
                    let listed = Listed {
                        entries: entries.collect(),
                        began: self.at(began),
                    };
                    return self.records.replace(listed, now);
                }
                Put(name, uid, version, record) => (
                    name,
                    self.records.put(entry(name, uid, version, record), now),
                ),
                Gone(name, uid) => (name, self.records.remove(name, &Uid(uid.to_owned()))),
                Written(name, uid, version, record) => {
                    let entry = entry(name, uid, version, record);
                    (name, self.records.lay_over(entry, now))
                }
                Deleted(name, uid) => {
                    let uid = Uid(uid.to_owned());
                    (name, self.records.bury(name, &uid, now))
                }
            };
            difference
                .map(|difference| (name.into(), difference))
                .into_iter()
                .collect()
        }

        fn numbers(&self) -> Vec<u32> {
            self.records.iter().map(|number| **number).collect()
        }
    }

    /// Name of a case; what happens, at which second; the differences of the last; the numbers at the end, by name.
    type Case = (
        &'static str,
        &'static [(u64, Happens)],
        &'static [(&'static str, Difference)],
        &'static [u32],
    );

    const OF_LISTS_AND_WATCHES: &[Case] = &[
        (
            "a first list",
            &[(0, List(0, &[("a", "1", "5", 1), ("b", "2", "5", 3)]))],
            &[("a", Added), ("b", Added)],
            &[1, 3],
        ),
        (
            "a list that says the same",
            &[
                (0, List(0, &[("a", "1", "5", 1)])),
                (1, List(1, &[("a", "1", "6", 1)])),
            ],
            &[],
            &[1],
        ),
        (
            "a list tells only what differs",
            &[
                (
                    0,
                    List(
                        0,
                        &[("a", "1", "5", 1), ("b", "2", "5", 3), ("c", "3", "5", 5)],
                    ),
                ),
                (
                    1,
                    List(
                        1,
                        &[("a", "1", "6", 7), ("b", "2", "5", 3), ("d", "4", "7", 9)],
                    ),
                ),
            ],
            &[("a", Changed), ("d", Added), ("c", Removed)],
            &[7, 3, 9],
        ),
        (
            "a list of an older cluster counts: it was restored",
            &[
                (0, List(0, &[("a", "1", "500", 1)])),
                (1, List(1, &[("a", "1", "5", 3)])),
            ],
            &[("a", Changed)],
            &[3],
        ),
        (
            "an event of a new object",
            &[(0, Put("a", "1", "5", 1))],
            &[("a", Added)],
            &[1],
        ),
        (
            "a newer event",
            &[(0, Put("a", "1", "5", 1)), (0, Put("a", "1", "6", 3))],
            &[("a", Changed)],
            &[3],
        ),
        (
            "a newer event that says the same",
            &[(0, Put("a", "1", "5", 1)), (0, Put("a", "1", "6", 1))],
            &[],
            &[1],
        ),
        (
            "an event again",
            &[(0, Put("a", "1", "5", 1)), (0, Put("a", "1", "5", 1))],
            &[],
            &[1],
        ),
        (
            "an older event, after a reconnect",
            &[(0, Put("a", "1", "10", 1)), (0, Put("a", "1", "9", 3))],
            &[],
            &[1],
        ),
        (
            "gone",
            &[(0, Put("a", "1", "5", 1)), (0, Gone("a", "1"))],
            &[("a", Removed)],
            &[],
        ),
        (
            "an older namesake is gone",
            &[(0, Put("a", "2", "5", 1)), (0, Gone("a", "1"))],
            &[],
            &[1],
        ),
        (
            "gone twice",
            &[
                (0, Put("a", "1", "5", 1)),
                (0, Gone("a", "1")),
                (0, Gone("a", "1")),
            ],
            &[],
            &[],
        ),
        (
            "a namesake",
            &[(0, Put("a", "1", "5", 1)), (0, Put("a", "2", "6", 1))],
            &[("a", Changed)],
            &[1],
        ),
        (
            "opaque versions",
            &[(0, Put("a", "1", "x", 1)), (0, Put("a", "1", "y", 3))],
            &[("a", Changed)],
            &[3],
        ),
    ];

    const OF_WRITES: &[Case] = &[
        (
            "a write",
            &[(0, Written("a", "1", "5", 1))],
            &[("a", Added)],
            &[1],
        ),
        (
            "an older event loses",
            &[
                (0, Put("a", "1", "5", 1)),
                (0, Written("a", "1", "7", 3)),
                (0, Put("a", "1", "6", 5)),
            ],
            &[],
            &[3],
        ),
        (
            "its own event says nothing new",
            &[(0, Written("a", "1", "7", 3)), (0, Put("a", "1", "7", 3))],
            &[],
            &[3],
        ),
        (
            "a newer event wins",
            &[(0, Written("a", "1", "7", 3)), (0, Put("a", "1", "10", 5))],
            &[("a", Changed)],
            &[5],
        ),
        (
            "an answer that comes after a newer event",
            &[(0, Put("a", "1", "10", 5)), (0, Written("a", "1", "7", 3))],
            &[],
            &[5],
        ),
        (
            "opaque: other events lose for two seconds",
            &[(0, Written("a", "1", "y", 3)), (1, Put("a", "1", "x", 1))],
            &[],
            &[3],
        ),
        (
            "opaque: then they win",
            &[(0, Written("a", "1", "y", 3)), (2, Put("a", "1", "x", 1))],
            &[("a", Changed)],
            &[1],
        ),
        (
            "opaque: the watch has caught up, so the next event wins",
            &[
                (0, Written("a", "1", "y", 3)),
                (0, Put("a", "1", "y", 3)),
                (0, Put("a", "1", "z", 5)),
            ],
            &[("a", Changed)],
            &[5],
        ),
        (
            "a list that began before a write lacks it",
            &[(1, Written("a", "1", "7", 3)), (2, List(0, &[]))],
            &[],
            &[3],
        ),
        (
            "a list that began before a write has the older one",
            &[
                (1, Written("a", "1", "7", 3)),
                (2, List(0, &[("a", "1", "6", 1)])),
            ],
            &[],
            &[3],
        ),
        (
            "a list that began before a write has a newer one",
            &[
                (1, Written("a", "1", "7", 3)),
                (2, List(0, &[("a", "1", "8", 5)])),
            ],
            &[("a", Changed)],
            &[5],
        ),
        (
            "a list that began after a write decides",
            &[(1, Written("a", "1", "7", 3)), (2, List(2, &[]))],
            &[("a", Removed)],
            &[],
        ),
        (
            "a deletion",
            &[(0, Put("a", "1", "5", 1)), (0, Deleted("a", "1"))],
            &[("a", Removed)],
            &[],
        ),
        (
            "a deletion of an older namesake",
            &[(0, Put("a", "2", "5", 1)), (0, Deleted("a", "1"))],
            &[],
            &[1],
        ),
        (
            "an event of what was deleted",
            &[(0, Deleted("a", "1")), (0, Put("a", "1", "9", 1))],
            &[],
            &[],
        ),
        (
            "an answer about what was deleted",
            &[(0, Deleted("a", "1")), (0, Written("a", "1", "9", 1))],
            &[],
            &[],
        ),
        (
            "a list of what was deleted",
            &[(1, Deleted("a", "1")), (2, List(0, &[("a", "1", "9", 1)]))],
            &[],
            &[],
        ),
        (
            "made again under the name",
            &[(0, Deleted("a", "1")), (0, Put("a", "2", "9", 1))],
            &[("a", Added)],
            &[1],
        ),
        (
            "made again, and the watch confirms the deletion later",
            &[
                (0, Put("a", "1", "5", 1)),
                (0, Deleted("a", "1")),
                (0, Written("a", "2", "9", 3)),
                (0, Gone("a", "1")),
            ],
            &[],
            &[3],
        ),
    ];

    #[test]
    fn lists_events_and_writes_lead_to_the_newest_state() {
        for (name, happens, differences, numbers) in OF_LISTS_AND_WATCHES.iter().chain(OF_WRITES) {
            let mut run = Run::new();
            let mut last = Vec::new();
            for (second, what) in *happens {
                last = run.happens(*second, *what);
            }
            let last: Vec<_> = last.iter().map(|(name, what)| (&**name, *what)).collect();
            assert_eq!(last, *differences, "{name}");
            assert_eq!(run.numbers(), *numbers, "{name}");
        }
    }

    #[test]
    fn a_deletion_is_forgotten_when_the_watch_confirms_it_or_after_a_while() {
        let mut run = Run::new();
        run.happens(0, Deleted("a", "1"));
        run.happens(0, Gone("a", "1"));
        assert!(run.records.buried.is_empty());
        run.happens(0, Deleted("a", "1"));
        run.happens(599, List(599, &[]));
        assert_eq!(run.records.buried.len(), 1);
        run.happens(600, List(600, &[]));
        assert!(run.records.buried.is_empty());
    }

    #[test]
    fn what_falls_due_is_known_by_its_time() {
        let mut run = Run::new();
        let time = |second| Timestamp::from_second(second).expect("a time");
        run.happens(0, Put("a", "1", "1", 10));
        run.happens(0, Put("b", "2", "1", 20));
        run.happens(0, Put("c", "3", "1", 20));
        run.happens(0, Put("d", "4", "1", 15));
        assert_eq!(run.records.next_due(time(0)), Some(time(10)));
        assert_eq!(run.records.next_due(time(10)), Some(time(20)));
        assert_eq!(
            run.records.due(time(10), time(20)),
            ["b".into(), "c".into()]
        );
        assert!(run.records.due(time(20), time(20)).is_empty());
        run.happens(0, Put("b", "2", "2", 30));
        run.happens(0, Gone("c", "3"));
        assert_eq!(run.records.next_due(time(10)), Some(time(30)));
        run.happens(1, List(1, &[("a", "1", "3", 40)]));
        assert_eq!(run.records.next_due(time(0)), Some(time(40)));
    }
}
