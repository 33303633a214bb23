//! What is kept in memory for one identity, by its type: so this module needn't know what others keep. It ends with the last clone of the
//! identity's view, and when the API server doesn't accept the identity's credential.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::error::Error;

/// Something that is kept for an identity.
pub(in crate::cluster) trait Keep: Any + Send + Sync {
    /// The API server doesn't accept the credential any more: nothing of it may be shown.
    fn refuse(&self, error: &Error);
}

type ByType = Mutex<HashMap<TypeId, Arc<dyn Keep>>>;

/// What is kept for an identity. Clones share it.
#[derive(Clone)]
pub(in crate::cluster) enum Kept {
    Owned(Arc<ByType>),
    /// A task of the identity holds its own view, and must not keep alive what ends the task.
    Borrowed(Weak<ByType>),
}

impl Default for Kept {
    fn default() -> Self {
        Self::Owned(Arc::default())
    }
}

impl Kept {
    /// The same for a task that ends with it.
    pub fn borrowed(&self) -> Self {
        match self {
            Self::Owned(all) => Self::Borrowed(Arc::downgrade(all)),
            Self::Borrowed(all) => Self::Borrowed(all.clone()),
        }
    }

    /// What is kept of a type; made if there is none yet.
    pub fn of<T: Keep + Default>(&self) -> Arc<T> {
        let Some(all) = self.all() else {
            return Arc::default();
        };
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Arc::new(T::default()));
        let kept: Arc<dyn Any + Send + Sync> = Arc::<dyn Keep>::clone(kept);
        kept.downcast().expect("it is kept by its type")
    }

    /// Drops everything, because the API server doesn't accept the credential.
    pub(super) fn refuse(&self, error: &Error) {
        let all = self.all().map(|all| {
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *all)
        });
        for kept in all.iter().flat_map(HashMap::values) {
            kept.refuse(error);
        }
    }

    fn all(&self) -> Option<Arc<ByType>> {
        match self {
            Self::Owned(all) => Some(Arc::clone(all)),
            Self::Borrowed(all) => all.upgrade(),
        }
    }
}
