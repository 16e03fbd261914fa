//! What a drop takes with it: the exact CASCADE closure from the dependency edges.

use super::environment::{Resolved, Side};
use super::name::{ClusterId, ObjectId, SchemaId};
use super::object::{Catalog, ObjectKind};
use serde::Serialize;
use std::collections::BTreeSet;

/// Everything that goes when these objects go: themselves and whatever depends on them, in any schema, of any owner.
#[must_use]
pub fn closure_of(
    catalog: &Catalog,
    roots: impl IntoIterator<Item = ObjectId>,
) -> BTreeSet<ObjectId> {
    let mut closure = BTreeSet::new();
    let mut open: Vec<ObjectId> = roots.into_iter().collect();
    while let Some(id) = open.pop() {
        if closure.insert(id) {
            open.extend_from_slice(catalog.dependents(&id));
        }
    }
    closure
}

/// Everything that goes when these schemas and clusters are dropped with CASCADE.
#[must_use]
pub fn closure_of_side(
    catalog: &Catalog,
    schemas: &[&SchemaId],
    clusters: &[&ClusterId],
) -> BTreeSet<ObjectId> {
    let inside = schemas.iter().flat_map(|id| catalog.objects_in(id));
    let on = clusters.iter().flat_map(|id| catalog.objects_on(id));
    closure_of(catalog, inside.chain(on).map(|object| object.id))
}

/// The closure as it is shown and audited: by name, with kind and owner. `inside` is what lives in the side's schemas. Temporary objects
/// are left out: they come and go with their sessions, and whoever looks at a drop is told of them apart.
#[must_use]
pub fn describe(
    resolved: &Resolved<'_>,
    closure: &BTreeSet<ObjectId>,
    side: Side,
) -> Vec<ClosureItem> {
    let catalog = resolved.catalog;
    let mut items: Vec<ClosureItem> = closure
        .iter()
        .filter_map(|id| catalog.objects.get(id))
        .filter(|object| !object.is_temporary())
        .map(|object| ClosureItem {
            id: object.id,
            name: catalog.display_name(&object.id),
            kind: object.kind.clone(),
            owner: catalog.role_name(&object.owner),
            inside: resolved.side_of(object) == Some(side),
        })
        .collect();
    items.sort_by(|one, other| {
        (&one.name, &one.kind, &one.id).cmp(&(&other.name, &other.kind, &other.id))
    });
    items
}

/// One object that a drop would take along.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ClosureItem {
    pub id: ObjectId,
    pub name: String,
    pub kind: ObjectKind,
    pub owner: String,
    /// Whether it lives in the side that is dropped.
    pub inside: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::World;
    use crate::domain::object::ObjectKind;

    /// Ten thousand readers of one source, each asked for its closure: were the edges turned round for every question, this test would not end.
    #[test]
    fn a_closure_costs_what_it_holds() {
        let mut world = World::empty();
        let source = world.add(Side::Production, "source", ObjectKind::Source, &[]);
        let sample = world.snapshot.catalog.objects[&source].clone();
        let readers: Vec<ObjectId> = (0..10_000).map(|n| ObjectId::user(1_000 + n)).collect();
        let parts = world.catalog();
        for id in &readers {
            let object = crate::domain::object::Object {
                id: *id,
                ..sample.clone()
            };
            parts.objects.insert(*id, object);
            parts.inputs.insert(*id, BTreeSet::from([source]));
        }
        let catalog = &world.snapshot.catalog;
        for id in &readers {
            assert_eq!(closure_of(catalog, [*id]), BTreeSet::from([*id]));
        }
        assert_eq!(closure_of(catalog, [source]).len(), readers.len() + 1);
    }
}
