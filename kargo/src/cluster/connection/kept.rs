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

/// Memory of an identity. Clones share it.
#[derive(Clone)]
pub(in crate::cluster) struct Kept {
    own: Own,
    family: Family,
}

#[derive(Clone)]
enum Own {
    Held(Arc<ByType>),
    /// A task of the identity holds its own view, and must not keep alive what ends the task.
    Borrowed(Weak<ByType>),
}

/// The identities of one person, who may write as one of them and read as another. Clones are the same family.
#[derive(Clone, Default)]
pub(in crate::cluster) struct Family(Arc<Mutex<Vec<Weak<ByType>>>>);

impl Default for Kept {
    fn default() -> Self {
        Self::in_family(&Family::default())
    }
}

impl Kept {
    /// Of one of a person's identities.
    pub fn in_family(family: &Family) -> Self {
        let own = Arc::<ByType>::default();
        let mut members = family.0.lock().unwrap_or_else(PoisonError::into_inner);
        members.retain(|member| member.strong_count() > 0);
        members.push(Arc::downgrade(&own));
        Self {
            own: Own::Held(own),
            family: family.clone(),
        }
    }

    /// The same for a task that ends with it.
    pub fn borrowed(&self) -> Self {
        let own = match &self.own {
            Own::Held(all) => Arc::downgrade(all),
            Own::Borrowed(all) => all.clone(),
        };
        Self {
            own: Own::Borrowed(own),
            family: self.family.clone(),
        }
    }

    /// Returns the memory of a type, and makes it if there is none yet.
    pub fn of<T: Keep + Default>(&self) -> Arc<T> {
        let Some(all) = self.all() else {
            return Arc::default();
        };
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Arc::new(T::default()));
        typed(kept)
    }

    /// Returns the memory of a type for each identity of the person.
    pub fn of_family<T: Keep>(&self) -> Vec<Arc<T>> {
        let members = self.family.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = members.iter().filter_map(Weak::upgrade);
        all.filter_map(|all| {
            let all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.get(&TypeId::of::<T>()).map(typed)
        })
        .collect()
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
        match &self.own {
            Own::Held(all) => Some(Arc::clone(all)),
            Own::Borrowed(all) => all.upgrade(),
        }
    }
}

fn typed<T: Keep>(kept: &Arc<dyn Keep>) -> Arc<T> {
    let kept: Arc<dyn Any + Send + Sync> = Arc::<dyn Keep>::clone(kept);
    kept.downcast().expect("it is kept by its type")
}
