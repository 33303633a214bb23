//! Values that pages derive from an inventory's records. They are kept until the records change, because many people look at the same list.

use std::{
    any::Any,
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Derived values that are kept. The one that was made first goes first.
const MOST: usize = 16;

type Kept = (Box<dyn Any + Send>, Arc<dyn Any + Send + Sync>);

/// Values by their keys. Keys of different types are different.
#[derive(Default)]
pub(super) struct Derived(Mutex<VecDeque<Kept>>);

impl Derived {
    /// The value of a key; makes it if there is none. Two callers at the same time may both make it.
    pub fn get<K, V>(&self, key: K, derive: impl FnOnce() -> V) -> Arc<V>
    where
        K: PartialEq + Send + 'static,
        V: Send + Sync + 'static,
    {
        if let Some(known) = self.find(&key) {
            return known;
        }
        let value = Arc::new(derive());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.pop_front();
        }
        kept.push_back((Box::new(key), Arc::clone(&value) as _));
        value
    }

    fn find<K, V>(&self, key: &K) -> Option<Arc<V>>
    where
        K: PartialEq + 'static,
        V: Send + Sync + 'static,
    {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_key = |other: &dyn Any| other.downcast_ref::<K>() == Some(key);
        let (_, value) = kept.iter().find(|(other, _)| is_key(other.as_ref()))?;
        Arc::clone(value).downcast().ok()
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derived")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_for_each_key() {
        let derived = Derived::default();
        assert_eq!(*derived.get(1, || "one"), "one");
        assert_eq!(*derived.get(1, || "again"), "one");
        assert_eq!(*derived.get(1_u8, || "other type"), "other type");
        assert_eq!(*derived.get(2, || "two"), "two");
        for key in 3..20 {
            derived.get(key, || "more");
        }
        assert_eq!(*derived.get(1, || "anew"), "anew", "it went first");
    }
}
