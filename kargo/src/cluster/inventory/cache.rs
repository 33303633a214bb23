//! One inventory as its task and its viewers share it: the records, how they stand, and the wake-up calls in both directions.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use super::{
    clock::Clock,
    derived::Derived,
    kind::{Entry, Kind},
    log::{Changed, Difference, Log, Position},
    records::{Differences, Listed, Records},
    version::Version,
};
use crate::{
    cluster::connection::{
        error::Error,
        observe::{InventoryFacts, Measured},
    },
    name::Uid,
};

/// One inventory.
pub(super) struct Cache<K: Kind> {
    state: Mutex<State<K>>,
    /// Counts what happens, so that viewers wake.
    pulse: watch::Sender<u64>,
    /// Somebody wants the next try now.
    pub kicked: Notify,
    /// Another time is the next at which something falls due.
    rescheduled: Notify,
    /// Held while the API server is asked whether the records may still be shown: viewers who ask at the same time share one answer.
    pub checking: tokio::sync::Mutex<()>,
}

struct State<K: Kind> {
    records: Records<K>,
    standing: Standing,
    clock: Option<Clock>,
    log: Log,
    /// Records as pages get them, until something changes or falls due.
    shown: Option<Shown<K::Record>>,
    /// Time up to which what fell due was told.
    told_due: Timestamp,
    /// When somebody looked last.
    looked: Instant,
    /// When the API server last allowed to list.
    allowed: Option<Instant>,
    /// When the last list began.
    listed: Option<Instant>,
    /// When anything was heard last.
    heard: Option<Instant>,
    /// Tries that ended, whether well or not.
    tries: u64,
    /// When the last one did.
    tried: Instant,
}

struct Shown<R> {
    records: Arc<[Arc<R>]>,
    derived: Arc<Derived>,
    /// Time at which they are to be judged anew.
    until: Option<Timestamp>,
}

/// How the records stand.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    /// The first list has not come yet.
    Reading,
    /// A watch is open.
    Current,
    /// The records are as old as this time of the API server's clock. The error prevents newer ones; without an error, a watch is about to open, or the person may only list.
    Behind(Timestamp, Option<Error>),
    /// There is nothing to show.
    Unreadable(Error),
    /// The task has ended.
    Ended(Option<Error>),
}

/// Records and state that a viewer gets.
pub(super) struct View<R> {
    pub records: Arc<[Arc<R>]>,
    pub derived: Arc<Derived>,
    pub now: Timestamp,
    pub position: Position,
    /// Since when nothing was heard, and why.
    pub behind: Option<(Timestamp, Option<Error>)>,
}

impl<K: Kind> Cache<K> {
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State {
                records: Records::default(),
                standing: Standing::Reading,
                clock: None,
                log: Log::new(),
                shown: None,
                told_due: Timestamp::MIN,
                looked: Instant::now(),
                allowed: None,
                listed: None,
                heard: None,
                tries: 0,
                tried: Instant::now(),
            }),
            pulse: watch::Sender::new(0),
            kicked: Notify::new(),
            rescheduled: Notify::new(),
            checking: tokio::sync::Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes everybody.
    fn change(&self, change: impl FnOnce(&mut State<K>)) {
        let is_rescheduled = {
            let mut state = self.state();
            let before = state.next_due();
            change(&mut state);
            before != state.next_due()
        };
        self.pulse
            .send_modify(|pulse| *pulse = pulse.wrapping_add(1));
        if is_rescheduled {
            self.rescheduled.notify_one();
        }
    }

    // The task calls these.

    /// A list came. `now`: by the API server's clock.
    pub fn listed(&self, listed: Listed<K::Record>, now: Timestamp) {
        self.change(|state| {
            let began = listed.began;
            state.clock = Some(Clock::told(now));
            state.allowed = state.allowed.max(Some(began));
            state.listed = Some(began);
            state.heard = Some(Instant::now());
            state.note_try();
            if matches!(state.standing, Standing::Reading | Standing::Unreadable(_)) {
                state.told_due = now;
            }
            state.standing = Standing::Behind(now, None);
            let differences = state.records.replace(listed, Instant::now());
            state.note(differences);
        });
    }

    /// A watch is open. `now`: by the API server's clock.
    pub fn watched(&self, now: Timestamp) {
        self.change(|state| {
            state.clock = Some(Clock::told(now));
            state.note_try();
            state.heard = Some(Instant::now());
            state.standing = Standing::Current;
        });
    }

    /// The watch has said something.
    pub fn heard(&self) {
        self.state().heard = Some(Instant::now());
    }

    /// An event of the watch: an object is there, and is so.
    pub fn put(&self, entry: Entry<K::Record>) {
        self.differ(entry.name.clone(), |records| {
            records.put(entry, Instant::now())
        });
    }

    /// An event of the watch: an object is gone.
    pub fn remove(&self, name: &str, uid: &Uid) {
        self.differ(name.into(), |records| records.remove(name, uid));
    }

    /// A try failed: what is known is shown as of the time at which something was heard last. `is_over`: nothing may be shown any more.
    pub fn failed(&self, error: Error, is_over: bool) {
        self.change(|state| {
            state.note_try();
            state.standing = match &state.standing {
                Standing::Ended(_) => Standing::Ended(Some(error)),
                Standing::Reading | Standing::Unreadable(_) => Standing::Unreadable(error),
                _ if is_over => Standing::Unreadable(error),
                Standing::Behind(since, _) => Standing::Behind(*since, Some(error)),
                Standing::Current => Standing::Behind(state.time(state.heard), Some(error)),
            };
            if is_over {
                state.forget();
            }
        });
    }

    // Our own writes call these.

    /// Lays the answer of our own write over what the task told.
    pub fn lay_over(&self, entry: Entry<K::Record>) {
        self.differ(entry.name.clone(), |records| {
            records.lay_over(entry, Instant::now())
        });
    }

    /// We deleted an object.
    pub fn bury(&self, name: &str, uid: &Uid) {
        self.differ(name.into(), |records| {
            records.bury(name, uid, Instant::now())
        });
    }

    fn differ(&self, name: Box<str>, differ: impl FnOnce(&mut Records<K>) -> Option<Difference>) {
        let mut state = self.state();
        let before = state.next_due();
        let Some(difference) = differ(&mut state.records) else {
            return;
        };
        state.note(vec![(name, difference)]);
        let is_rescheduled = before != state.next_due();
        drop(state);
        self.pulse
            .send_modify(|pulse| *pulse = pulse.wrapping_add(1));
        if is_rescheduled {
            self.rescheduled.notify_one();
        }
    }

    // Viewers call these.

    /// Notes that somebody looks; `false` if the task has ended.
    pub fn look(&self) -> bool {
        let mut state = self.state();
        state.looked = Instant::now();
        !matches!(state.standing, Standing::Ended(_))
    }

    /// When somebody looked last: now, if somebody follows the changes.
    pub fn looked(&self) -> Instant {
        if self.pulse.receiver_count() > 0 {
            return Instant::now();
        }
        self.state().looked
    }

    /// Wakes with everything that happens.
    pub fn pulse(&self) -> watch::Receiver<u64> {
        self.pulse.subscribe()
    }

    pub fn standing(&self) -> Standing {
        self.state().standing.clone()
    }

    /// Tries that ended.
    pub fn tries(&self) -> u64 {
        self.state().tries
    }

    /// When the last try ended.
    pub fn last_try(&self) -> Instant {
        self.state().tried
    }

    /// When the last list began.
    pub fn last_list(&self) -> Option<Instant> {
        self.state().listed
    }

    /// When the API server last allowed to list.
    pub fn allowed(&self) -> Option<Instant> {
        self.state().allowed
    }

    /// The API server allowed to list when it was `asked`. `now`: by its clock.
    pub fn allow(&self, asked: Instant, now: Timestamp) {
        let mut state = self.state();
        state.allowed = Some(asked);
        state.clock = Some(Clock::told(now));
    }

    /// The records, judged at the time now; an error if there is nothing to show.
    pub fn view(&self) -> Result<View<K::Record>, Error> {
        let mut state = self.state();
        let behind = match &state.standing {
            Standing::Current => None,
            Standing::Behind(since, error) => Some((*since, error.clone())),
            Standing::Unreadable(error) | Standing::Ended(Some(error)) => {
                return Err(error.clone());
            }
            Standing::Reading | Standing::Ended(None) => return Err(Error::ListExpired),
        };
        let now = state.time(None);
        let shown = state.shown(now);
        Ok(View {
            records: Arc::clone(&shown.records),
            derived: Arc::clone(&shown.derived),
            now,
            position: state.log.position(),
            behind,
        })
    }

    /// Whether an object is known as it was at a version, or later. Versions that can't be compared count as known.
    pub fn has_at_least(&self, name: &str, version: &Version) -> bool {
        self.state().records.has_at_least(name, version)
    }

    /// Whether an object is known.
    pub fn has(&self, name: &str, uid: &Uid) -> bool {
        self.state().records.has(name, uid)
    }

    /// What changed since a position, and the position now.
    pub fn since(&self, position: Position) -> (Changed, Position) {
        let state = self.state();
        (state.log.since(position), state.log.position())
    }

    // These end it.

    /// Ends it: nothing may be shown any more.
    pub fn end(&self, error: Option<Error>) {
        self.change(|state| {
            state.forget();
            if !matches!(state.standing, Standing::Ended(_)) {
                state.standing = Standing::Ended(error);
            }
        });
    }

    /// Waits until nobody has looked for a time, and ends it then.
    pub async fn idle(&self, most: Duration) {
        loop {
            let left = {
                let mut state = self.state();
                if self.pulse.receiver_count() > 0 {
                    state.looked = Instant::now();
                }
                let left = most.saturating_sub(state.looked.elapsed());
                if left.is_zero() {
                    state.forget();
                    state.standing = Standing::Ended(None);
                }
                left
            };
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }

    /// Tells what falls due, for ever.
    pub async fn tell_due(&self) {
        loop {
            let (now, due) = {
                let state = self.state();
                (state.time(None), state.next_due())
            };
            let left = due.map(|due| due.duration_since(now));
            match left {
                None => self.rescheduled.notified().await,
                Some(left) if left.is_positive() => {
                    let left = left.try_into().unwrap_or(Duration::MAX);
                    let _ = tokio::time::timeout(left, self.rescheduled.notified()).await;
                }
                Some(_) => self.change(|state| {
                    let now = state.time(None);
                    let names = state.records.due(state.told_due, now);
                    state.told_due = now;
                    let changed = names.into_iter().map(|name| (name, Difference::Changed));
                    state.note(changed.collect());
                }),
            }
        }
    }
}

impl<K: Kind> Measured for Cache<K> {
    fn facts(&self) -> InventoryFacts {
        let state = self.state();
        let is_shown = matches!(state.standing, Standing::Current | Standing::Behind(..));
        InventoryFacts {
            records: state.records.iter().len(),
            viewers: self.pulse.receiver_count(),
            silent_for: state
                .heard
                .filter(|_| is_shown)
                .map(|heard| heard.elapsed()),
        }
    }
}

impl<K: Kind> State<K> {
    /// The time by the API server's clock, now or at a moment.
    fn time(&self, moment: Option<Instant>) -> Timestamp {
        let now = self.clock.map_or_else(Timestamp::now, |clock| clock.now());
        let ago = moment.map(|moment| moment.elapsed()).unwrap_or_default();
        now.checked_sub(ago).unwrap_or(now)
    }

    fn note_try(&mut self) {
        self.tries += 1;
        self.tried = Instant::now();
    }

    fn note(&mut self, differences: Differences) {
        if !differences.is_empty() {
            self.shown = None;
        }
        for (name, difference) in differences {
            self.log.add(name, difference);
        }
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.records.next_due(self.told_due)
    }

    /// The records, judged at a time.
    fn shown(&mut self, now: Timestamp) -> &Shown<K::Record> {
        let is_stale = |shown: &mut Shown<K::Record>| shown.until.is_some_and(|until| now >= until);
        self.shown.take_if(is_stale);
        let judged = |record: &Arc<K::Record>| {
            K::judged(record, now).map_or_else(|| Arc::clone(record), Arc::new)
        };
        self.shown.get_or_insert_with(|| Shown {
            records: self.records.iter().map(judged).collect(),
            derived: Arc::default(),
            until: self.records.next_due(now),
        })
    }

    fn forget(&mut self) {
        self.records.clear();
        self.shown = None;
        self.allowed = None;
        self.log = Log::new();
    }
}
