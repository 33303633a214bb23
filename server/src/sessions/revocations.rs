//! Sessions that were ended before their time: a copied cookie must not outlive a sign-out. Each entry is kept until the session would have
//! ended by itself. `shared.rs` tells other replicas.
//!
//! The room is bounded. What has no room is never forgotten, but becomes more: a person with many ended sessions counts as signed out
//! everywhere, and if too many people are, everybody is.

mod shared;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

pub use shared::Shared;

use super::keys::Keys;

/// Most ended sessions that are kept one by one.
const MOST_SESSIONS: usize = 3000;
/// Most ended sessions of one person that are kept one by one.
const MOST_OF_A_PERSON: usize = 100;
/// Most people that are kept as signed out everywhere.
const MOST_PEOPLE: usize = 1000;
/// How much the clocks of two replicas may differ, in seconds.
pub const SKEW: i64 = 60;
/// Longest time until a natural end, in seconds: no session lasts longer than 30 days.
const LONGEST: i64 = 31 * 86_400;

/// Key of the entry of everybody.
const EVERYBODY: &str = "everybody";
/// Start of the key of a session.
const SESSION: &str = "session.";
/// Start of the key of a person.
const PERSON: &str = "person.";

/// Ended sessions, as this process knows them.
pub struct Revocations {
    entries: Mutex<Entries>,
    changed: watch::Sender<()>,
}

/// All entries by the marks of sessions and people ([`Keys::marks`]). Times are Unix times in seconds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Entries {
    sessions: HashMap<String, EndedSession>,
    people: HashMap<String, NotBefore>,
    everybody: Option<NotBefore>,
}

/// One session was ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct EndedSession {
    /// Its natural end.
    ends: i64,
    /// When it was ended; never before it began.
    time: i64,
    /// Mark of its person.
    person: String,
}

/// All sessions were ended that began until some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NotBefore {
    /// Natural end of the last of them.
    ends: i64,
    /// Begin of the last of them.
    until: i64,
}

impl Default for Revocations {
    fn default() -> Self {
        Self {
            entries: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }
}

impl Revocations {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends one session that began at `issued`. `ends`: its natural end.
    pub fn end(
        &self,
        keys: &Keys,
        session: &str,
        person: &str,
        (issued, ends): (i64, i64),
        now: i64,
    ) {
        let marks = keys.marks("session", session);
        let people = keys.marks("person", person);
        let mut entries = self.lock();
        for (mark, person) in marks.into_iter().zip(people) {
            let time = now.max(issued);
            let ended = EndedSession { ends, time, person };
            entries.sessions.insert(mark, ended);
        }
        entries.compact(now);
    }

    /// Ends all sessions of a person that began until some time. `ends`: when the last of them would end by itself.
    pub fn end_all(&self, keys: &Keys, person: &str, until: i64, ends: i64, now: i64) {
        let mut entries = self.lock();
        for mark in keys.marks("person", person) {
            entries.end_person(mark, NotBefore { ends, until });
        }
        entries.compact(now);
    }

    /// Whether a session was ended. `issued`: when it began.
    pub fn is_ended(&self, keys: &Keys, session: &str, person: &str, issued: i64) -> bool {
        let is_ended = {
            let entries = self.lock();
            let mut marks = keys.marks("session", session).into_iter();
            marks.any(|mark| entries.sessions.contains_key(&mark))
        };
        is_ended || issued <= self.ended_until(keys, person)
    }

    /// Time until which all sessions of a person are ended.
    pub fn ended_until(&self, keys: &Keys, person: &str) -> i64 {
        let marks = keys.marks("person", person);
        let entries = self.lock();
        marks
            .iter()
            .filter_map(|mark| entries.people.get(mark))
            .chain(&entries.everybody)
            .map(|all| all.until)
            .max()
            .unwrap_or(i64::MIN)
    }

    /// Sees a change each time that other replicas have ended sessions.
    pub fn changes_elsewhere(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Adds what other replicas have written.
    fn learn(&self, data: &BTreeMap<String, String>, now: i64) {
        let read = Entries::parse(data, now);
        let mut entries = self.lock();
        let before = entries.clone();
        entries.merge(read);
        entries.compact(now);
        let has_changed = *entries != before;
        drop(entries);
        if has_changed {
            self.changed.send_replace(());
        }
    }

    /// Changes that make texts of the same meaning as what this process knows; empty if they have it.
    fn missing_in(
        &self,
        data: &BTreeMap<String, String>,
        now: i64,
    ) -> BTreeMap<String, Option<String>> {
        let mut entries = self.lock();
        entries.compact(now);
        let wanted = entries.texts();
        drop(entries);
        let gone = data
            .keys()
            .filter(|key| is_ours(key) && !wanted.contains_key(*key))
            .map(|key| (key.clone(), None));
        let new = wanted
            .iter()
            .filter(|(key, text)| data.get(*key) != Some(text))
            .map(|(key, text)| (key.clone(), Some(text.clone())));
        gone.chain(new).collect()
    }
}

fn is_ours(key: &str) -> bool {
    key == EVERYBODY || key.starts_with(SESSION) || key.starts_with(PERSON)
}

impl NotBefore {
    fn max(self, other: Self) -> Self {
        Self {
            ends: self.ends.max(other.ends),
            until: self.until.max(other.until),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (ends, until) = text.split_once(' ')?;
        Some(Self {
            ends: ends.parse().ok()?,
            until: until.parse().ok()?,
        })
    }
}

impl EndedSession {
    fn parse(text: &str) -> Option<Self> {
        let (times, person) = text.rsplit_once(' ')?;
        let NotBefore { ends, until: time } = NotBefore::parse(times)?;
        let person = person.to_owned();
        Some(Self { ends, time, person })
    }
}

impl Entries {
    fn end_person(&mut self, mark: String, ended: NotBefore) {
        let all = self.people.entry(mark).or_insert(ended);
        *all = all.max(ended);
    }

    fn end_everybody(&mut self, ended: NotBefore) {
        self.everybody = Some(self.everybody.map_or(ended, |all| all.max(ended)));
    }

    fn merge(&mut self, other: Self) {
        for (mark, ended) in other.sessions {
            self.sessions.entry(mark).or_insert(ended);
        }
        for (mark, ended) in other.people {
            self.end_person(mark, ended);
        }
        if let Some(ended) = other.everybody {
            self.end_everybody(ended);
        }
    }

    /// Removes what is over or contained in another entry, and keeps to the bounds.
    fn compact(&mut self, now: i64) {
        self.everybody = self.everybody.filter(|all| all.ends > now);
        let everybody = self.everybody.map_or(i64::MIN, |all| all.until);
        self.people
            .retain(|_, all| all.ends > now && all.until > everybody);
        let people = &self.people;
        self.sessions.retain(|_, one| {
            let until = people.get(&one.person).map_or(i64::MIN, |all| all.until);
            one.ends > now && one.time > until.max(everybody)
        });
        self.join_sessions();
        if self.people.len() > MOST_PEOPLE {
            tracing::warn!(
                "too many people have signed out everywhere, so everybody is signed out"
            );
            let people: Vec<_> = self.people.drain().map(|(_, all)| all).collect();
            for all in people {
                self.end_everybody(all);
            }
            self.compact(now);
        }
    }

    /// Ends all sessions of those people who have the most ended ones, until there is room.
    fn join_sessions(&mut self) {
        let mut by_person = HashMap::<&String, (usize, NotBefore)>::new();
        for EndedSession { ends, time, person } in self.sessions.values() {
            let ended = NotBefore {
                ends: *ends,
                until: *time,
            };
            let (count, all) = by_person.entry(person).or_insert((0, ended));
            (*count, *all) = (*count + 1, all.max(ended));
        }
        let mut by_count: Vec<_> = by_person
            .into_iter()
            .map(|(person, (count, all))| (count, person.clone(), all))
            .collect();
        by_count.sort_by(|a, b| (b.0, &b.1).cmp(&(a.0, &a.1)));
        for (count, person, all) in by_count {
            if count <= MOST_OF_A_PERSON && self.sessions.len() <= MOST_SESSIONS {
                break;
            }
            self.sessions.retain(|_, one| one.person != person);
            self.end_person(person, all);
        }
    }

    /// Reads texts. Leaves out what nobody can have meant: somebody else than we may have written it, and it must end nobody's sign-ins for
    /// good.
    fn parse(data: &BTreeMap<String, String>, now: i64) -> Self {
        let is_plausible =
            |ends: i64, time: i64| time <= now + 5 * SKEW && ends <= now + LONGEST && ends > now;
        let mut entries = Self::default();
        for (key, text) in data {
            if let Some(mark) = key.strip_prefix(SESSION) {
                let ended = EndedSession::parse(text);
                if let Some(ended) = ended.filter(|one| is_plausible(one.ends, one.time)) {
                    entries.sessions.insert(mark.to_owned(), ended);
                }
                continue;
            }
            let ended = NotBefore::parse(text).filter(|all| is_plausible(all.ends, all.until));
            match (key.strip_prefix(PERSON), ended) {
                (Some(mark), Some(ended)) => entries.end_person(mark.to_owned(), ended),
                (None, Some(ended)) if key == EVERYBODY => entries.end_everybody(ended),
                _ => {}
            }
        }
        entries
    }

    /// Writes texts: `ENDS TIME PERSON` of a session, `ENDS UNTIL` of a person and of everybody.
    fn texts(&self) -> BTreeMap<String, String> {
        let all = |all: &NotBefore| format!("{} {}", all.ends, all.until);
        let sessions = self.sessions.iter().map(|(mark, one)| {
            let text = format!("{} {} {}", one.ends, one.time, one.person);
            (format!("{SESSION}{mark}"), text)
        });
        let people = self
            .people
            .iter()
            .map(|(mark, ended)| (format!("{PERSON}{mark}"), all(ended)));
        let everybody = self
            .everybody
            .iter()
            .map(|ended| (EVERYBODY.to_owned(), all(ended)));
        sessions.chain(people).chain(everybody).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_session_stays_ended_until_its_natural_end() {
        let (keys, revocations) = (Keys::random(), Revocations::default());
        let is_ended = |session: &str| revocations.is_ended(&keys, session, "me", 5);
        revocations.end(&keys, "a", "me", (5, 100), 10);
        assert!(is_ended("a"));
        assert!(!is_ended("b"));
        revocations.end(&keys, "b", "me", (5, 200), 150);
        assert!(!is_ended("a"), "forgotten: it is over");
        assert!(is_ended("b"));
    }

    #[test]
    fn all_sessions_of_one_person_end_and_later_ones_do_not() {
        let (keys, revocations) = (Keys::random(), Revocations::default());
        let is_ended = |person: &str, issued| revocations.is_ended(&keys, "a", person, issued);
        revocations.end_all(&keys, "me", 100, 150, 100);
        assert!(is_ended("me", 99));
        assert!(is_ended("me", 100));
        assert!(!is_ended("me", 101));
        assert!(!is_ended("you", 99));
        assert_eq!(revocations.ended_until(&keys, "me"), 100);
    }

    /// Tells one process what another one knows. Answers with the changes.
    fn tell(
        from: &Revocations,
        data: &mut BTreeMap<String, String>,
        to: &Revocations,
        now: i64,
    ) -> usize {
        let changes = from.missing_in(data, now);
        let count = changes.len();
        for (key, text) in changes {
            match text {
                Some(text) => data.insert(key, text),
                None => data.remove(&key),
            };
        }
        to.learn(data, now);
        count
    }

    #[test]
    fn what_one_process_ends_another_one_learns_without_names_or_ids() {
        let keys = Keys::random();
        let (one, other) = (Revocations::default(), Revocations::default());
        let mut data = BTreeMap::from([("comment".to_owned(), "kept".to_owned())]);
        one.end(&keys, "sentinel-id", "sentinel-name", (50, 1000), 100);
        one.end_all(&keys, "sentinel-other", 100, 1000, 100);
        let seen = other.changes_elsewhere();
        assert_eq!(tell(&one, &mut data, &other, 100), 2);
        assert!(seen.has_changed().expect("it lives"));
        assert!(other.is_ended(&keys, "sentinel-id", "sentinel-name", 50));
        assert!(!other.is_ended(&keys, "another", "sentinel-name", 50));
        assert!(other.is_ended(&keys, "x", "sentinel-other", 100));
        assert!(!format!("{data:?}").contains("sentinel"), "{data:?}");
        assert_eq!(tell(&other, &mut data, &one, 100), 0, "both know the same");
        // What is over is removed with the next entry; what isn't ours stays.
        other.end(&keys, "later", "me", (1000, 3000), 2000);
        assert_eq!(tell(&other, &mut data, &one, 2000), 3);
        assert_eq!(data.len(), 2, "{data:?}");
        assert_eq!(data["comment"], "kept");
        // What somebody removes is written again, and holds meanwhile.
        data.clear();
        one.learn(&data, 2000);
        assert!(one.is_ended(&keys, "later", "me", 1000));
        assert_eq!(tell(&one, &mut data, &other, 2000), 1);
    }

    #[test]
    fn what_nobody_can_have_meant_ends_nothing_and_is_removed() {
        let (keys, revocations) = (Keys::random(), Revocations::default());
        let person = format!("{PERSON}{}", keys.marks("person", "me")[0]);
        for (key, text) in [
            (EVERYBODY, "99999999999 99999999999"),
            (EVERYBODY, "5000 5000"),
            (EVERYBODY, "soon now"),
            (&person, "3000 2000"),
            (&person, ""),
            (&person, "900 800"),
        ] {
            let data = BTreeMap::from([(key.to_owned(), text.to_owned())]);
            revocations.learn(&data, 1000);
            assert!(!revocations.is_ended(&keys, "a", "me", 700), "{text}");
            let removed = BTreeMap::from([(key.to_owned(), None)]);
            assert_eq!(revocations.missing_in(&data, 1000), removed, "{text}");
        }
    }

    #[test]
    fn many_ended_sessions_of_a_person_become_all_of_them() {
        let (keys, revocations) = (Keys::random(), Revocations::default());
        revocations.end(&keys, "yours", "you", (0, 1000), 10);
        for number in 0..=MOST_OF_A_PERSON {
            revocations.end(&keys, &number.to_string(), "me", (0, 1000), 10);
        }
        assert_eq!(revocations.lock().sessions.len(), 1, "yours");
        assert!(revocations.is_ended(&keys, "0", "me", 0));
        assert!(revocations.is_ended(&keys, "another", "me", 10));
        assert!(!revocations.is_ended(&keys, "another", "me", 11));
        assert!(!revocations.is_ended(&keys, "another", "you", 10));
    }

    #[test]
    fn the_room_is_bounded_and_what_was_ended_stays_ended() {
        const NOW: i64 = 1_764_000_000;
        let keys = Keys::random();
        let mark = |kind, number: usize| keys.marks(kind, &number.to_string()).remove(0);
        let until = |until| NotBefore {
            ends: NOW + 3600,
            until,
        };
        let mut entries = Entries::default();
        // Two sessions of each of many people.
        for number in 0..=MOST_SESSIONS {
            let ended = EndedSession {
                ends: NOW + 3600,
                time: NOW,
                person: mark("person", number / 2),
            };
            entries.sessions.insert(mark("session", number), ended);
        }
        entries.compact(NOW);
        assert_eq!(entries.sessions.len(), MOST_SESSIONS - 1);
        assert_eq!(entries.people.len(), 1, "one person made room");
        for number in 1..MOST_PEOPLE {
            entries.end_person(mark("another", number), until(NOW + 1));
        }
        entries.compact(NOW);
        assert_eq!(
            (entries.people.len(), entries.sessions.len()),
            (MOST_PEOPLE, MOST_SESSIONS - 1)
        );
        let size: usize = entries.texts().iter().map(|(a, b)| a.len() + b.len()).sum();
        assert!(size < 300_000, "a ConfigMap holds a megabyte: {size}");
        // One more who signs out everywhere.
        entries.end_person(mark("person", 5), until(NOW + 2));
        entries.compact(NOW);
        assert_eq!(
            (entries.people.len(), entries.sessions.len()),
            (0, 0),
            "contained in the entry of everybody"
        );
        let revocations = Revocations {
            entries: Mutex::new(entries),
            ..Revocations::default()
        };
        for person in ["5", "1", "somebody else"] {
            let is_ended = |issued| revocations.is_ended(&keys, "x", person, issued);
            assert!(is_ended(NOW + 2) && !is_ended(NOW + 3), "{person}");
        }
    }
}
