//! Who is built on whom.

use super::Catalog;
use super::id::Id;
use super::item::{Body, Item, PROGRESS, SUBSOURCE};
use std::collections::{BTreeMap, BTreeSet};

/// Direct edges from a referenced item to the items built on it.
pub type Dependents = BTreeMap<Id, BTreeSet<Id>>;

impl Catalog {
    #[must_use]
    pub fn dependents(&self) -> Dependents {
        let mut edges = Dependents::new();
        for item in self.items.values().filter(|item| item.id.is_user()) {
            for referenced in &item.references {
                edges.entry(*referenced).or_default().insert(item.id);
            }
        }
        edges
    }

    /// Everything that falls with these items, dependents before what they are built on: the order of the server's CASCADE
    /// notice (recorded: 06).
    #[must_use]
    pub fn falling(&self, roots: impl IntoIterator<Item = Id>) -> Vec<Id> {
        let edges = self.dependents();
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        for root in roots {
            visit(&edges, root, &mut seen, &mut order);
        }
        // A source takes its progress along.
        let taken: Vec<Id> = order
            .iter()
            .filter_map(|id| self.items.get(id))
            .flat_map(|item| item.references.iter().copied())
            .filter(|id| {
                self.items
                    .get(id)
                    .is_some_and(|item| item.is_source_of(PROGRESS))
            })
            .collect();
        for progress in taken {
            visit(&edges, progress, &mut seen, &mut order);
        }
        order
    }

    /// The first item that keeps another one from being dropped without CASCADE. Indexes never do, and the tables of a source only
    /// where something keeps them.
    #[must_use]
    pub fn kept_by(&self, id: Id) -> Option<&Item> {
        self.dependents()
            .get(&id)?
            .iter()
            .filter_map(|dependent| self.items.get(dependent))
            .find_map(|item| match item.body {
                Body::Index { .. } => None,
                _ if item.is_source_of(SUBSOURCE) => self.kept_by(item.id),
                _ => Some(&**item),
            })
    }

    /// All that each user item is built on, direct and indirect.
    #[must_use]
    pub fn transitive_references(&self) -> BTreeMap<Id, BTreeSet<Id>> {
        let mut closed: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
        for id in self.items.keys().filter(|id| id.is_user()) {
            self.close(*id, &mut closed);
        }
        closed
    }

    fn close(&self, id: Id, closed: &mut BTreeMap<Id, BTreeSet<Id>>) {
        if closed.contains_key(&id) {
            return;
        }
        // Entered first, so that a cycle (which can't be created) would end.
        closed.insert(id, BTreeSet::new());
        let Some(item) = self.items.get(&id) else {
            return;
        };
        let mut all = item.references.clone();
        for referenced in item.references.iter().filter(|r| r.is_user()) {
            self.close(*referenced, closed);
            if let Some(further) = closed.get(referenced) {
                all.extend(further.iter().copied());
            }
        }
        closed.insert(id, all);
    }
}

fn visit(edges: &Dependents, id: Id, seen: &mut BTreeSet<Id>, order: &mut Vec<Id>) {
    if !seen.insert(id) {
        return;
    }
    for dependent in edges.get(&id).into_iter().flatten() {
        visit(edges, *dependent, seen, order);
    }
    order.push(id);
}
