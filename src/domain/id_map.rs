//! A map by catalog id whose copies share what neither has changed since.
//!
//! A picture is published up to ten times a second and rarely differs in more than a few objects. Ids are numbers given in order, so entries
//! lie in pages of 64 numbers: a copy shares all pages, and a change copies the one that it is in.

use super::name::Id;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Numbers in a page: as many as bits in [`Page::filled`].
const PAGE: u32 = 64;

/// Entries by id, ordered as ids are.
pub struct IdMap<K, V> {
    /// By the page's id, each with an entry at least.
    pages: Arc<Vec<(Id, Arc<Page<V>>)>>,
    keys: PhantomData<K>,
}

/// The entries of up to [`PAGE`] neighbouring ids.
#[derive(Clone, PartialEq)]
struct Page<V> {
    /// A bit for each id that has an entry.
    filled: u64,
    /// The entries, in the order of their ids.
    values: Vec<V>,
}

impl<V> Page<V> {
    /// Where the entry stands, or where it would.
    fn position(&self, slot: u32) -> Result<usize, usize> {
        let bit = 1 << slot;
        let before = (self.filled & (bit - 1)).count_ones() as usize;
        if self.filled & bit == 0 {
            Err(before)
        } else {
            Ok(before)
        }
    }

    fn slots(&self) -> impl Iterator<Item = u32> {
        let filled = self.filled;
        (0..PAGE).filter(move |slot| filled & (1 << slot) != 0)
    }
}

impl<K: Copy + From<Id> + Into<Id>, V> IdMap<K, V> {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn page(&self, id: Id) -> Result<usize, usize> {
        self.pages.binary_search_by_key(&id, |(id, _)| *id)
    }

    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let (page, slot) = (*key).into().in_pages_of(PAGE);
        let (_, page) = self.pages.get(self.page(page).ok()?)?;
        page.values.get(page.position(slot).ok()?)
    }

    #[must_use]
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// In the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.pages.iter().flat_map(|(id, page)| {
            let ids = page.slots().map(|slot| K::from(id.nth_of_page(PAGE, slot)));
            ids.zip(&page.values)
        })
    }

    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.iter().map(|(key, _)| key)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.pages.iter().flat_map(|(_, page)| &page.values)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.pages.iter().map(|(_, page)| page.values.len()).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many entries lie in pages that the other map does not share: what the changes between them cost.
    #[must_use]
    pub fn apart_from(&self, other: &Self) -> usize {
        let shared = |(id, page): &&(Id, Arc<Page<V>>)| {
            let found = other.page(*id).ok().and_then(|at| other.pages.get(at));
            found.is_some_and(|(_, theirs)| Arc::ptr_eq(page, theirs))
        };
        let apart = self.pages.iter().filter(|page| !shared(page));
        apart.map(|(_, page)| page.values.len()).sum()
    }
}

impl<K: Copy + From<Id> + Into<Id>, V: Clone> IdMap<K, V> {
    /// The entry that stood there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (id, slot) = key.into().in_pages_of(PAGE);
        let found = self.page(id);
        let pages = Arc::make_mut(&mut self.pages);
        match found.map(|at| Arc::make_mut(&mut pages[at].1)) {
            Ok(page) => match page.position(slot) {
                Ok(position) => Some(std::mem::replace(&mut page.values[position], value)),
                Err(position) => {
                    page.filled |= 1 << slot;
                    page.values.insert(position, value);
                    None
                }
            },
            Err(at) => {
                let page = Page {
                    filled: 1 << slot,
                    values: vec![value],
                };
                pages.insert(at, (id, Arc::new(page)));
                None
            }
        }
    }

    /// The entry that stood there.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let (id, slot) = (*key).into().in_pages_of(PAGE);
        let at = self.page(id).ok()?;
        let position = self.pages.get(at)?.1.position(slot).ok()?;
        let pages = Arc::make_mut(&mut self.pages);
        let page = Arc::make_mut(&mut pages[at].1);
        page.filled &= !(1 << slot);
        let value = page.values.remove(position);
        if page.values.is_empty() {
            pages.remove(at);
        }
        Some(value)
    }

    /// Puts an entry there, or takes away the one that stands there.
    pub fn set(&mut self, key: K, value: Option<V>) {
        match value {
            Some(value) => {
                self.insert(key, value);
            }
            None => {
                self.remove(&key);
            }
        }
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let (id, slot) = (*key).into().in_pages_of(PAGE);
        let at = self.page(id).ok()?;
        let position = self.pages.get(at)?.1.position(slot).ok()?;
        let (_, page) = Arc::make_mut(&mut self.pages).get_mut(at)?;
        Arc::make_mut(page).values.get_mut(position)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        let pages = Arc::make_mut(&mut self.pages).iter_mut();
        pages.flat_map(|(_, page)| &mut Arc::make_mut(page).values)
    }
}

impl<K, V> Default for IdMap<K, V> {
    fn default() -> Self {
        Self {
            pages: Arc::default(),
            keys: PhantomData,
        }
    }
}

/// Copies nothing but a pointer.
impl<K, V> Clone for IdMap<K, V> {
    fn clone(&self) -> Self {
        Self {
            pages: Arc::clone(&self.pages),
            keys: PhantomData,
        }
    }
}

impl<K, V: PartialEq> PartialEq for IdMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        let same = |((one_id, one), (other_id, other)): (&(Id, Arc<Page<V>>), &(Id, _))| {
            one_id == other_id && (Arc::ptr_eq(one, other) || one == other)
        };
        Arc::ptr_eq(&self.pages, &other.pages)
            || (self.pages.len() == other.pages.len()
                && self.pages.iter().zip(other.pages.iter()).all(same))
    }
}

impl<K: Copy + From<Id> + Into<Id> + fmt::Debug, V: fmt::Debug> fmt::Debug for IdMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Copy + From<Id> + Into<Id>, V: Clone> Extend<(K, V)> for IdMap<K, V> {
    fn extend<T: IntoIterator<Item = (K, V)>>(&mut self, entries: T) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Copy + From<Id> + Into<Id>, V: Clone> FromIterator<(K, V)> for IdMap<K, V> {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(entries: T) -> Self {
        let mut map = Self::default();
        map.extend(entries);
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::name::ObjectId;
    use proptest::prelude::*;
    use std::cell::Cell;
    use std::collections::BTreeMap;
    use std::rc::Rc;

    fn id(text: &str) -> ObjectId {
        text.parse().unwrap()
    }

    /// A value that counts how often it is copied.
    #[derive(Debug)]
    struct Counted(u64, Rc<Cell<usize>>);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.1.set(self.1.get() + 1);
            Self(self.0, Rc::clone(&self.1))
        }
    }

    #[test]
    fn a_change_copies_its_page_and_nothing_else() {
        let copies = Rc::new(Cell::new(0));
        let value = |n| Counted(n, Rc::clone(&copies));
        let mut map: IdMap<ObjectId, Counted> =
            (0..20_000).map(|n| (ObjectId::user(n), value(n))).collect();
        assert_eq!(
            copies.get(),
            0,
            "what nobody shares is changed where it stands"
        );
        let published = map.clone();
        assert_eq!(copies.get(), 0, "a copy copies nothing");
        map.insert(ObjectId::user(7_000), value(1));
        map.insert(ObjectId::user(7_001), value(1));
        assert_eq!(copies.get(), 64);
        assert_eq!(map.apart_from(&published), 64);
        assert_eq!(published.get(&ObjectId::user(7_000)).unwrap().0, 7_000);
        // However many change, nothing is copied twice for one picture.
        (0..20_000).for_each(|n| drop(map.insert(ObjectId::user(n), value(2))));
        assert_eq!(copies.get(), 20_000);
    }

    #[test]
    fn entries_come_in_the_order_of_their_ids() {
        let mut map = IdMap::new();
        for text in ["u64", "s1", "u63", "u0", "u1000000"] {
            assert_eq!(map.insert(id(text), text), None);
        }
        let keys: Vec<_> = map.keys().map(|key| key.to_string()).collect();
        assert_eq!(keys, ["s1", "u0", "u63", "u64", "u1000000"]);
        assert_eq!(map.values().copied().collect::<Vec<_>>(), keys);
    }

    proptest! {
        /// As a map of the standard library, whatever is done to it and to copies of it.
        #[test]
        fn it_is_a_map(steps in prop::collection::vec((prop::bool::weighted(0.7), 0u64..200, any::<u8>()), 0..200)) {
            let mut map = IdMap::default();
            let mut model = BTreeMap::new();
            let mut earlier = Vec::new();
            for (puts, number, value) in steps {
                let key = ObjectId::user(number);
                earlier.push((map.clone(), model.clone()));
                if puts {
                    prop_assert_eq!(map.insert(key, value), model.insert(key, value));
                } else {
                    prop_assert_eq!(map.remove(&key), model.remove(&key));
                }
                prop_assert_eq!(map.get(&key), model.get(&key));
            }
            earlier.push((map, model));
            for (map, model) in earlier {
                let entries: BTreeMap<_, _> = map.iter().map(|(key, value)| (key, *value)).collect();
                prop_assert_eq!(map.len(), model.len());
                prop_assert_eq!(map.is_empty(), model.is_empty());
                prop_assert_eq!(&map, &model.iter().map(|(key, value)| (*key, *value)).collect());
                prop_assert_eq!(entries, model);
            }
        }
    }
}
